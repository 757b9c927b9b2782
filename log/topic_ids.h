#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core.h"
#include "engine/dedup.h"

namespace twofold::log {

/// The deduplication ids of the records of topics, each for as long as its topic says.
///
/// Contract
///   find()      the first record of an id, before anything is written; room() beside it.
///   remember()  in the turn of the records: the journal keeps both or neither.
/// `window_of` says how long a topic remembers ids; 0: it does not, or there is no such topic.
/// Errors   room(): overloaded.
/// Memory   about 80 bytes an id.
/// Threads  the core only.
class TopicIds final : public engine::StateMachine, public engine::TimerTarget {
 public:
  using WindowOf = std::function<engine::Duration(std::uint32_t topic)>;
  static constexpr std::size_t kIdsMax = 1'000'000;  ///< over all topics

  TopicIds(engine::Core& core, WindowOf window_of);

  struct First {
    engine::PartitionId partition;
    engine::Offset offset;
  };
  std::optional<First> find(std::uint32_t topic, const engine::IdHash& id) const;
  engine::Result<> room(std::size_t ids) const;
  struct Sent {
    engine::IdHash id{};
    First first;
  };
  void remember(std::uint32_t topic, const std::vector<Sent>& sent);
  void forget_topic(std::uint32_t topic);

  // engine::StateMachine, engine::TimerTarget
  engine::Result<> apply(std::uint32_t owner, std::string_view payload,
                         engine::Instant at) override;
  void snapshot(engine::ByteWriter& out) const override;
  engine::Result<> restore(engine::ByteReader& in) override;
  void recovered(engine::Instant now) override;
  void on_timer(std::uint32_t owner, std::uint64_t token, engine::Instant now) override;

 private:
  struct Ids {
    engine::DedupIds ids;
    std::size_t counted = 0;
    bool armed = false;
  };
  void add(std::uint32_t topic, const std::vector<engine::DedupId>& ids, engine::Instant at);
  void arm(std::uint32_t topic);

  engine::Core& core_;
  const WindowOf window_of_;
  std::unordered_map<std::uint32_t, Ids> topics_;
  std::size_t count_ = 0;
};

/// What an id is known by. Cryptographic, so that no two meet.
engine::IdHash hash_of_id(std::string_view id);

}  // namespace twofold::log
