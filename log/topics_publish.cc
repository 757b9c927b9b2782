#include <utility>

#include <fmt/format.h>

#include "engine/record_batch.h"
#include "log/partitioner.h"
#include "log/topics_state.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

// What a record's author wrote, without what it costs to store it.
std::size_t content_bytes(const engine::NewRecord& record) {
  std::size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
  for (const engine::Header& header : record.headers) {
    bytes += header.name.size() + header.value.value_or("").size();
  }
  return bytes;
}

Error about_record(std::size_t index, Errc code, std::string detail) {
  Error error(code, std::move(detail));
  error.number = static_cast<std::int64_t>(index);
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

void Topics::publish(Publish publish, Completion<Published> done) {
  const auto found = state_->find(publish.topic);
  if (!found) return done(found.error());
  Topic& topic = (*found)->second;
  const TopicDefinition& definition = topic.definition;

  // Nothing is appended before everything was looked at: all records get offsets or none do.
  const auto bytes = state_->bytes_to_admit(topic, publish);
  if (!bytes) return done(bytes.error());
  engine::Core& core = state_->core;
  if (auto admitted = core.admit(engine::Admission::publish, *bytes); !admitted) {
    return done(admitted.error());
  }

  const Durability asked = publish.durability.value_or(definition.config.durability);
  Published published{{}, asked};
  published.records.reserve(publish.records.size());
  Router router(topic);
  for (const PublishRecord& record : publish.records) {
    const PartitionId partition = router.route(record);
    const LogId log = definition.logs[static_cast<std::size_t>(partition.value())];
    published.records.push_back({partition, log, core.append(log, record.record), Seq{0}});
  }
  core.on_commit(asked, [state = state_.get(), published = std::move(published),
                         done = std::move(done)](Result<Durability> got) mutable {
    if (!got) return done(got.error());
    done(state->named(std::move(published), *got));
  });
}

Result<std::size_t> Topics::State::bytes_to_admit(const Topic& topic,
                                                  const Publish& publish) const {
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
    if (const std::size_t size = content_bytes(record.record); size > config.record_bytes_max) {
      return about_record(
          i, Errc::message_too_large,
          fmt::format("{} bytes, the topic takes {}", size, config.record_bytes_max));
    }
    bytes += engine::record_bytes_max(record.record);
  }
  return bytes;
}

// The places in the total order exist only now that the block was sealed.
Published Topics::State::named(Published published, Durability durability) const {
  published.durability = durability;
  for (PublishedRecord& record : published.records)
    record.seq = core.seq_of(record.log, record.offset);
  return published;
}

}  // namespace twofold::log
