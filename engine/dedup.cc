#include "engine/dedup.h"

#include <cstring>

namespace twofold::engine {
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
    const auto found = at->places.find(id);
    if (found == at->places.end()) continue;
    const First& first = at->firsts[found->second];
    return first.sent + window > now ? &first : nullptr;
  }
  return nullptr;
}

void DedupIds::add(Generation& generation, const First& first) {
  generation.places.insert_or_assign(first.id,
                                     static_cast<std::uint32_t>(generation.firsts.size()));
  generation.firsts.push_back(first);
}

void DedupIds::remember(const std::vector<DedupId>& ids, Instant sent, Duration window) {
  const bool begin = generations_.empty() ||
                     sent >= generations_.back().from + window / kGenerations;
  if (begin) generations_.push_back({sent, {}, {}});
  for (const DedupId& id : ids)
    add(generations_.back(), First{id.hash, id.offset, id.token, sent});
  newest_ = sent;
  // The last id of a generation was sent before the next one began.
  while (generations_.size() > 1 && generations_[1].from + window <= sent)
    generations_.pop_front();
}

std::size_t DedupIds::size() const {
  std::size_t size = 0;
  for (const Generation& generation : generations_) size += generation.places.size();
  return size;
}

// newest, generations: n, then n x (from, ids: m, then m x (hash, token, offset, sent)).
void DedupIds::write(ByteWriter& out) const {
  out.varint(newest_.value());
  out.uvarint(generations_.size());
  for (const Generation& generation : generations_) {
    out.varint(generation.from.value());
    out.uvarint(generation.firsts.size());
    for (const First& first : generation.firsts) {
      out.raw({first.id.data(), first.id.size()});
      out.raw({first.token.data(), first.token.size()});
      out.varint(first.offset.value());
      out.varint(first.sent.value());
    }
  }
}

bool DedupIds::read(ByteReader& in) {
  newest_ = Instant{in.varint()};
  for (std::size_t n = in.count(2); n > 0; --n) {
    Generation generation{Instant{in.varint()}, {}, {}};
    for (std::size_t m = in.count(34); m > 0; --m) {
      First first;
      in.copy(first.id.data(), first.id.size());
      in.copy(first.token.data(), first.token.size());
      first.offset = Offset{in.varint()};
      first.sent = Instant{in.varint()};
      if (!in.ok()) return false;
      add(generation, first);
    }
    generations_.push_back(std::move(generation));
  }
  return in.ok();
}

}  // namespace twofold::engine
