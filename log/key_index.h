#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core.h"

namespace twofold::log {

/// The newest record of each key of a log, for publishes that expect it to be a certain one.
///
/// Nothing is kept of a log before somebody asks: then it is read once from its start, off the
/// core, and from that moment on every append is noted. So it costs memory only where it is used,
/// and nothing is journaled: after a restart it is read again.
///
/// Contract
///   knows()   whether newest() may be asked. learn() makes it so.
///   newest()  the last record of the key that was appended, durable or not; nullopt: none, as far
///             as is kept. Keys are told apart by a keyed hash of 64 bits: two that meet, which is
///             one in ten thousand million with 64 thousand keys, show the younger of their
///             records, so that an expectation may fail that would have held, and never the
///             reverse.
///   appended() in the turn of each append to a log; removed() in the turn of each cleaning, of
///   which
///             only tombstones are ever the newest of their key.
/// Errors    learn(): overloaded when the keys do not fit into memory; what reading the log says.
/// Memory    about 40 bytes a key, `bytes_max` for all logs. The log used longest ago makes room.
/// Threads   the core only.
class KeyIndex {
 public:
  KeyIndex(engine::Core& core, std::size_t bytes_max);

  bool knows(engine::LogId log) const;
  void learn(engine::LogId log, engine::Completion<void> done);
  std::optional<engine::Offset> newest(engine::LogId log, std::string_view key);
  void appended(engine::LogId log, const std::optional<std::string_view>& key,
                engine::Offset offset);
  void removed(engine::LogId log, const engine::OffsetRuns& removed);
  void forget(engine::LogId log);
  std::size_t keys() const { return keys_; }

 private:
  using Newest = std::unordered_map<std::uint64_t, engine::Offset>;
  struct Log {
    Newest newest;
    engine::Offset read{0};    // before it everything was looked at
    engine::Offset begun{0};   // from here on appends are noted
    std::uint64_t number = 0;  // of this beginning: what was read for an older one is dropped
    std::vector<engine::Completion<void>> waiting{};
    std::list<engine::LogId>::iterator use{};
    std::vector<engine::OffsetRuns> removed{};  // while it is read: what may have been read before
  };
  /// What reading a piece of the log has found.
  struct Found {
    Newest newest;
    engine::Offset upto{0};
    std::optional<engine::Error> trouble{};
  };

  Log* find(engine::LogId log);
  std::uint64_t hash_of(std::string_view key) const;
  void note(Log& log, std::uint64_t hash, engine::Offset offset);
  void read_on(engine::LogId log);
  void take(engine::LogId log, std::uint64_t number, const Found& found);
  void wait_for_commit(engine::LogId log, std::uint64_t number);
  void end(engine::LogId log, const engine::Result<>& outcome);
  /// Drops logs used longest ago until the keys fit; false when `log` alone is too large.
  bool make_room(engine::LogId log);

  engine::Core& core_;
  const std::size_t keys_max_;
  std::array<unsigned char, 16> hash_key_{};
  std::unordered_map<engine::LogId, std::unique_ptr<Log>> logs_;
  std::list<engine::LogId> uses_;  // the one used longest ago first
  std::size_t keys_ = 0;
  std::uint64_t next_number_ = 1;
};

}  // namespace twofold::log
