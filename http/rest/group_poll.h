#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/rest/group_in.h"
#include "http/rest/group_out.h"
#include "http/rest/position_in.h"

namespace twofold::http {

/// One topic of a poll: where it reads on, in the partitions that are the reader's.
struct PolledTopic {
  Places places;
  /// What of each partition is done with: behind it, everything is in the reader's hands.
  std::vector<engine::Offset> done_before;
};

/// A poll as a group, on its way.
struct GroupPoll {
  PollRequest request;
  log::GroupJoin join;                  ///< of a member
  std::optional<log::Holding> holding;  ///< likewise
  std::vector<PolledTopic> topics;
};

/// Finds out where the topic is read on: behind the cursor, or what was committed, or where the
/// poll says; adds it to the poll's, unless nothing of it is the reader's. Errors: cursor_stale (a
/// seek came in between), and those of cursors, positions and total order.
Task<Try<>> add_topic(Call& call, GroupPoll& poll, std::string name);

/// On the core, when it is known how much was really handed out. Answers what is left.
log::Lag settle(const Broker& broker, const GroupPoll& poll);
/// What the answer says behind its records.
void append_tail(JsonWriter& json, const Broker& broker, const GroupPoll& poll,
                 const std::vector<Gap>& gaps, const log::Lag& lag);

}  // namespace twofold::http
