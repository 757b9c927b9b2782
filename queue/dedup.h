#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "queue/op.h"

namespace twofold::queue {

using engine::Duration;

/// The deduplication ids of the messages that were sent within a window of time, as keyed hashes of
/// 128 bits. Plain data: time is an argument.
///
/// Kept in six generations, each a sixth of the window long: forgetting is dropping the oldest,
/// whatever was in it. About 80 bytes an id.
/// Threads  the core.
class DedupIds {
 public:
  struct First {
    IdHash id{};
    Offset offset{0};
    Token token{};
    Instant sent{0};
  };

  /// The first message of the id, if it was sent within `window` before `now`.
  const First* find(const IdHash& id, Instant now, Duration window) const;
  /// Forgets whole generations that are older than the window by now.
  void remember(const RememberOp& op, Duration window);
  /// When the newest id was sent.
  Instant newest() const { return newest_; }
  std::size_t size() const;

  void write(engine::ByteWriter& out) const;
  bool read(engine::ByteReader& in);

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

}  // namespace twofold::queue
