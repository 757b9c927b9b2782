#include "http/message_page.h"

#include <algorithm>

#include "queue/letter.h"

namespace twofold::http {

Task<MessageRecords> MessageRecords::load(Call& call, const std::vector<engine::ReadPlan>& plans,
                                          const std::vector<engine::PartitionId>& plan_partitions,
                                          std::vector<MessagePlace> messages,
                                          std::size_t bytes_max) {
  MessageRecords loaded;
  loaded.records_.resize(messages.size());
  loaded.cursors_.reserve(plans.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    auto salvaged = co_await salvage(call, plans[i], bytes_max);
    if (salvaged.trouble) loaded.trouble_ = std::move(salvaged.trouble);
    if (!plans[i].in_memory()) {
      for (const engine::StoredBatch& batch : salvaged.batches)
        bytes_max -= std::min(bytes_max, batch.bytes.size());
    }
    loaded.find(std::move(salvaged.batches), plan_partitions[i], messages);
    if (salvaged.cut) loaded.leave_unread(*salvaged.cut, plan_partitions[i], messages);
  }
  std::sort(loaded.unread_.begin(), loaded.unread_.end());
  co_return loaded;
}

void MessageRecords::leave_unread(engine::Offset from, engine::PartitionId partition,
                                  const std::vector<MessagePlace>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].partition == partition && messages[i].offset >= from && !records_[i])
      unread_.push_back(i);
  }
}

bool MessageRecords::none() const {
  return std::none_of(records_.begin(), records_.end(),
                      [](const auto& r) { return r.has_value(); });
}

void MessageRecords::keep(const std::vector<std::size_t>& messages) {
  std::vector<std::optional<engine::StoredRecord>> kept;
  for (const std::size_t message : messages) kept.push_back(std::move(records_[message]));
  records_ = std::move(kept);
  unread_.clear();
}

void MessageRecords::find(std::vector<engine::StoredBatch> batches, engine::PartitionId partition,
                          const std::vector<MessagePlace>& messages) {
  std::vector<std::size_t> wanted;  // messages of this partition, by offset
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].partition == partition) wanted.push_back(i);
  }
  std::sort(wanted.begin(), wanted.end(),
            [&](std::size_t a, std::size_t b) { return messages[a].offset < messages[b].offset; });
  if (wanted.empty()) return;
  RecordCursor& cursor = cursors_.emplace_back(std::move(batches), messages[wanted.front()].offset);
  for (std::size_t next = 0; next < wanted.size();) {
    cursor.skip_before(messages[wanted[next]].offset);
    const auto record = cursor.next();
    if (!record) {
      trouble_ = record.error();
      return;
    }
    if (!*record) return;
    while (next < wanted.size() && messages[wanted[next]].offset < (*record)->offset) ++next;
    if (next < wanted.size() && messages[wanted[next]].offset == (*record)->offset) {
      const MessagePlace& place = messages[wanted[next]];
      engine::StoredRecord& found = records_[wanted[next++]].emplace(**record);
      queue::dress(found, place.revived, place.patch);
      if (place.patch) patches_.push_back(place.patch);
    }
  }
}

}  // namespace twofold::http
