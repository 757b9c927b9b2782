#include <utility>

#include <fmt/format.h>

#include "engine/content_bytes.h"
#include "engine/record_batch.h"
#include "log/partitioner.h"
#include "log/topics_state.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

constexpr std::size_t kNoteBytes = 64;  // of journal, about, for what is remembered of a record

Error about_record(std::size_t index, Errc code, std::string detail) {
  Error error(code, std::move(detail));
  error.record = index;
  return error;
}

// Where one request's records go: those without key all to the same partition.
class Router {
 public:
  explicit Router(Topic& topic)
      : topic_(topic), keyless_(static_cast<std::int32_t>(topic.next_keyless)) {}

  PartitionId route(const PublishRecord& record) {
    const std::int32_t partitions = topic_.definition.config.partitions;
    if (record.partition) return *record.partition;
    if (record.record.key) return partition_of_key(*record.record.key, partitions);
    if (!std::exchange(keyless_used_, true))
      topic_.next_keyless = (topic_.next_keyless + 1) % static_cast<std::uint32_t>(partitions);
    return keyless_;
  }

 private:
  Topic& topic_;
  const PartitionId keyless_;
  bool keyless_used_ = false;
};

}  // namespace

void Topics::publish(Publish publish, Completion<Published> done,
                     engine::Decided<Published> decided) {
  if (!knows(publish)) {
    auto again = [this, publish, done = std::move(done),
                  decided = std::move(decided)](const Result<>& learned) mutable {
      if (!learned) return done(learned.error());
      this->publish(std::move(publish), std::move(done), std::move(decided));
    };
    return learn(publish, std::move(again));
  }
  // Nothing is appended before everything was looked at: all records get offsets or none do.
  const auto checked = check(publish);
  if (!checked) return refuse(publish, checked.error(), std::move(done));
  engine::Core& core = state_->core;
  const auto kind = checked->bytes > 0 ? engine::Admission::publish : engine::Admission::consume;
  if (auto admitted = core.admit(kind, checked->bytes); !admitted) return done(admitted.error());

  Published published = write(publish, *checked);
  if (decided) decided(published);
  const Durability asked = published.durability;
  core.on_commit(asked, [this, published = std::move(published),
                         done = std::move(done)](Result<Durability> got) mutable {
    if (!got) return done(got.error());
    done(named(std::move(published), *got));
  });
}

Result<CheckedPublish> Topics::check(const Publish& publish) const {
  const auto found = state_->find(publish.topic);
  if (!found) return found.error();
  const Topic& topic = (*found)->second;
  CheckedPublish checked;
  if (auto known = state_->find_known(topic, publish, checked); !known) return known.error();
  const auto bytes = state_->bytes_to_admit(topic, publish, checked);
  if (!bytes) return bytes.error();
  checked.bytes = *bytes;
  if (checked.bytes == 0) return checked;
  if (auto held = state_->check_expected(topic, publish); !held) return held.error();
  return checked;
}

Published Topics::write(const Publish& publish, const CheckedPublish& checked) {
  const auto found = state_->find(publish.topic);
  TF_CHECK(found.has_value());
  Topic& topic = (*found)->second;
  const TopicDefinition& definition = topic.definition;
  Published published{{}, publish.durability.value_or(definition.config.durability)};
  published.records.reserve(publish.records.size());
  Router router(topic);
  TopicCounters::Appended& appended = topic.counters.appended_via(publish.via);
  for (std::size_t i = 0; i < publish.records.size(); ++i) {
    if (!checked.known.empty() && checked.known[i]) {
      published.records.push_back(*checked.known[i]);
      continue;
    }
    const PublishRecord& record = publish.records[i];
    const PartitionId partition = router.route(record);
    const LogId log = definition.logs[static_cast<std::size_t>(partition.value())];
    const Offset offset = state_->core.append(log, record.record);
    state_->keys.appended(log, record.record.key, offset);
    ++appended.records;
    appended.bytes += engine::content_bytes(record.record);
    published.records.push_back({partition, log, offset, Seq{0}});
  }
  if (!checked.known.empty()) state_->remember(topic, publish, published);
  return published;
}

// The places in the total order exist only now that the block was sealed.
Published Topics::named(Published published, Durability reached) const {
  published.durability = reached;
  for (PublishedRecord& record : published.records)
    record.seq = state_->core.seq_of(record.log, record.offset);
  return published;
}

Result<std::size_t> Topics::State::bytes_to_admit(const Topic& topic, const Publish& publish,
                                                  const CheckedPublish& checked) const {
  const TopicConfig& config = topic.definition.config;
  if (publish.records.empty()) return Error(Errc::invalid_request, "there is no record to publish");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < publish.records.size(); ++i) {
    const PublishRecord& record = publish.records[i];
    if (record.partition &&
        (record.partition->value() < 0 || record.partition->value() >= config.partitions)) {
      return about_record(i, Errc::partition_not_found,
                          fmt::format("there is no partition {} among {}",
                                      record.partition->value(), config.partitions));
    }
    if (const std::size_t size = engine::content_bytes(record.record); size > config.record_bytes_max) {
      return about_record(
          i, Errc::message_too_large,
          fmt::format("{} bytes, the topic takes {}", size, config.record_bytes_max));
    }
    if (!checked.known.empty() && checked.known[i]) continue;
    if (config.cleanup != Cleanup::delete_old && !record.record.key) {
      return about_record(
          i, Errc::key_missing,
          "a compacted topic keeps the newest record of each key: one without a key "
          "would be lost with the next cleaning");
    }
    bytes += engine::record_bytes_max(record.record);
    if (record.producer || record.dedup_id) bytes += kNoteBytes;
  }
  return bytes;
}

}  // namespace twofold::log
