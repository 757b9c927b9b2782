#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/call.h"
#include "http/rest/group_cursor.h"
#include "log/groups.h"
#include "log/topics_limits.h"

namespace twofold::http {

inline constexpr std::size_t kMemberBytesMax = 255;  ///< of a member's name

struct PollRequest {
  std::string group;
  std::optional<std::string> member;
  engine::Duration session = log::kSessionDefault;
  log::Assignor assignor = log::Assignor::cooperative_sticky;
  std::vector<std::string> topics;
  std::vector<TopicCursor> cursors;  ///< instead of what was committed, where given
  std::size_t max = 100;
  engine::Duration wait{0};
  std::size_t bytes_min = 1;  ///< of one topic: a wait goes on until so much is there
  bool total_order = false;   ///< of each topic, by seq
  std::shared_ptr<const queue::RecordFilter> filter;  ///< null: everything
  std::string from = "earliest";  ///< for partitions without a committed offset
};
Try<PollRequest> read_poll(Call& call);

struct CommitRequest {
  std::string group;
  std::optional<std::string> member;
  std::vector<TopicCursor> cursors;
  std::vector<log::CommittedOffset> offsets;  ///< {"orders":{"2":42}}
};
Try<CommitRequest> read_commit(Call& call);

struct SeekRequest {
  std::string group;
  std::string topic;
  std::string to;                             ///< a position, or
  std::vector<log::CommittedOffset> offsets;  ///< {"0":12}, or
  std::string to_group;                       ///< {"group":"other"}: where that one stands
  bool dry_run = false;
};
Try<SeekRequest> read_seek(Call& call);

struct LeaveRequest {
  std::string group;
  std::string member;
};
Try<LeaveRequest> read_leave(Call& call);

/// How long a member may be silent, or take to commit what goes to another one.
Try<> check_session(engine::Duration session);
/// Offsets that one commit of a group has at most: of as many topics as a poll reads, all
/// partitions.
inline constexpr std::size_t kGroupOffsetsMax = log::kGroupTopicsMax * log::kPartitionsMax;

/// {"orders":{"2":42}} under the cursor: at most `most` offsets, no partition twice.
Try<std::vector<log::CommittedOffset>> read_offsets_by_topic(JsonReader& json, std::size_t most);
/// A member's name under the cursor.
Try<std::string> read_member(JsonReader& json);

}  // namespace twofold::http
