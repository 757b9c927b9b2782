#include <algorithm>

#include <fmt/format.h>

#include "log/topics_limits.h"
#include "log/topics_state.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

std::size_t bytes_of(const engine::ReadPlan& plan) {
  std::size_t bytes = 0;
  for (const auto& piece : plan.pieces()) {
    bytes += piece.cold ? piece.bytes_max : piece.batch.bytes.size();
  }
  return bytes;
}

// A wait ends with so much.
std::size_t bytes_wanted(const Read& read) {
  return std::max<std::size_t>(std::min(read.bytes_min, read.bytes_max), 1);
}

Error no_partition(PartitionId partition, std::int32_t partitions) {
  return Error(Errc::partition_not_found,
               fmt::format("there is no partition {} among {}", partition.value(), partitions));
}

Error trimmed(const PartitionPosition& asked, Offset oldest) {
  Error error(Errc::offset_trimmed,
              fmt::format("partition {} begins at {}, offset {} is gone", asked.partition.value(),
                          oldest.value(), asked.offset.value()));
  error.number = oldest.value();
  return error;
}

Error past_the_end(const PartitionPosition& asked, Offset end) {
  return Error(Errc::invalid_request,
               fmt::format("offset {} is past the end of partition {}, which is {}",
                           asked.offset.value(), asked.partition.value(), end.value()));
}

// What a reader that goes on waiting has found.
Waiters::Found found_in(const Readable& readable) {
  Waiters::Found found;
  found.places.reserve(readable.partitions.size());
  for (const ReadablePartition& partition : readable.partitions) {
    const engine::ReadPlan& plan = partition.plan;
    found.places.push_back({plan.log(), plan.empty() ? partition.from : plan.pieces().back().upto});
    found.bytes += bytes_of(plan);
  }
  return found;
}

Result<LogId> log_of(const Topic& topic, PartitionId partition) {
  const std::vector<LogId>& logs = topic.definition.logs;
  const auto at = static_cast<std::size_t>(partition.value());
  if (partition.value() < 0 || at >= logs.size()) {
    return no_partition(partition, topic.definition.config.partitions);
  }
  return logs[at];
}

// Gives each partition that has something an even share of what is left, and at least one batch
// while there is any; for total order in any case. Beginning with another one each time, none is
// left out for ever.
void plan_all(engine::Core& core, std::vector<ReadablePartition>& partitions, const Read& read,
              std::size_t first) {
  auto waiting = static_cast<std::size_t>(
      std::count_if(partitions.begin(), partitions.end(),
                    [](const ReadablePartition& p) { return p.from < p.end; }));
  std::size_t left = std::max<std::size_t>(read.bytes_max, 1);
  for (std::size_t i = 0; i < partitions.size() && (left > 0 || read.total_order); ++i) {
    ReadablePartition& partition = partitions[(first + i) % partitions.size()];
    if (partition.from >= partition.end) continue;
    const std::size_t share = std::max<std::size_t>(left / waiting--, 1);
    partition.plan = core.plan_read(partition.plan.log(), partition.from, share);
    left -= std::min(left, bytes_of(partition.plan));
  }
}

}  // namespace

std::size_t Readable::bytes() const {
  std::size_t bytes = 0;
  for (const ReadablePartition& partition : partitions) bytes += bytes_of(partition.plan);
  return bytes;
}

bool Readable::has_enough(const Read& read) const {
  if (bytes() >= bytes_wanted(read)) return true;
  // A plan ends where the next one needs another look, and a damaged stretch has no bytes: waiting
  // brings neither any further.
  return std::any_of(partitions.begin(), partitions.end(), [](const ReadablePartition& partition) {
    if (partition.plan.empty()) return false;
    return partition.plan.pieces().back().upto < partition.end || bytes_of(partition.plan) == 0;
  });
}

std::uint64_t Topics::read(Read read, Instant deadline, Completion<Readable> done) {
  auto readable = state_->attempt(read);
  if (!readable || readable->has_enough(read) || deadline <= state_->core.now()) {
    done(std::move(readable));
    return 0;
  }
  if (auto room = state_->check_waiting_room(readable->partitions.size()); !room) {
    done(room.error());
    return 0;
  }
  const std::uint64_t ticket =
      state_->waiters.add({std::move(read), std::move(done)}, found_in(*readable));
  state_->core.timers().schedule(deadline, *this, 0, ticket);
  return ticket;
}

Result<> Topics::State::check_waiting_room(std::size_t logs) const {
  if (waiters.size() >= kWaitersMax) {
    return Error(Errc::overloaded, fmt::format("{} readers wait already", kWaitersMax));
  }
  if (waiters.bytes() + Waiters::bytes_of(logs) <= waiting_bytes_max) return {};
  return Error(Errc::overloaded,
               fmt::format("readers that wait may take {} bytes of memory; they take {}",
                           waiting_bytes_max, waiters.bytes()),
               "poll without a wait, or of fewer partitions at a time");
}

void Topics::cancel(std::uint64_t ticket) { state_->waiters.take(ticket); }

void Topics::release_waiters() {
  for (const std::uint64_t ticket : state_->waiters.all()) state_->answer(ticket);
}

std::size_t Topics::waiting() const { return state_->waiters.size(); }

void Topics::on_visible(LogId log, Offset end) {
  if (const auto topic = state_->topic_of.find(log); topic != state_->topic_of.end())
    state_->stirred.insert(topic->second);
  Waiters& waiters = state_->waiters;
  for (const Waiters::Seat& seat : waiters.of(log)) {
    const Read* read = waiters.find(seat.ticket);
    if (!read) continue;  // whoever was answered before it cancelled it
    if (!state_->may_have_enough(*read, waiters.found(seat.ticket), seat.place, end)) continue;
    auto readable = state_->attempt(*read);
    if (readable && !readable->has_enough(*read)) {
      waiters.found(seat.ticket) = found_in(*readable);
      continue;
    }
    waiters.take(seat.ticket)->done(std::move(readable));
  }
}

// Only in the log that goes on, and there only behind what was looked at before: with many
// partitions and many records before there is enough, anything more would be paid again with each
// of them.
bool Topics::State::may_have_enough(const Read& read, Waiters::Found& found, std::size_t place,
                                    Offset end) const {
  auto& [log, upto] = found.places[place];
  if (upto < core.status(log).start) return true;  // what was there has been trimmed: look anew
  // A reader may be ahead of what shows: it wrote with a weaker durability than the topic's.
  if (upto >= end) return false;
  const engine::ReadPlan plan = core.plan_read(log, upto, read.bytes_max);
  if (plan.empty()) return true;
  const std::size_t bytes = bytes_of(plan);
  found.bytes += bytes;
  upto = plan.pieces().back().upto;
  return bytes == 0 || upto < end || found.bytes >= bytes_wanted(read);
}

void Topics::on_trimmed(LogId /*log*/, Offset /*start*/) {
  // Readers wait at the visible end, and nothing beyond that is ever trimmed.
}

void Topics::on_removed(LogId log, const engine::OffsetRuns& removed) {
  state_->keys.removed(log, removed);
}

void Topics::on_timer(std::uint32_t /*owner*/, std::uint64_t token, Instant /*now*/) {
  if (token == kSweepToken) return state_->sweep();
  if (token == kCompactionToken) return state_->look_for_dirt();
  state_->answer(token);
}

Result<std::vector<PartitionOffsets>> Topics::offsets(const std::string& topic) const {
  const auto found = state_->find(topic);
  if (!found) return found.error();
  std::vector<PartitionOffsets> offsets;
  std::int32_t partition = 0;
  for (const LogId log : (*found)->second.definition.logs) {
    const engine::LogStatus status = state_->core.status(log);
    offsets.push_back(
        {PartitionId{partition++}, status, state_->core.cleaning(log, status.visible_end)});
  }
  return offsets;
}

Result<std::vector<ReadablePartition>> Topics::plan_time(const std::string& topic,
                                                         WallTime time) const {
  const auto found = state_->find(topic);
  if (!found) return found.error();
  std::vector<ReadablePartition> partitions;
  std::int32_t partition = 0;
  for (const LogId log : (*found)->second.definition.logs) {
    const engine::LogStatus status = state_->core.status(log);
    engine::ReadPlan plan = state_->core.plan_time(log, time);
    const Offset from = plan.empty() ? status.visible_end : plan.pieces().front().from;
    partitions.push_back({PartitionId{partition++}, std::max(from, status.start), status.start,
                          status.visible_end, std::move(plan)});
  }
  return partitions;
}

void Topics::trim(std::string topic, std::vector<PartitionPosition> before,
                  Completion<std::vector<PartitionOffsets>> done,
                  engine::Decided<std::vector<PartitionOffsets>> decided) {
  const auto found = state_->find(topic);
  if (!found) return done(found.error());
  engine::Core& core = state_->core;
  for (const PartitionPosition& position : before) {
    const auto log = log_of((*found)->second, position.partition);
    if (!log) return done(log.error());
    const Offset end = core.status(*log).visible_end;
    if (position.offset > end) return done(past_the_end(position, end));
  }
  if (auto admitted = core.admit(engine::Admission::consume, before.size() * sizeof(before[0]));
      !admitted) {
    return done(admitted.error());
  }
  for (const PartitionPosition& position : before) {
    const LogId log = *log_of((*found)->second, position.partition);
    const Offset start = core.status(log).start;
    if (position.offset <= start) continue;
    core.trim(log, position.offset, true);
    (*found)->second.counters.trimmed_for(Trimmed::manual) += records_between(start, position.offset);
  }
  if (decided) decided(*offsets(topic));
  core.on_commit(Durability::disk, [this, topic = std::move(topic),
                                    done = std::move(done)](Result<Durability> durable) mutable {
    if (!durable) return done(durable.error());
    done(offsets(topic));
  });
}

// -- State ---------------------------------------------------------------------------------------

Result<Readable> Topics::State::attempt(const Read& read) {
  const auto found = find(read.topic);
  if (!found) return found.error();
  Topic& topic = (*found)->second;
  if (read.from.empty()) return Error(Errc::invalid_request, "no partition to read was named");

  Readable readable;
  readable.partitions.reserve(read.from.size());
  for (const PartitionPosition& position : read.from) {
    const auto log = log_of(topic, position.partition);
    if (!log) return log.error();
    const engine::LogStatus status = core.status(*log);
    if (position.offset > status.end) return past_the_end(position, status.end);
    if (position.offset < status.start && !read.skip_trimmed) {
      return trimmed(position, status.start);
    }
    readable.partitions.push_back({position.partition, std::max(position.offset, status.start),
                                   status.start, status.visible_end, engine::ReadPlan(*log)});
  }
  plan_all(core, readable.partitions, read, topic.next_reader++);
  return readable;
}

void Topics::State::answer(std::uint64_t ticket) {
  auto waiter = waiters.take(ticket);
  if (!waiter) return;  // was answered long ago
  waiter->done(attempt(waiter->read));
}

void Topics::State::refuse_readers_of(const Topic& topic, const std::string& name) {
  for (const LogId log : topic.definition.logs) {
    for (const Waiters::Seat& seat : waiters.of(log)) {
      auto waiter = waiters.take(seat.ticket);
      if (!waiter) continue;
      waiter->done(Error(Errc::topic_not_found, fmt::format("topic {} was removed", name)));
    }
  }
}

}  // namespace twofold::log
