#include "engine/core_impl.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/diag.h"

namespace twofold::engine {
namespace {

// Consumers may use a little more than publishers: draining is the way out of overload.
constexpr std::size_t kConsumeShare = 4;

// Of the calendar against broker time, before a block says so.
constexpr Duration kCalendarMoved{1000};

}  // namespace

std::int64_t Liveness::live_in(LogId log, Offset from, Offset upto) const {
  std::int64_t n = 0;
  for (Offset o = from; o < upto; o = advance(o, 1)) n += is_live(log, o) ? 1 : 0;
  return n;
}

CoreImpl::CoreImpl(CoreWorld world, CoreOptions options)
    : world_(world),
      options_(options),
      timers_(world.clock.now()),
      catalog_([this](std::string_view payload) { note(EntryType::catalog, 0, payload); }),
      tail_(options.tail_cache_bytes),
      ahead_(options.read_ahead_bytes) {
  world_.journal.on_ready([this, alive = alive_] {
    if (*alive) maybe_seal();
  });
}

CoreImpl::~CoreImpl() { *alive_ = false; }

void CoreImpl::attach_machine(EntryType type, StateMachine& machine) {
  TF_CHECK(!machines_.contains(type));
  machines_[type] = &machine;
}

Result<> CoreImpl::admit(Admission kind, std::size_t bytes) {
  if (failure_) return Error(Errc::storage_failed, failure_->detail, failure_->hint);
  if (stopped_ || (stopping_ && kind == Admission::publish))
    return Error(Errc::shutting_down, "the broker is shutting down");
  const auto waiting = open_.gathered_bytes() + (in_flight_ ? in_flight_->bytes : 0);
  auto limit = options_.gathered_bytes_max;
  if (kind == Admission::consume) limit += limit / kConsumeShare;
  if (waiting + bytes > limit) {
    return Error(Errc::overloaded, "too many bytes wait for the journal",
                 "try again in a moment; nothing was applied");
  }
  if (kind == Admission::publish && (full_ || world_.journal.out_of_room())) {
    return Error(Errc::storage_full, "the disk is full",
                 "free space or consume: reading, acks and deletes still work");
  }
  return {};
}

Offset CoreImpl::append(LogId log, const NewRecord& record) {
  touch();
  return open_.append(at(log), record);
}

Offset CoreImpl::append_batch(LogId log, std::string_view batch) {
  touch();
  return open_.append_batch(at(log), batch);
}

void CoreImpl::note(EntryType type, std::uint32_t owner, std::string_view payload) {
  if (recovering_) return;  // what replay leads to is in the journal already
  touch();
  open_.note(type, owner, payload);
}

void CoreImpl::on_commit(Durability durability, Completion<Durability> done) {
  touch();
  open_.wait(CommitWaiter{durability, std::move(done)});
}

TimerWheel& CoreImpl::timers() {
  touch();  // the alarm may have to ring earlier
  return timers_;
}

void CoreImpl::touch() {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  world_.executor.defer([this, alive = alive_] {
    if (*alive) end_turn();
  });
}

void CoreImpl::end_turn() {
  turn_scheduled_ = false;
  maybe_seal();
  update_alarm();
}

void CoreImpl::update_alarm() {
  const auto due = timers_.next_due();
  if (!due || (alarm_ && *alarm_ <= *due)) return;
  alarm_ = due;
  world_.executor.set_alarm(*due, [this, alive = alive_] {
    if (!*alive) return;
    alarm_.reset();
    // Expiry storms go in slices, so that nobody else waits for the end of one.
    if (timers_.advance(now())) world_.executor.post([this, alive] {
      if (*alive) touch();
    });
    touch();
  });
}

// The device is free and something waits: everything gathered becomes one block.
void CoreImpl::maybe_seal() {
  if (failure_) return fail(*failure_);
  if (recovering_ || stopped_) return;
  const bool checkpoint_waits = checkpoint_wanted_ && !checkpoint_ && !checkpoint_writing_;
  if (open_.empty() && !seal_wanted_empty_ && !checkpoint_waits) return;
  const auto bytes = open_.stored_bytes();
  if (!world_.journal.ready(bytes)) return world_.journal.make_ready(bytes);
  seal();
}

void CoreImpl::seal() {
  const auto plan = world_.journal.plan_next(open_.stored_bytes());
  InFlight flight;
  flight.seq = plan.seq;
  flight.witness = open_.gathered_bytes() == 0;
  flight.waiters = open_.take_waiters();
  seal_wanted_empty_ = false;
  sealed_at_ = ClockReading{now(), wall()};
  auto sealed = open_.seal(plan, world_.journal.stream_id(), world_.journal.incarnation(),
                           *sealed_at_, record_seq_);
  const std::uint64_t records = sealed.next_record_seq - record_seq_;
  if (records > 0) block_records_.add(records);
  stats_.records += records;
  record_seq_ = sealed.next_record_seq;
  flight.bytes = sealed.block.bytes();
  bool os_wanted = std::any_of(flight.waiters.begin(), flight.waiters.end(),
                               [](const auto& w) { return w.durability == Durability::os; });
  for (const auto& batch : sealed.batches) {
    auto* log = find(batch.log);
    if (log == nullptr) continue;  // dropped in the same turn
    log->add(batch.extent);
    log->last_append = WallTime{batch.extent.append_ms};
    ++extents_;
    os_wanted = os_wanted || log->options.visible_at == Durability::os;
  }
  flight.batches = std::move(sealed.batches);
  dropped_.clear();
  sealed_seq_ = plan.seq;
  last_header_crc_ = sealed.header_crc;
  end_position_ = JournalPosition{plan.position.file,
                                  plan.position.place + static_cast<std::uint32_t>(flight.bytes)};
  bytes_since_checkpoint_ += flight.bytes;
  ++stats_.blocks;
  stats_.block_bytes += flight.bytes;
  tail_.add(plan.position, sealed.block.slab);
  in_flight_ = std::move(flight);

  Journal::Done written;
  if (os_wanted) {
    written = [this, alive = alive_, seq = plan.seq](Result<> done) {
      if (*alive && done) block_written(seq);
    };
  }
  world_.journal.write(std::move(sealed.block), sealed.header_crc, std::move(written),
                       [this, alive = alive_](Result<> outcome) {
                         if (*alive) block_durable(std::move(outcome));
                       });
  checkpoint_if_due();
  // What asked only to be accepted has a place in the order now.
  show(*in_flight_, Durability::memory);
  complete(*in_flight_, Durability::memory);
}

void CoreImpl::block_written(std::uint64_t seq) {
  if (!in_flight_ || in_flight_->seq != seq) return;
  show(*in_flight_, Durability::os);
  complete(*in_flight_, Durability::os);
}

void CoreImpl::block_durable(Result<> outcome) {
  if (!outcome) return fail(outcome.error());
  auto flight = std::move(*in_flight_);
  in_flight_.reset();
  durable_seq_ = flight.seq;
  maybe_seal();  // the device goes on with what gathered, then we tell those who waited
  show(flight, Durability::disk);
  complete(flight, Durability::disk);
  write_checkpoint();
  if (!flight.witness && !in_flight_) witness_if_idle(flight.seq);
  if (stopping_) finish_stop();
}

void CoreImpl::show(const InFlight& flight, Durability reached) {
  for (const auto& [id, extent] : flight.batches) {
    auto* log = find(id);
    const Offset end = extent.upto();
    if (log == nullptr || log->options.visible_at > reached || log->visible_end >= end) continue;
    log->visible_end = end;
    for (std::size_t i = 0; i < log->listeners.size(); ++i) log->listeners[i]->on_visible(id, end);
  }
}

void CoreImpl::complete(InFlight& flight, Durability reached) {
  const auto* before = std::exchange(completing_, &flight);
  // Completions may start new work, but never add to this list: it belongs to a sealed block.
  for (auto& waiter : flight.waiters) {
    if (!waiter.done || waiter.durability > reached) continue;
    auto done = std::move(waiter.done);
    waiter.done = nullptr;
    done(std::min(std::max(reached, waiter.durability), options_.durability_max));
  }
  completing_ = before;
}

// After a failed write or sync nothing is acknowledged any more: whoever waits has an unknown
// outcome, and a restart decides from what the device holds.
void CoreImpl::fail(const Error& error) {
  if (!failure_) {
    failure_ = Error(Errc::storage_failed, "the journal cannot be written: " + error.detail,
                     "restart the broker once the device is sound; nothing acknowledged is lost");
    diag(DiagLevel::error, "engine", "storage failed, nothing is acknowledged any more",
         {{"error", error.detail}});
  }
  auto waiters = open_.take_waiters();
  if (in_flight_) {
    std::move(in_flight_->waiters.begin(), in_flight_->waiters.end(), std::back_inserter(waiters));
    in_flight_.reset();
  }
  for (auto& waiter : waiters) {
    if (waiter.done) waiter.done(*failure_);
  }
  if (stopping_) std::exchange(stopping_, nullptr)();
}

void CoreImpl::witness_if_idle(std::uint64_t seq) {
  timers().schedule(now() + options_.idle_seal, *this, kWitnessOwner, seq);
}

// The next start takes what has passed from the newest block. Of a calendar that was set while
// nobody wrote anything it would think that so much time has passed.
void CoreImpl::witness_if_calendar_moved() {
  if (!sealed_at_ || in_flight_) return;
  const Duration moved = (wall() - sealed_at_->wall) - (now() - sealed_at_->instant);
  if (std::chrono::abs(moved) <= kCalendarMoved) return;
  seal_wanted_empty_ = true;
  touch();
}

void CoreImpl::on_timer(std::uint32_t owner, std::uint64_t token, Instant at) {
  if (owner == kWitnessOwner && token == sealed_seq_ && !in_flight_) {
    seal_wanted_empty_ = true;
    touch();
  }
  if (owner == kHousekeepingOwner) {
    housekeeping();
    timers().schedule(at + options_.housekeeping, *this, kHousekeepingOwner, 0);
  }
}

void CoreImpl::housekeeping() {
  witness_if_calendar_moved();
  drain_if_due();
  clean_after_drain();
  scrub_if_due();
  world_.journal.retry_room();
  if (stopping_ && world_.journal.out_of_room() && !world_.journal.ready(open_.stored_bytes()))
    return fail(Error(Errc::storage_full, "no room for the last block"));
  auto report = [this, alive = alive_](Result<std::uint64_t> free) {
    if (!*alive || !free) return;
    free_bytes_ = *free;
    // Leaves the full state only with some room to spare, so that it does not flicker.
    const auto limit = full_ ? options_.free_bytes_min + options_.free_bytes_min / 5
                             : options_.free_bytes_min;
    const bool full = *free < limit;
    if (full != full_) {
      diag(full ? DiagLevel::error : DiagLevel::info, "engine",
           full ? "disk full, publishes are refused" : "room on the disk again",
           {{"free_bytes", std::to_string(*free)}});
    }
    full_ = full;
  };
  world_.pool.post([&fs = world_.files, &core = world_.executor,
                    report = std::move(report)]() mutable {
    core.post([report = std::move(report), free = fs.free_bytes()]() mutable {
      report(std::move(free));
    });
  });
}

CoreStats CoreImpl::stats() const {
  CoreStats s = stats_;
  s.logs = logs_.size();
  s.extents = extents_;
  s.segments = segments_.size();
  s.gathered_bytes = open_.gathered_bytes() + (in_flight_ ? in_flight_->bytes : 0);
  s.tail_cache_bytes = tail_.bytes();
  s.free_bytes = free_bytes_;
  s.full = full_ || world_.journal.out_of_room();
  s.failed = failure_.has_value();
  return s;
}

std::uint64_t CoreImpl::segment_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [id, state] : segments_) sum += state.file_bytes;
  return sum;
}

}  // namespace twofold::engine
