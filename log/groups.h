#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core.h"
#include "log/group_notes.h"
#include "log/topics.h"

namespace twofold::log {

struct CommittedOffset {
  std::string topic;
  PartitionId partition;
  Offset offset;  ///< the next one to read
};

struct GroupInfo {
  std::string name;
  std::vector<CommittedOffset> offsets;  ///< by topic, then partition
};

/// A commit that was looked at and can be carried out, in the same turn.
struct CheckedCommit {
  GroupCommit commit;
  std::string payload;  ///< its journal entry

  std::size_t bytes() const { return payload.size(); }  ///< to be admitted, to consume
};

/// Committed offsets of log readers; membership comes with the group coordinator.
///
/// A commit is journaled and durable when answered; it costs O(1) per partition. A group exists
/// while it has an offset. Offsets of a topic that was removed vanish with it: state is keyed by
/// (group, topic id, partition), so a topic created again starts afresh.
/// An offset may lie past the end or before the start: the reader decides what that means.
/// Errors  topic_not_found, partition_not_found, group_not_found, invalid_request (offset < 0, a
///         name that is empty or longer than kGroupNameMax, nothing to commit), overloaded.
/// Memory  8 bytes for each partition up to the highest that a group committed.
/// Threads the core only.
class Groups final : public engine::StateMachine {
 public:
  Groups(engine::Core& core, Topics& topics);
  ~Groups() override;

  void commit(std::string group, std::vector<CommittedOffset> offsets, Completion<Durability> done,
              engine::Decided<Durability> decided = {});
  /// commit() in pieces, for whoever writes more in the same turn: check() changes nothing, write()
  /// does what was checked and cannot fail.
  Result<CheckedCommit> check(std::string group, const std::vector<CommittedOffset>& offsets) const;
  void write(const CheckedCommit& checked);
  Result<GroupInfo> find(const std::string& group) const;
  std::optional<Offset> committed(const std::string& group, const std::string& topic,
                                  PartitionId partition) const;
  std::vector<GroupInfo> list(const std::string& after, std::size_t limit) const;
  void remove(std::string group, Completion<Durability> done);

  Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) override;
  void snapshot(engine::ByteWriter& out) const override;
  Result<> restore(engine::ByteReader& in) override;
  void recovered(Instant now) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twofold::log
