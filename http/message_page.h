#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "http/call.h"
#include "http/fetched.h"
#include "queue/queues.h"

namespace twofold::http {

/// Where a message's record stands, and what the queue says otherwise than it.
struct MessagePlace {
  engine::PartitionId partition;
  engine::Offset offset;
  bool revived = false;
  queue::HeaderPatch patch{};
};
/// Of messages as they were received or browsed.
template <class Messages>
std::vector<MessagePlace> places_of(const Messages& messages) {
  std::vector<MessagePlace> places;
  places.reserve(messages.size());
  for (const auto& message : messages)
    places.push_back({message.partition, message.offset, message.revived, message.patch});
  return places;
}

/// The records of messages that a receive or browse has named, in the messages' order. Holds the
/// bytes that the records point into.
class MessageRecords {
 public:
  /// Fetches each plan and finds each message's record in it. A message whose record is gone
  /// (retention passed it) or damaged is left empty; `trouble` then says why, when it is known.
  /// Once `bytes_max` were read from the disk it reads no more: see is_unread(). So are messages
  /// that the account of answers has no room for; when that is all of them, has_no_room() says so.
  static Task<MessageRecords> load(Call& call, const std::vector<engine::ReadPlan>& plans,
                                   const std::vector<engine::PartitionId>& plan_partitions,
                                   std::vector<MessagePlace> messages,
                                   std::size_t bytes_max = SIZE_MAX);

  const engine::StoredRecord* record(std::size_t message) const {
    return records_[message] ? &*records_[message] : nullptr;
  }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  bool none() const;
  /// Whether it was not even looked for: there was enough already.
  bool is_unread(std::size_t message) const {
    return std::binary_search(unread_.begin(), unread_.end(), message);
  }
  /// Only these messages, ascending, from now on.
  void keep(const std::vector<std::size_t>& messages);
  const std::optional<engine::Error>& trouble() const { return trouble_; }
  /// Nothing was read, or may be shown, for want of memory: to be asked for again.
  bool has_no_room() const;
  /// Where to browse on: where the browse says, or at the first message that was left unread.
  /// Requires that these are the records of its items.
  std::vector<engine::Offset> next_of(const queue::Browsed& browsed) const;

 private:
  void find(std::vector<engine::StoredBatch> batches, engine::PartitionId partition,
            const std::vector<MessagePlace>& messages);
  void fit_into(Share& room, const std::vector<engine::ReadPlan>& plans);
  void leave_unread(engine::Offset from, engine::PartitionId partition,
                    const std::vector<MessagePlace>& messages);

  std::vector<RecordCursor> cursors_;
  std::vector<queue::HeaderPatch> patches_;  // the records point into them
  std::vector<std::optional<engine::StoredRecord>> records_;
  std::vector<std::size_t> unread_;  // ascending
  std::optional<engine::Error> trouble_;
};

}  // namespace twofold::http
