#include "queue/dedup.h"

#include <algorithm>
#include <cstring>

namespace twofold::queue {
namespace {

constexpr int kGenerations = 6;

}  // namespace

std::size_t DedupIds::Hasher::operator()(const IdHash& id) const {
  std::size_t hash = 0;  // it is a keyed hash already
  std::memcpy(&hash, id.data(), sizeof hash);
  return hash;
}

const DedupIds::First* DedupIds::find(const IdHash& id, Instant now, Duration window) const {
  for (auto at = generations_.rbegin(); at != generations_.rend(); ++at) {
    const auto found = at->firsts.find(id);
    if (found == at->firsts.end()) continue;
    return found->second.sent + window > now ? &found->second : nullptr;
  }
  return nullptr;
}

void DedupIds::remember(const RememberOp& op, Duration window) {
  const bool begin = generations_.empty() ||
                     op.sent >= generations_.back().from + window / kGenerations;
  if (begin) generations_.push_back({op.sent, {}});
  for (const RememberOp::Id& id : op.ids)
    generations_.back().firsts.insert_or_assign(id.hash, First{id.offset, id.token, op.sent});
  newest_ = op.sent;
  // The last id of a generation was sent before the next one began.
  while (generations_.size() > 1 && generations_[1].from + window <= op.sent)
    generations_.pop_front();
}

std::size_t DedupIds::size() const {
  std::size_t size = 0;
  for (const Generation& generation : generations_) size += generation.firsts.size();
  return size;
}

// newest, generations: n, then n x (from, ids: m, then m x (hash, token, offset, sent)), ids in order, so
// that equal states give equal bytes.
void DedupIds::write(engine::ByteWriter& out) const {
  out.varint(newest_.value());
  out.uvarint(generations_.size());
  for (const Generation& generation : generations_) {
    out.varint(generation.from.value());
    std::vector<const std::pair<const IdHash, First>*> firsts;
    for (const auto& first : generation.firsts) firsts.push_back(&first);
    std::sort(firsts.begin(), firsts.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    out.uvarint(firsts.size());
    for (const auto* first : firsts) {
      out.raw({first->first.data(), first->first.size()});
      out.raw({first->second.token.data(), first->second.token.size()});
      out.varint(first->second.offset.value());
      out.varint(first->second.sent.value());
    }
  }
}

bool DedupIds::read(engine::ByteReader& in) {
  newest_ = Instant{in.varint()};
  for (std::size_t n = in.count(2); n > 0; --n) {
    Generation generation{Instant{in.varint()}, {}};
    for (std::size_t m = in.count(34); m > 0; --m) {
      IdHash hash{};
      First first;
      in.copy(hash.data(), hash.size());
      in.copy(first.token.data(), first.token.size());
      first.offset = Offset{in.varint()};
      first.sent = Instant{in.varint()};
      generation.firsts.emplace(hash, first);
    }
    if (!in.ok()) return false;
    generations_.push_back(std::move(generation));
  }
  return in.ok();
}

}  // namespace twofold::queue
