#include "http/ws/inspect_sub.h"

#include <algorithm>

#include "http/inspect/inspector.h"
#include "http/lane.h"
#include "http/ws/connection.h"
#include "http/ws/own_call.h"

namespace twofold::http::ws {

using inspect::Counts;
using inspect::Pulled;
using inspect::Snapshot;
using inspect::View;
using inspect::WantedRecords;

namespace {

constexpr std::size_t kEventsMax = 500;                  // at a time
constexpr auto kGather = std::chrono::milliseconds{20};  // what comes together goes together
// Two snapshots a second, but for ten that may come at once.
constexpr engine::Duration kSnapshotsApart = std::chrono::milliseconds{500};
constexpr engine::Duration kSnapshotsAhead = 10 * kSnapshotsApart;

std::vector<MessagePlace> places_in(const WantedRecords& wanted) {
  std::vector<MessagePlace> places;
  places.reserve(wanted.places.size());
  for (const auto& place : wanted.places) places.push_back({place.partition, place.offset});
  return places;
}

// Of those that are told.
std::uint64_t sum_of(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum - counts[static_cast<std::size_t>(inspect::EventType::resync)];
}

// The record of an appended event. Both stand in the order of the log, partition by partition, and
// most events are of one partition.
const engine::StoredRecord* find(const WantedRecords& wanted, const MessageRecords& records,
                                 const inspect::Event& event, std::size_t& next) {
  const log::PartitionPosition at{engine::PartitionId{event.partition}, event.offset};
  const std::size_t count = wanted.places.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = (next + i) % count;
    if (wanted.places[place] != at) continue;
    next = place + 1;
    return records.record(place);
  }
  return nullptr;
}

Task<MessageRecords> load(Call& call, const WantedRecords& wanted) {
  auto places = places_in(wanted);
  auto records =
      co_await MessageRecords::load(call, wanted.plans, wanted.plan_partitions, std::move(places));
  co_return records;
}

}  // namespace

InspectSub::InspectSub(std::shared_ptr<Connection> connection, std::uint32_t sub, Inspection asked)
    : Subscription(std::move(connection), sub, CreditGrant{}),
      asked_(std::move(asked)),
      broker_(this->connection().broker()),
      common_(this->connection().common()),
      lane_(this->connection().lane()),
      writer_(asked_.spec),
      pace_(asked_.max_rate),
      timer_(lane_.context()) {}

void InspectSub::open() {
  busy_ = true;
  lane_.tasks.spawn(begin(self()));
}

Task<> InspectSub::begin(std::shared_ptr<InspectSub> self) {
  InspectSub& sub = *self;
  if (sub.ended()) co_return;
  inspect::Inspector& inspector = *sub.broker_.inspector;
  const std::uint64_t known = sub.asked_.resume.value_or(0);
  bool resumed = false;
  auto ask = [&inspector, &sub, known, &resumed]() -> Result<View*> {
    auto opened = inspector.open(sub.asked_.spec);
    if (!opened) return opened;
    resumed = (*opened)->has_all_after(known);
    if (resumed) sub.counts_ = (*opened)->counts_upto(known);
    return opened;
  };
  const auto view = co_await ask_core(sub.broker_.core, std::move(ask));
  sub.busy_ = false;
  if (!view) {
    if (!sub.ended()) sub.connection().sub_failed(sub, view.error(), "");
    co_return;
  }
  if (sub.ended()) {
    sub.close_view(**view);
    co_return;
  }
  sub.view_ = *view;
  if (!resumed) {
    const std::string_view reason = known > 0 ? "resume-too-old" : "opened";
    co_await show_everything(self, reason);
    co_return;
  }
  sub.seq_ = known;
  sub.go();
}

std::size_t InspectSub::on_turn(std::size_t) {
  if (busy_ || paused_ || !view_) return 0;
  const engine::Instant now = broker_.clock.now();
  if (pace_.room(now) == 0) {
    go_after(pace_.window_end() - now);
    return 0;
  }
  busy_ = true;
  lane_.tasks.spawn(step(self()));
  return 0;
}

Task<> InspectSub::step(std::shared_ptr<InspectSub> self) {
  InspectSub& sub = *self;
  if (sub.ended()) co_return;
  const std::size_t room = std::min(sub.pace_.room(sub.broker_.clock.now()), kEventsMax);
  auto ask = [view = sub.view_, after = sub.seq_, room, skip = sub.pace_.limited()] {
    return view->pull(after, room, skip);
  };
  auto pulled = co_await ask_core(sub.broker_.core, std::move(ask));
  if (sub.ended()) co_return;
  if (pulled.needs_snapshot) {
    const engine::Duration ahead = sub.paid_upto_ - sub.broker_.clock.now();
    if (ahead > kSnapshotsAhead) {
      sub.busy_ = false;
      sub.go_after(ahead - kSnapshotsAhead);
      co_return;
    }
    const std::string_view reason = pulled.forgotten ? "too-much" : "changed";
    co_await show_everything(self, reason);
    co_return;
  }
  co_await show(self, std::move(pulled));
}

Task<> InspectSub::show_everything(std::shared_ptr<InspectSub> self, std::string_view reason) {
  InspectSub& sub = *self;
  sub.busy_ = true;
  auto ask = [view = sub.view_] { return view->snapshot(); };
  const Snapshot all = co_await ask_core(sub.broker_.core, std::move(ask));
  OwnCall call(sub.broker_, sub.common_);
  inspect::SnapshotRecords records;
  if (all.topic) records.topic = co_await load(*call, all.topic->recent);
  if (all.queue) {
    auto places = places_of(all.queue->browsed.items);
    records.messages = co_await MessageRecords::load(
        *call, all.queue->browsed.plans, all.queue->browsed.plan_partitions, std::move(places));
    if (all.queue->recent) records.own = co_await load(*call, *all.queue->recent);
  }
  sub.busy_ = false;
  if (sub.ended()) co_return;
  const std::uint64_t dropped = sub.seq_ == 0 ? 0 : sum_of(all.counts) - sum_of(sub.counts_);
  sub.lane_.metrics.stream_events_dropped.add(dropped);
  sub.seq_ = all.seq;
  sub.counts_ = all.counts;
  sub.stale_ = false;
  sub.paid_upto_ = std::max(sub.paid_upto_, sub.broker_.clock.now()) + kSnapshotsApart;
  sub.connection().send(sub.writer_.snapshot(all, records, reason, dropped));
  sub.wait_for_news();
}

Task<> InspectSub::show(std::shared_ptr<InspectSub> self, Pulled pulled) {
  InspectSub& sub = *self;
  OwnCall call(sub.broker_, sub.common_);
  const auto appended = co_await load(*call, pulled.appended);
  const auto sent = co_await load(*call, pulled.sent);
  sub.busy_ = false;
  if (sub.ended()) co_return;
  sub.send_events(pulled, appended, sent);
  if (sub.calm()) {
    co_await show_everything(self, "caught-up");
    co_return;
  }
  if (pulled.newest > pulled.upto) {
    sub.go();
  } else {
    sub.wait_for_news();
  }
}

// Every event that was dealt with is either sent, or among the numbers.
void InspectSub::send_events(const Pulled& pulled, const MessageRecords& appended,
                             const MessageRecords& sent) {
  const bool left_out = pulled.upto - seq_ > pulled.events.size();
  if (left_out) {
    lane_.metrics.stream_events_dropped.add(pulled.upto - seq_ - pulled.events.size());
    stale_ = true;
    left_out_at_ = broker_.clock.now();
  }
  std::size_t next_appended = 0;
  std::size_t next_sent = 0;
  Counts rest = pulled.counts;
  for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= counts_[i];
  std::uint64_t seq = seq_;
  for (const inspect::Event& event : pulled.events) {
    const engine::StoredRecord* record = nullptr;
    if (event.type == inspect::EventType::appended) {
      record = event.of_queue ? find(pulled.sent, sent, event, next_sent)
                              : find(pulled.appended, appended, event, next_appended);
    }
    --rest[static_cast<std::size_t>(event.type)];
    connection().send(writer_.event(++seq, event, record, stale_));
  }
  pace_.sent(pulled.events.size());
  connection().count(pulled.events.size(), pulled.events.size());
  if (left_out) connection().send(writer_.counters(pulled.upto, pulled.wall, rest, *pulled.totals));
  seq_ = pulled.upto;
  counts_ = pulled.counts;
}

// Since events were left out, what the client knows of single messages is not right any more; when
// it has become quieter, everything is said again.
bool InspectSub::calm() const {
  return stale_ && broker_.clock.now() - left_out_at_ >= 2 * inspect::Pace::kWindow;
}

void InspectSub::wait_for_news() {
  if (paused_) return;
  if (stale_) go_after(2 * inspect::Pace::kWindow);
  auto wake = [sub = std::weak_ptr<InspectSub>(self()), &context = lane_.context()] {
    boost::asio::post(context, [sub] {
      const auto alive = sub.lock();
      if (alive && !alive->ended()) alive->go_after(kGather);
    });
  };
  detail::enter_core(broker_.core,
                     [view = view_, me = this, after = seq_, wake = std::move(wake)]() mutable {
                       view->when_news(me, after, std::move(wake));
                     });
}

void InspectSub::go_after(engine::Duration pause) {
  timer_.expires_after(pause);
  timer_.async_wait([sub = self()](const boost::system::error_code& cancelled) {
    if (!cancelled) sub->go();
  });
}

void InspectSub::pause() {
  paused_ = true;
  timer_.cancel();
}

void InspectSub::end(bool) {
  timer_.cancel();
  if (view_) close_view(*std::exchange(view_, nullptr));
  let_go_of_connection();
}

void InspectSub::close_view(View& view) {
  detail::enter_core(broker_.core, [&inspector = *broker_.inspector, &view, me = this] {
    inspector.close(view, me);
  });
}

std::string InspectSub::about() const {
  std::string about = "looks on";
  if (!asked_.spec.topic.empty()) about += " topic " + asked_.spec.topic;
  if (!asked_.spec.queue.empty()) about += " queue " + asked_.spec.queue;
  for (const std::string& group : asked_.spec.groups) about += " group " + group;
  return about;
}

SubState InspectSub::state() const {
  SubState state;
  state.sub = sub();
  return state;
}

}  // namespace twofold::http::ws
