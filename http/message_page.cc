#include "http/message_page.h"

#include <algorithm>

#include "engine/content_bytes.h"
#include "queue/letter.h"

namespace twofold::http {

namespace {

// What a message takes in an answer beside its own bytes, about.
constexpr std::uint64_t kMessageBytes = 512;

bool is_large(const std::vector<engine::ReadPlan>& plans) {
  std::size_t bytes = 0;
  for (const engine::ReadPlan& plan : plans)
    for (const engine::ReadPlan::Piece& piece : plan.pieces())
      bytes += piece.cold ? piece.bytes_max : piece.batch.bytes.size();
  return bytes > Share::kFree / 2;
}

}  // namespace

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
  loaded.fit_into(call.reply.room, plans);
  std::sort(loaded.unread_.begin(), loaded.unread_.end());
  // Where there is something, the rest is just left for later.
  const bool no_room = loaded.trouble_ && loaded.trouble_->code == engine::Errc::overloaded;
  if (no_room && !loaded.none()) loaded.trouble_.reset();
  co_return loaded;
}

// Written, they take as much again. Of those that are too much the first remain: who asks again
// gets the others.
void MessageRecords::fit_into(Share& room, const std::vector<engine::ReadPlan>& plans) {
  if (!is_large(plans)) return;
  const std::uint64_t before = room.bytes();
  std::uint64_t bytes = 0;
  bool fits = true;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (!records_[i]) continue;
    bytes += kMessageBytes + engine::content_bytes(*records_[i]);
    fits = fits && room.grow_to(before + bytes);
    if (fits) continue;
    records_[i].reset();
    unread_.push_back(i);
    if (!trouble_) trouble_ = no_room_for_answer();
  }
}

bool MessageRecords::has_no_room() const {
  return trouble_ && trouble_->code == engine::Errc::overloaded;
}

std::vector<engine::Offset> MessageRecords::next_of(const queue::Browsed& browsed) const {
  std::vector<engine::Offset> next = browsed.next;
  for (auto at = unread_.rbegin(); at != unread_.rend(); ++at) {
    const queue::BrowseItem& item = browsed.items[*at];
    const auto partition = static_cast<std::size_t>(item.partition.value());
    if (next.size() <= partition) next.resize(partition + 1, engine::Offset{0});
    next[partition] = item.offset;
  }
  return next;
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
