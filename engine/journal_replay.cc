#include "engine/journal_replay.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "engine/entry.h"
#include "engine/format_version.h"
#include "engine/journal_files.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kWindowBytes = 4 << 20;
constexpr std::uint32_t kPayloadMax = 512u << 20;

}  // namespace

JournalReplay::JournalReplay(const Files& files, std::uint64_t stream_id, const ReplayStart& from,
                             std::uint64_t durable_seq)
    : files_(files), stream_id_(stream_id), durable_seq_(durable_seq) {
  end_.next_seq = from.next_seq;
  end_.position = from.position;
  end_.prev_block_crc = from.prev_block_crc;
  if (end_.position.file == 0 && !files_.empty()) {
    end_.position = JournalPosition{files_.begin()->first, kJournalFirstPlace};
  }
}

Result<ReplayEnd> JournalReplay::run(const Visit& visit) {
  for (;;) {
    bool sound = false;
    const auto header = next_header(&sound);
    if (sound) {
      if (auto taken = take(*header, /*salvage=*/false, visit); !taken) return taken.error();
      continue;
    }
    if (unreadable_) return *unreadable_;
    const auto stepped = step_over_damage(header, visit);
    if (!stepped) return stepped.error();
    if (unreadable_) return *unreadable_;
    if (*stepped) continue;
    end_.torn_tail = header.has_value();
    return end_;
  }
}

// Bytes of a file from `at` on, at most `bytes`, fewer at its end. Empty when the device does not
// give them: whether somebody was promised what stands there cannot be known then, and the next
// start may be able to read it. A journal that ended here would be cut off for ever.
std::string_view JournalReplay::window(JournalPosition at, std::size_t bytes) {
  const std::uint64_t begin = window_at_.place;
  const bool inside =
      window_at_.file == at.file && at.place >= begin && at.place + bytes <= begin + window_.size();
  if (!inside) {
    const auto it = files_.find(at.file);
    if (it == files_.end()) return {};
    auto& file = *it->second->file;
    window_.resize(std::max(bytes, kWindowBytes));
    auto got = file.read_at(at.place, window_.data(), window_.size());
    // Once more, and no more than needed: a bad sector spoils only the block that it is in.
    if (!got) got = file.read_at(at.place, window_.data(), bytes);
    if (!got && !unreadable_) {
      unreadable_ = Error(Errc::io, "the journal cannot be read: " + got.error().detail,
                          "start again once the device is sound; when it never will be, copy the "
                          "directory with a tool that fills what is unreadable with zeros");
    }
    window_.resize(got ? *got : 0);
    window_at_ = at;
  }
  const auto offset = at.place - window_at_.place;
  return std::string_view(window_).substr(std::min<std::size_t>(offset, window_.size()), bytes);
}

std::optional<BlockHeader> JournalReplay::header_at(JournalPosition at) {
  const auto bytes = window(at, kBlockHeaderBytes);
  const auto header = read_block_header(bytes);
  if (!header && !unreadable_) {
    // Not the end of the journal and no damage: only what cannot be read here.
    const auto other = other_block_version(bytes);
    if (other && other->stream_id == stream_id_ && other->position == at)
      unreadable_ = refuse_version(fmt::format("{} at {}", journal_file_name(at.file), at.place),
                                   "journal block", other->version, kBlockVersions);
  }
  if (!header || header->stream_id != stream_id_ || header->position != at) return std::nullopt;
  if (header->payload_bytes > kPayloadMax) return std::nullopt;
  return header;
}

// The header of the block that should come now: here, or at the start of the next file when this
// one had no room for it. A torn block here does not hide a sound one there: after a crash that
// tore it, the next block may have been too long for what was left of this file.
std::optional<BlockHeader> JournalReplay::next_header(bool* sound) {
  std::optional<BlockHeader> torn;
  for (const auto at : {
           end_.position, JournalPosition{end_.position.file + 1, kJournalFirstPlace}
  }) {
    const auto header = header_at(at);
    if (!header || header->seq != end_.next_seq || header->incarnation < incarnation_) continue;
    if (chained_ && header->prev_block_crc != end_.prev_block_crc) continue;
    *sound = payload_ok(*header);
    if (*sound) return header;
    if (!torn) torn = header;
  }
  return torn;
}

bool JournalReplay::payload_ok(const BlockHeader& header) {
  return verify_block_payload(header, window(header.position, header.stored_bytes()));
}

Result<> JournalReplay::take(const BlockHeader& header, bool salvage, const Visit& visit) {
  const auto bytes = window(header.position, header.stored_bytes());
  auto slab = std::make_shared<Slab>(header.stored_bytes());
  std::memset(slab->data(), 0, slab->size());
  std::memcpy(slab->data(), bytes.data(), bytes.size());
  const auto payload = slab->bytes().substr(kBlockHeaderBytes, header.payload_bytes);
  const ReplayedBlock block{header.seq, header.position, header.sealed_at, payload, slab, salvage};
  if (auto visited = visit(block); !visited) return visited;

  incarnation_ = header.incarnation;
  chained_ = true;
  end_.next_seq = header.seq + 1;
  end_.prev_block_crc = header.header_crc;
  end_.position =
      JournalPosition{header.position.file,
                      header.position.place + static_cast<std::uint32_t>(header.stored_bytes())};
  ++end_.blocks;
  end_.bytes += header.stored_bytes();
  return {};
}

// True when what does not verify was acknowledged: it is reported, and replay goes on after it.
Result<bool> JournalReplay::step_over_damage(const std::optional<BlockHeader>& unverified,
                                             const Visit& visit) {
  const auto bad = end_.next_seq;
  bool witnessed = durable_seq_ >= bad;
  const auto later = find_later_block(bad, &witnessed);
  if (!witnessed) return false;

  DamagedBlocks damage{bad, later ? later->header.seq : std::max(durable_seq_, bad) + 1,
                       end_.position, 0};
  damage.bytes =
      unverified && damage.upto_seq == bad + 1 ? unverified->stored_bytes() : bytes_up_to(later);
  end_.damaged.push_back(damage);
  if (unverified) {
    if (auto taken = take(*unverified, /*salvage=*/true, visit); !taken) return taken.error();
  }
  chained_ = false;
  end_.next_seq = damage.upto_seq;
  if (later) {
    end_.position = later->position;
    return true;
  }
  // Nothing readable follows: go on in a fresh file, and leave the evidence as it is.
  end_.position =
      JournalPosition{files_.empty() ? 1 : files_.rbegin()->first + 1, kJournalFirstPlace};
  return false;
}

// Of the journal from here to a later block, or to its end.
std::uint64_t JournalReplay::bytes_up_to(const std::optional<Found>& later) const {
  std::uint64_t bytes = 0;
  for (auto it = files_.lower_bound(end_.position.file); it != files_.end(); ++it) {
    const auto size = it->second->file->size();
    const bool first = it->first == end_.position.file;
    const bool last = later && it->first == later->position.file;
    const std::uint64_t from = first ? end_.position.place : kJournalFirstPlace;
    const std::uint64_t upto = last ? later->position.place : size ? *size : 0;
    bytes += upto - std::min(upto, from);
    if (last) break;
  }
  return bytes;
}

std::optional<JournalReplay::Found> JournalReplay::find_later_block(std::uint64_t after_seq,
                                                                    bool* witnessed) {
  std::optional<Found> first;
  for (auto it = files_.lower_bound(end_.position.file); it != files_.end(); ++it) {
    const auto size = it->second->file->size();
    const std::uint64_t upto = size ? *size : 0;
    std::uint64_t place =
        it->first == end_.position.file ? end_.position.place : kJournalFirstPlace;
    for (; place + kBlockHeaderBytes <= upto; place += kBlockAlignment) {
      const JournalPosition at{it->first, static_cast<std::uint32_t>(place)};
      const auto header = header_at(at);
      if (!header || header->seq <= after_seq) continue;
      if (!first) first = Found{*header, at};
      if (header->durable_seq >= after_seq) *witnessed = true;
      if (*witnessed) return first;
    }
  }
  return first;
}

}  // namespace twofold::engine
