#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/ids.h"

namespace twofold::engine {

/// A hash of a deduplication id and what it is unique within, of 128 bits: made so that nobody can
/// find two ids that meet (keyed, or cryptographic).
using IdHash = std::array<char, 16>;
/// Bytes that mean something to whoever sends: a protocol's message id, a partition.
using DedupToken = std::array<char, 16>;
/// A record that was sent under an id.
struct DedupId {
  IdHash hash{};
  DedupToken token{};
  Offset offset{0};
  friend bool operator==(const DedupId&, const DedupId&) = default;
};

/// The deduplication ids of the records that were sent within a window of time. Plain data: time is
/// an argument.
///
/// Kept in six generations, each a sixth of the window long: forgetting is dropping the oldest,
/// whatever was in it. About 80 bytes an id.
/// Threads  the core.
class DedupIds {
 public:
  struct First {
    IdHash id{};
    Offset offset{0};
    DedupToken token{};
    Instant sent{0};
  };

  /// The first record of the id, if it was sent within `window` before `now`.
  const First* find(const IdHash& id, Instant now, Duration window) const;
  /// Forgets whole generations that are older than the window by now.
  void remember(const std::vector<DedupId>& ids, Instant sent, Duration window);
  /// When the newest id was sent.
  Instant newest() const { return newest_; }
  std::size_t size() const;

  void write(ByteWriter& out) const;
  bool read(ByteReader& in);

 private:
  struct Hasher {
    std::size_t operator()(const IdHash& id) const;
  };
  struct Generation {
    Instant from;
    std::vector<First> firsts;  // in the order of coming
    std::unordered_map<IdHash, std::uint32_t, Hasher> places;  // of the newest of each id
  };
  static void add(Generation& generation, const First& first);

  std::deque<Generation> generations_;  // the newest last
  Instant newest_{0};
};

}  // namespace twofold::engine
