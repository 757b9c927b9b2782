// What comes twice, and what is expected: records that are stored already, and conditions.
#include <algorithm>

#include <fmt/format.h>

#include "engine/base/crc32c.h"
#include "log/partitioner.h"
#include "log/topics_limits.h"
#include "log/topics_state.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

std::uint32_t crc_of(const PublishRecord& record) {
  const auto add = [](std::uint32_t crc, const std::optional<std::string_view>& part) {
    const char mark = part ? 1 : 0;
    return engine::crc32c(part.value_or(""), engine::crc32c({&mark, 1}, crc));
  };
  std::uint32_t crc = add(add(0, record.record.key), record.record.value);
  if (record.partition) {
    char raw[4];
    engine::store_le(raw, record.partition->value());
    crc = engine::crc32c({raw, sizeof raw}, crc);
  }
  return std::max<std::uint32_t>(crc, 1);  // 0 would not be compared
}

/// The records of one producer in one request: their numbers follow each other.
struct Run {
  ProducerId id;
  std::int32_t epoch;
  std::int64_t next;
  bool fresh = false;  // what comes now was never written
};

Error broken_run(const ProducedBy& by, std::int64_t next) {
  Error error(Errc::out_of_order_sequence,
              fmt::format("number {} follows {} in the request", by.seq, next - 1),
              "the records of one producer stand in a request with numbers that follow each other");
  error.actual_name = "next_seq";
  error.actual = std::to_string(next);
  return error;
}

Result<> check_producer(const ProducedBy& by) {
  if (by.id.empty() || by.id.size() > kProducerIdMax)
    return Error(Errc::invalid_request,
                 fmt::format("a producer's id has 1 to {} bytes", kProducerIdMax));
  if (by.epoch < 0 || by.seq < 0 || by.seq > INT64_MAX / 2)
    return Error(Errc::invalid_request, "a producer's epoch and number are 0 or more");
  return {};
}

Error at_record(std::size_t index, Error error) {
  error.record = index;
  return error;
}

}  // namespace

/// Looks up one request's records, one after the other.
class Topics::State::Lookup {
 public:
  Lookup(const State& state, const Topic& topic) : s_(state), topic_(topic) {}

  Result<std::optional<PublishedRecord>> look(const PublishRecord& record) {
    if (record.producer && record.dedup_id)
      return Error(Errc::invalid_request, "a record has a producer or a dedup_id, not both");
    if (record.producer) return look_at_producer(record);
    if (record.dedup_id) return look_at_id(*record.dedup_id);
    return std::optional<PublishedRecord>();
  }
  std::size_t producers() const { return runs_.size(); }
  std::size_t fresh_produced() const { return fresh_produced_; }
  std::size_t fresh_ids() const { return hashes_.size(); }

 private:
  Result<std::optional<PublishedRecord>> look_at_producer(const PublishRecord& record) {
    const ProducedBy& by = *record.producer;
    if (auto sound = check_producer(by); !sound) return sound.error();
    Run& run = run_of(by);
    if (by.epoch != run.epoch || by.seq != run.next) return broken_run(by, run.next);
    ++run.next;
    if (!run.fresh) {
      const ProducerState* const state = s_.producers.find(run.id, {topic_.definition.id});
      const auto judged = judge(state, by.epoch, by.seq, crc_of(record));
      if (!judged) return judged.error();
      if (*judged) return known((*judged)->partition, (*judged)->offset);
      run.fresh = true;
    }
    ++fresh_produced_;
    return std::optional<PublishedRecord>();
  }

  Run& run_of(const ProducedBy& by) {
    ProducerId id = ProducerId::named(by.id);
    const auto found =
        std::find_if(runs_.begin(), runs_.end(), [&](const Run& run) { return run.id == id; });
    if (found != runs_.end()) return *found;
    runs_.push_back({std::move(id), by.epoch, by.seq});
    return runs_.back();
  }

  Result<std::optional<PublishedRecord>> look_at_id(std::string_view id) {
    if (topic_.definition.config.dedup_window <= Duration{0})
      return Error(Errc::invalid_request, "the topic remembers no deduplication ids",
                   "give it a window: PATCH the topic with {\"dedup\":{\"window\":\"10m\"}}");
    const engine::IdHash hash = hash_of_id(id);
    if (std::find(hashes_.begin(), hashes_.end(), hash) != hashes_.end())
      return Error(Errc::invalid_request, "a dedup_id stands twice in the request");
    if (const auto first = s_.ids.find(topic_.definition.id, hash))
      return known(first->partition, first->offset);
    hashes_.push_back(hash);
    return std::optional<PublishedRecord>();
  }

  std::optional<PublishedRecord> known(PartitionId partition, Offset offset) const {
    const LogId log = topic_.definition.logs[static_cast<std::size_t>(partition.value())];
    return PublishedRecord{partition, log, offset, Seq{0}, /*duplicate=*/true};
  }

  const State& s_;
  const Topic& topic_;
  std::vector<Run> runs_;
  std::vector<engine::IdHash> hashes_;
  std::size_t fresh_produced_ = 0;
};

Result<> Topics::State::find_known(const Topic& topic, const Publish& publish,
                                   CheckedPublish& checked) {
  const auto plain = [](const PublishRecord& record) {
    return !record.producer && !record.dedup_id;
  };
  if (std::all_of(publish.records.begin(), publish.records.end(), plain)) return {};
  Lookup lookup(*this, topic);
  checked.known.reserve(publish.records.size());
  for (std::size_t i = 0; i < publish.records.size(); ++i) {
    auto known = lookup.look(publish.records[i]);
    if (!known) return at_record(i, known.error());
    checked.known.push_back(*known);
  }
  if (lookup.fresh_produced() > 0) {
    if (auto room = producers.room(lookup.producers(), lookup.fresh_produced()); !room) return room;
  }
  if (lookup.fresh_ids() > 0) return ids.room(lookup.fresh_ids());
  return {};
}

// In the turn of the records: none is stored without what tells its second coming.
void Topics::State::remember(const Topic& topic, const Publish& publish,
                             const Published& published) {
  const std::uint32_t id = topic.definition.id;
  std::vector<TopicIds::Sent> sent;
  std::vector<ProducedNote> notes;
  for (std::size_t i = 0; i < publish.records.size(); ++i) {
    const PublishRecord& record = publish.records[i];
    const PublishedRecord& place = published.records[i];
    if (place.duplicate) continue;
    if (record.dedup_id)
      sent.push_back({
          hash_of_id(*record.dedup_id), {place.partition, place.offset}
      });
    if (!record.producer) continue;
    ProducerId by = ProducerId::named(record.producer->id);
    auto note = std::find_if(notes.begin(), notes.end(),
                             [&](const ProducedNote& other) { return other.id == by; });
    if (note == notes.end()) {
      notes.push_back({std::move(by), {id}, record.producer->epoch, {record.producer->seq}});
      note = std::prev(notes.end());
    }
    ++note->batch.count;
    note->batch.places.push_back({place.partition, place.offset, crc_of(record)});
  }
  if (!sent.empty()) ids.remember(id, sent);
  for (ProducedNote& note : notes) {
    core.on_commit(Durability::disk, [this, by = note.id, scope = note.scope, epoch = note.epoch,
                                      last = note.batch.last_seq()](Result<Durability> durable) {
      if (durable) producers.durable(by, scope, epoch, last);
    });
    producers.wrote(std::move(note));
  }
}

std::optional<Seq> Topics::State::last_seq(const Topic& topic) const {
  Seq last{0};
  for (const LogId log : topic.definition.logs) {
    const auto seq = core.last_seq(log);
    if (!seq) return std::nullopt;
    last = std::max(last, *seq);
  }
  return last;
}

Result<PartitionId> Topics::State::partition_of(const Topic& topic, const Publish& publish) const {
  const auto& records = publish.records;
  if (records.empty() || !records.front().record.key)
    return Error(Errc::invalid_request,
                 "who expects the newest record of a key publishes with one");
  const PublishRecord& first = records.front();
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i].record.key == first.record.key && records[i].partition == first.partition)
      continue;
    return at_record(i,
                     Error(Errc::invalid_request,
                           "who expects the newest record of a key publishes with that one only"));
  }
  const std::int32_t count = topic.definition.config.partitions;
  const PartitionId partition =
      first.partition.value_or(partition_of_key(*first.record.key, count));
  if (partition.value() >= 0 && partition.value() < count) return partition;
  return at_record(
      0, Error(Errc::partition_not_found,
               fmt::format("there is no partition {} among {}", partition.value(), count)));
}

bool Topics::knows(const Publish& publish) const {
  if (!publish.expect.key_last) return true;
  const auto found = state_->find(publish.topic);
  if (!found) return true;  // check() says so
  const Topic& topic = (*found)->second;
  const auto partition = state_->partition_of(topic, publish);
  if (!partition) return true;
  return state_->keys.knows(topic.definition.logs[static_cast<std::size_t>(partition->value())]);
}

void Topics::learn(const Publish& publish, Completion<void> done) {
  const auto found = state_->find(publish.topic);
  if (!found) return done(found.error());
  const Topic& topic = (*found)->second;
  const auto partition = state_->partition_of(topic, publish);
  if (!partition) return done(partition.error());
  state_->keys.learn(topic.definition.logs[static_cast<std::size_t>(partition->value())],
                     std::move(done));
}

Result<> Topics::State::check_expected(const Topic& topic, const Publish& publish) {
  const Expectation& expect = publish.expect;
  if (expect.last_seq && last_seq(topic) != expect.last_seq)
    return Error(Errc::expectation_failed, "the topic's newest record is another one");
  if (!expect.key_last) return {};
  const auto partition = partition_of(topic, publish);
  if (!partition) return partition.error();
  const LogId log = topic.definition.logs[static_cast<std::size_t>(partition->value())];
  if (!keys.knows(log))
    return Error(Errc::overloaded, "the keys of the partition were forgotten meanwhile",
                 "try again; nothing was written");
  const auto newest = keys.newest(log, *publish.records.front().record.key);
  std::optional<PartitionPosition> at;
  if (newest) at = PartitionPosition{*partition, *newest};
  if (at == expect.key_last->at) return {};
  return Error(Errc::expectation_failed, "the key's newest record is another one");
}

engine::Error Topics::State::with_truth(const Topic& topic, const Publish& publish,
                                        engine::Error error) {
  const auto last = last_seq(topic);
  const auto& expected = publish.expect.last_seq;
  if (expected && last != expected) {
    error.actual_name = "last_seq";
    if (last) error.actual = std::to_string(last->value());
    return error;
  }
  const auto partition = partition_of(topic, publish);
  if (!publish.expect.key_last || !partition) return error;
  const LogId log = topic.definition.logs[static_cast<std::size_t>(partition->value())];
  if (!keys.knows(log)) return error;
  error.actual_name = "key_last";
  const auto newest = keys.newest(log, *publish.records.front().record.key);
  if (newest) error.actual = fmt::format("{}-{}", partition->value(), newest->value());
  return error;
}

void Topics::refuse(const Publish& publish, engine::Error error, Completion<Published> done) {
  if (error.code != Errc::expectation_failed) return done(error);
  auto durable = [state = state_.get(), publish, error = std::move(error),
                  done = std::move(done)](const Result<Durability>& reached) mutable {
    if (!reached) return done(reached.error());
    const auto found = state->find(publish.topic);
    if (!found) return done(found.error());
    done(state->with_truth((*found)->second, publish, std::move(error)));
  };
  state_->core.on_commit(Durability::disk, std::move(durable));
}

std::vector<ProducerView> Topics::producer(std::string_view id) const {
  std::vector<ProducerView> views;
  for (const auto& [scope, state] : state_->producers.of(ProducerId::named(id))) {
    const std::string* const name = name_of(scope.topic);
    if (!name) continue;
    ProducerView view{*name, state->epoch, state->durable_seq, std::nullopt};
    for (const ProducedBatch& batch : state->batches) {
      if (view.last_seq < batch.first_seq || view.last_seq > batch.last_seq()) continue;
      const ProducedPlace place = batch.place(view.last_seq);
      view.last_place = {place.partition, place.offset};
    }
    views.push_back(std::move(view));
  }
  std::sort(views.begin(), views.end(),
            [](const ProducerView& a, const ProducerView& b) { return a.topic < b.topic; });
  return views;
}

}  // namespace twofold::log
