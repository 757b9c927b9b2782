#include "engine/read_plan.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "engine/damage.h"
#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

std::atomic<std::uint64_t> damaged{0};

Result<std::vector<StoredBatch>> read_cold(LogId log, const ReadPlan::Piece& piece, Offset from,
                                           std::size_t bytes_max) {
  auto read = piece.cold->read(log, from, piece.upto, bytes_max);
  if (read || read.error().code != Errc::data_damaged) return read;
  damaged.fetch_add(1, std::memory_order_relaxed);
  const Offset behind{read.error().number};
  if (behind > from) {
    Damage met{DamageMet::read, log, from, behind};
    met.detail = read.error().detail;
    damage_met(std::move(met));
  }
  return read;
}

}  // namespace

std::uint64_t damaged_reads() { return damaged.load(std::memory_order_relaxed); }

bool ReadPlan::in_memory() const {
  return std::all_of(pieces_.begin(), pieces_.end(), [](const Piece& p) { return !p.cold; });
}

Result<std::vector<StoredBatch>> ReadPlan::fetch() const {
  std::vector<StoredBatch> batches;
  for (const auto& piece : pieces_) {
    if (!piece.cold) {
      batches.push_back(piece.batch);
      continue;
    }
    auto read = read_cold(log_, piece, piece.from, piece.bytes_max);
    // What was found before the trouble is sound: the reader gets it now and the trouble next time.
    if (!read && !batches.empty()) break;
    if (!read) return read.error();
    if (read->empty()) continue;  // nothing of this stretch is left
    std::move(read->begin(), read->end(), std::back_inserter(batches));
    // A source may stop at its byte limit. Going on with the next piece would hide the difference.
    const auto end = advance(batch_header(batches.back().bytes).last_offset(), 1);
    if (end < piece.upto) break;
  }
  return batches;
}

namespace {

std::size_t bytes_of(const std::vector<StoredBatch>& batches) {
  std::size_t bytes = 0;
  for (const auto& batch : batches) bytes += batch.bytes.size();
  return bytes;
}

// Reads a stretch to its end, or as much of it as `bytes_left` allows, stepping over what is
// damaged in it.
void salvage_piece(LogId log, const ReadPlan::Piece& piece, std::size_t& bytes_left,
                   Salvaged& out) {
  for (Offset from = piece.from; from < piece.upto;) {
    if (bytes_left == 0) {
      out.cut = from;
      return;
    }
    auto read = read_cold(log, piece, from, std::min(piece.bytes_max, bytes_left));
    if (!read) {
      const Offset behind{read.error().number};
      const bool is_damage = read.error().code == Errc::data_damaged;
      if (!out.trouble) out.trouble = read.error();
      if (!is_damage || behind <= from) return;
      from = behind;
      continue;
    }
    if (read->empty()) return;
    const auto end = advance(batch_header(read->back().bytes).last_offset(), 1);
    bytes_left -= std::min(bytes_left, bytes_of(*read));
    std::move(read->begin(), read->end(), std::back_inserter(out.batches));
    if (end <= from) return;
    from = end;
  }
}

}  // namespace

Salvaged ReadPlan::salvage(std::size_t bytes_max) const {
  Salvaged out;
  for (const auto& piece : pieces_) {
    if (!piece.cold) {
      out.batches.push_back(piece.batch);
      continue;
    }
    salvage_piece(log_, piece, bytes_max, out);
    if (out.cut) break;
  }
  return out;
}

}  // namespace twofold::engine
