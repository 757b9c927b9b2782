#include <utility>

#include "engine/record_batch.h"
#include "log/partitioner.h"
#include "tests/sim/broker_outgoing.h"

namespace twofold::test {

using engine::Durability;
using engine::Duration;
using engine::LogId;
using engine::Offset;
using engine::PartitionId;
using engine::Result;

std::shared_ptr<Clients::Outgoing> Clients::any_records(std::size_t count) {
  static const std::vector<std::string> kKeys = {"ann", "bob", "eve", ""};
  auto out = std::make_shared<Outgoing>();
  for (std::size_t i = 0; i < count; ++i) {
    SentRecord record;
    if (one_in(2)) record.key = any(kKeys);
    const auto id = static_cast<std::int64_t>(referee_.ledger.records.size());
    const auto size = one_in(5) ? random_.below(9'000) : random_.below(900);
    if (!one_in(20))
      record.value = std::string(size, static_cast<char>('a' + random_.below(26)));
    record.timestamp = rig_->clock().wall().value() - static_cast<std::int64_t>(random_.below(99));
    referee_.ledger.records.push_back(record);
    out->add(id, std::move(record));
  }
  return out;
}

void Clients::refuse(const Outgoing& records) {
  for (const auto id : records.ids())
    referee_.ledger.records[static_cast<std::size_t>(id)].refused = true;
}

// Who was answered before somebody else began is before him in the one order of everything.
void Clients::told_seq(const CallRef& call, std::int64_t id, std::uint64_t seq,
                       Durability reached) {
  if (seq == 0) return;
  referee_.expect(seq > call->newest_seq, "the order of everything went back: seq " +
                                              std::to_string(seq) + " after " +
                                              std::to_string(call->newest_seq));
  if (reached == Durability::disk) newest_seq_ = std::max(newest_seq_, seq);
  referee_.ledger.records[static_cast<std::size_t>(id)].seq = seq;
}

void Clients::publish() {
  const auto name = any_topic();
  const auto there = referee_.model.topics.find(name);
  const bool exists = there != referee_.model.topics.end();
  const auto records = any_records(1 + random_.below(4));
  log::Publish publish{name, {}, any_durability()};
  for (std::size_t i = 0; i < records->size(); ++i) {
    std::optional<PartitionId> partition;
    if (exists && one_in(4)) partition = PartitionId{static_cast<std::int32_t>(
        random_.below(there->second.logs.size()))};
    publish.records.push_back({records->view(i), partition});
  }
  const auto asked = publish.durability.value_or(
      exists ? there->second.config.durability : Durability::disk);
  const auto call = begin("publish", name + records->text(), exists);
  const auto wanted = publish.records;
  auto places = std::make_shared<std::vector<std::pair<std::int32_t, std::int64_t>>>();
  const std::uint32_t topic = exists ? there->second.id : 0;
  rig_->topics().publish(std::move(publish),
                         [this, call, records, places, topic, asked](const auto& result) {
                           published(call, records->ids(), *places, topic, asked, result);
                         });
  if (!taken(call)) return refuse(*records);
  if (!exists) return;
  // Those without key and partition go together to one partition, whichever: its end shows it.
  std::optional<std::int32_t> keyless;
  const auto partitions = static_cast<std::int32_t>(there->second.logs.size());
  std::vector<std::int64_t> more(there->second.logs.size());
  for (const auto& one : wanted) {
    if (one.partition) ++more[static_cast<std::size_t>(one.partition->value())];
    else if (one.record.key)
      ++more[static_cast<std::size_t>(log::partition_of_key(*one.record.key, partitions).value())];
  }
  for (std::int32_t p = 0; p < partitions; ++p) {
    const auto id = there->second.logs[static_cast<std::size_t>(p)];
    const auto end = referee_.model.logs.at(id).end() + more[static_cast<std::size_t>(p)];
    if (rig_->core().status(LogId{id}).end.value() != end) keyless = p;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& one = wanted[i];
    const auto p = one.partition    ? one.partition->value()
                   : one.record.key ? log::partition_of_key(*one.record.key, partitions).value()
                                    : keyless.value_or(0);
    const auto id = there->second.logs[static_cast<std::size_t>(p)];
    places->emplace_back(p, referee_.model.logs.at(id).end());
    referee_.model.append(id, records->ids()[i], call->turn, rig_->clock().wall().value());
  }
  referee_.changed();
}

void Clients::published(const CallRef& call, const std::vector<std::int64_t>& ids,
                        const std::vector<std::pair<std::int32_t, std::int64_t>>& places,
                        std::uint32_t topic, Durability asked,
                        const Result<log::Published>& result) {
  const bool still_there = rig_->topics().name_of(topic) != nullptr;
  if (!result) {
    if (call->returned && !still_there) call->sound = false;
    return failed(call, result.error());
  }
  ok(call, "by " + std::to_string(static_cast<int>(result->durability)));
  referee_.expect(result->durability >= asked, "a publish was answered too early");
  referee_.promise(call->turn, result->durability);
  referee_.expect(result->records.size() == ids.size(), "a publish lost records on its way");
  for (std::size_t i = 0; i < ids.size() && i < result->records.size(); ++i) {
    const auto& at = result->records[i];
    referee_.expect(
        at.partition.value() == places[i].first && at.offset.value() == places[i].second,
        "record " + std::to_string(ids[i]) + " has offset " + std::to_string(at.offset.value()));
    told_seq(call, ids[i], at.seq.value(), result->durability);
  }
}

void Clients::read() {
  const auto name = any_topic();
  const auto there = referee_.model.topics.find(name);
  const bool exists = there != referee_.model.topics.end();
  log::Read read{name, {}, 1 + random_.below(30'000), one_in(2)};
  bool sound = exists;
  const std::size_t partitions = exists ? there->second.logs.size() : 1;
  for (std::size_t p = 0; p < partitions; ++p) {
    if (!read.from.empty() && one_in(2)) continue;
    std::int64_t from = 0;
    if (exists) {
      const auto& log = referee_.model.logs.at(there->second.logs[p]);
      from = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(log.end()) + 1));
      if (one_in(3)) from = log.end();
      if (from < log.start && !read.skip_trimmed) sound = false;
    }
    read.from.push_back({PartitionId{static_cast<std::int32_t>(p)}, Offset{from}});
  }
  const bool waits = one_in(2);
  const auto deadline = rig_->clock().now() + Duration{waits ? 1 + random_.below(20'000) : 0};
  const auto call = begin("read", name, sound, false);
  const bool alone = read.from.size() == 1;
  const auto ticket = rig_->topics().read(
      std::move(read), deadline, [this, call, name, alone](Result<log::Readable> result) {
        readable(call, name, alone, std::move(result));
      });
  taken(call);
  if (ticket != 0) waiting_readers_[ticket] = call;
}

void Clients::readable(const CallRef& call, const std::string& topic, bool alone,
                       Result<log::Readable> result) {
  if (!result) {
    // Something may have been trimmed, or the topic removed, while it waited.
    if (call->returned) call->sound = false;
    return failed(call, result.error());
  }
  ok(call);
  referee_.follow_topics(*rig_);
  const auto there = referee_.model.topics.find(topic);
  if (there == referee_.model.topics.end()) return referee_.blame("a removed topic is read");
  for (auto& partition : result->partitions) {
    const auto id = there->second.logs[static_cast<std::size_t>(partition.partition.value())];
    const auto& log = referee_.model.logs.at(id);
    const auto from = partition.from.value();
    const auto end = partition.end.value();
    referee_.expect(partition.start.value() == log.start, "a reader is told another beginning");
    referee_.expect(from >= log.start, "a reader begins in what was trimmed");
    referee_.shown(id, end);
    referee_.expect(!alone || from >= end || !partition.plan.empty(), "a reader got nothing of " +
                                                                          std::to_string(end - from));
    if (partition.plan.empty() || referee_.problem()) continue;
    std::vector<std::int64_t> expected;
    for (auto o = from; o < end; ++o)
      expected.push_back(log.records[static_cast<std::size_t>(o)].id);
    rig_->core().fetch(std::move(partition.plan),
                       [this, from, end, expected = std::move(expected)](
                           Result<std::vector<engine::StoredBatch>> batches) {
                         if (batches) return check_read(*batches, from, expected, end);
                         referee_.expect(disk_unwell_, "a sound disk cannot be read: " +
                                                           batches.error().detail);
                       });
  }
}

void Clients::check_read(const std::vector<engine::StoredBatch>& batches, std::int64_t from,
                         const std::vector<std::int64_t>& expected, std::int64_t upto) {
  std::vector<std::string> wrong;
  const auto found = read_records(batches, from, upto, referee_.ledger, wrong);
  if (!wrong.empty()) return referee_.blame("a reader finds that " + wrong.front());
  referee_.expect(!found.empty(), "a reader fetched nothing");
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].offset != from + static_cast<std::int64_t>(i))
      return referee_.blame("a reader misses offset " + std::to_string(from + static_cast<std::int64_t>(i)));
    referee_.expect(found[i].id == expected[i], "a reader finds another record at offset " +
                                                    std::to_string(found[i].offset));
  }
}

// A reader who goes to a time may begin too early, never too late.
void Clients::find_time() {
  const auto name = any_topic();
  const auto there = referee_.model.topics.find(name);
  const auto time = now() - static_cast<std::int64_t>(random_.below(20'000));
  const auto found = rig_->topics().plan_time(name, engine::WallTime{time});
  const bool exists = there != referee_.model.topics.end();
  referee_.expect(exists == found.has_value(), "a topic is there for some and not for others");
  if (!exists || !found) return;
  for (const auto& partition : *found) {
    const auto& log = referee_.model.logs.at(
        there->second.logs[static_cast<std::size_t>(partition.partition.value())]);
    for (auto o = log.start; o < partition.from.value(); ++o) {
      const auto id = log.records[static_cast<std::size_t>(o)].id;
      referee_.expect(referee_.ledger.records[static_cast<std::size_t>(id)].timestamp < time,
                      "a reader who goes to a time misses offset " + std::to_string(o));
    }
  }
}

void Clients::trim() {
  const auto name = any_topic();
  const auto there = referee_.model.topics.find(name);
  if (there == referee_.model.topics.end()) return;
  const auto p = random_.below(there->second.logs.size());
  const auto id = there->second.logs[p];
  const auto visible = rig_->core().status(LogId{id}).visible_end.value();
  const auto before =
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(visible) + 2));
  const auto call = begin("trim", name + " " + std::to_string(p) + " " + std::to_string(before),
                          before <= visible);
  rig_->topics().trim(name, {{PartitionId{static_cast<std::int32_t>(p)}, Offset{before}}},
                      [this, call](const Result<std::vector<log::PartitionOffsets>>& result) {
                        if (!result && call->returned) call->sound = false;  // removed meanwhile
                        if (!result) return failed(call, result.error());
                        ok(call);
                        referee_.promise(call->turn, Durability::disk);
                      });
  if (!taken(call)) return;
  referee_.model.trim(id, before);
  referee_.changed();
}

void Clients::commit_offsets() {
  static const std::vector<std::string> kGroups = {"g0", "g1"};
  const auto group = any(kGroups);
  const auto name = any_topic();
  const auto there = referee_.model.topics.find(name);
  const bool exists = there != referee_.model.topics.end();
  const auto partitions = exists ? there->second.logs.size() : 1;
  const auto p = static_cast<std::int32_t>(random_.below(partitions));
  const auto end =
      exists ? rig_->core().status(LogId{there->second.logs[static_cast<std::size_t>(p)]}).end.value()
             : 0;
  const auto offset = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(end) + 2));
  const bool sound = exists && offset <= end;
  const auto call = begin("commit", group + " " + name + " " + std::to_string(p) + " " +
                                        std::to_string(offset), sound);
  rig_->groups().commit(group, {{name, PartitionId{p}, Offset{offset}}},
                        durably<Durability>(call));
  if (!taken(call) || !sound) return;
  const auto [stands, is_first] = referee_.model.groups[group].try_emplace({name, p}, offset);
  stands->second = std::max(stands->second, offset);  // commits never move back
  referee_.changed();
}

void Clients::look_at_group() {
  for (const auto& [group, offsets] : referee_.model.groups) {
    for (const auto& [key, offset] : offsets) {
      const auto found = rig_->groups().committed(group, key.first, PartitionId{key.second});
      referee_.expect(found && found->value() == offset, "group " + group + " lost its place");
    }
  }
}

void Clients::remove_group() {
  const bool exists = referee_.model.groups.contains("g1");
  const auto call = begin("remove group", "g1", exists);
  rig_->groups().remove("g1", durably<Durability>(call));
  if (!taken(call) || !exists) return;
  referee_.model.groups.erase("g1");
  referee_.changed();
}

}  // namespace twofold::test
