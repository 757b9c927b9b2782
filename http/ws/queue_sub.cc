#include "http/ws/queue_sub.h"

#include <algorithm>

#include "http/hand_out.h"
#include "http/lane.h"
#include "http/rest/message.h"
#include "http/trace/tracer.h"
#include "http/ws/batch_writer.h"
#include "http/ws/connection.h"

namespace twofold::http::ws {
namespace {

constexpr std::size_t kReceiveBytes = 64 << 10;
constexpr std::size_t kReadBytes = 4 << 20;  // from the disk: a batch has messages for others, too
constexpr std::size_t kHeldMax = 20'000;     // by one subscription, whatever its credit
constexpr auto kPatience = std::chrono::seconds{30};

std::vector<std::string> receipts_of(queue::Received received) {
  std::vector<std::string> receipts;
  for (queue::Delivered& message : received.messages)
    receipts.push_back(std::move(message.receipt));
  return receipts;
}

// Whether the client is done with a message after this.
bool is_done(queue::Settled settled) { return settled != queue::Settled::unknown; }

}  // namespace

QueueSub::QueueSub(std::shared_ptr<Connection> connection, std::uint32_t sub,
                   const Subscribe& request)
    : Subscription(std::move(connection), sub, request.credit),
      queue_(request.queue),
      visibility_timeout_(request.visibility_timeout),
      batch_max_(request.batch_max),
      ack_on_send_(request.ack_on_send),
      broker_(this->connection().broker()),
      common_(this->connection().common()) {
  broker_.consumers.enter(queue_);
}

QueueSub::~QueueSub() { broker_.consumers.leave(queue_); }

std::size_t QueueSub::most() const {
  const auto credit_left = credit().messages().value_or(INT64_MAX);
  const std::size_t room = kHeldMax - std::min(kHeldMax, held_.size());
  return std::min(
      {batch_max_, room, static_cast<std::size_t>(std::max<std::int64_t>(credit_left, 0))});
}

std::size_t QueueSub::on_turn(std::size_t) {
  if (receiving_ || paused_ || starved_ || !credit().any() || most() == 0) return 0;
  receiving_ = true;
  auto self = std::static_pointer_cast<QueueSub>(shared_from_this());
  connection().lane().tasks.spawn(receive(std::move(self)));
  return 0;
}

Task<> QueueSub::receive(std::shared_ptr<QueueSub> self) {
  QueueSub& sub = *self;
  if (sub.ended()) co_return;
  queue::Queues& queues = sub.broker_.queues;
  queue::Receive wanted{sub.queue_, sub.most(), kReceiveBytes, sub.visibility_timeout_};
  wanted.client = sub.connection().client();
  if (sub.credit().bytes()) {
    const auto left = static_cast<std::size_t>(std::max<std::int64_t>(*sub.credit().bytes(), 1));
    wanted.bytes_max = std::min(kReceiveBytes, left);
  }
  const engine::Instant deadline = sub.broker_.clock.now() + kPatience;
  auto start = [&queues, wanted = std::move(wanted),
                deadline](engine::Completion<queue::Received> done) mutable {
    return queues.receive(std::move(wanted), deadline, std::move(done));
  };
  auto cancel = [&queues](std::uint64_t ticket) { queues.cancel(ticket); };
  auto received = co_await wait_on_core<queue::Received>(sub, sub.broker_.core, std::move(start),
                                                         std::move(cancel));
  sub.receiving_ = false;
  if (!received) co_return;  // interrupted: nothing was received
  if (!*received) {
    if (!sub.ended()) sub.fail(received->error());
    co_return;
  }
  if (sub.ended() || sub.paused_) {
    sub.give_back(receipts_of(**std::move(received)));
    co_return;
  }
  if ((*received)->messages.empty()) {
    sub.go();
    co_return;
  }
  co_await hand_over(self, **std::move(received));
}

Task<> QueueSub::hand_over(std::shared_ptr<QueueSub> self, queue::Received received) {
  QueueSub& sub = *self;
  sub.receiving_ = true;
  NoOutlet outlet;
  Call call(sub.broker_, sub.common_, sub, outlet);
  auto places = places_of(received.messages);
  auto records = co_await MessageRecords::load(call, received.plans, received.plan_partitions,
                                               std::move(places), kReadBytes);
  sub.receiving_ = false;
  sort_out(call, sub.queue_, received, records);
  if (sub.ended() || sub.paused_) {
    sub.give_back(receipts_of(std::move(received)));
    co_return;
  }
  // What there was no memory for is the queue's again; asked at once it would come at once.
  sub.starved_ = records.has_no_room();
  if (!sub.starved_) nothing_readable(sub.queue_, records);
  sub.trace(records);
  sub.send(received, records);
  sub.go();
}

// Its own, of each batch: nobody has asked for just this one.
void QueueSub::trace(const MessageRecords& records) const {
  if (!broker_.shared.tracer || records.none()) return;
  const auto span =
      broker_.shared.tracer->begin(trace::Operation::receive, "receive", std::nullopt);
  if (!span) return;
  span->destination = queue_;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (const engine::StoredRecord* const record = records.record(i)) {
      span->add(1);
      span->link(*record);
    }
  }
  broker_.shared.tracer->end(std::move(*span));
}

void QueueSub::send(const queue::Received& received, const MessageRecords& records) {
  BatchWriter writer(connection().format(), received.topic, common_.answers);
  std::vector<std::pair<const queue::Delivered*, std::size_t>> written;
  for (std::size_t i = 0; i < received.messages.size(); ++i) {
    const engine::StoredRecord* const record = records.record(i);
    if (!record) continue;
    const queue::Delivered& message = received.messages[i];
    MessagePart part;
    part.receipt = message.receipt;
    part.receive_count = message.receive_count;
    part.visible_at = on_calendar(broker_, message.visible_at);
    const std::size_t before = writer.bytes();
    writer.add(message.partition, *record, &part);
    written.emplace_back(&message, writer.bytes() - before);
  }
  if (writer.empty()) return;
  const Batch batch = writer.finish("");
  credit().spend(batch.messages, batch.bytes);
  connection().count(1, batch.messages);
  // Before the write: whoever looks at what was written must find them.
  const OutMessage message = connection().packed(batch.message);
  const std::uint64_t sent_at = connection().sent_after(prefix(), message);
  Sent sent{sent_at, {}};
  for (const auto& [delivered, bytes] : written) {
    if (ack_on_send_) {
      sent.receipts.push_back(delivered->receipt);
    } else {
      held_.emplace(delivered->receipt, Held{delivered->visible_at, sent_at, bytes});
    }
  }
  if (ack_on_send_) sending_.push_back(std::move(sent));
  connection().deliver(prefix(), {&message, 1});
}

void QueueSub::begin_wait(std::shared_ptr<Interruptible> wait) {
  wait_ = std::move(wait);
  if (ended() || paused_) wait_->interrupt();
}

void QueueSub::settled(const std::vector<std::string>& receipts,
                       const std::vector<queue::Settled>& results) {
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (is_done(results[i])) forget(receipts[i]);
  }
}

void QueueSub::forget(const std::string& receipt) {
  const auto found = held_.find(receipt);
  if (found == held_.end()) return;
  credit().settled(1, found->second.bytes);
  held_.erase(found);
  if (!ended()) go();
}

void QueueSub::extended(const std::vector<queue::ExtendItem>& items,
                        const std::vector<queue::Settled>& results) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto found = held_.find(items[i].receipt);
    if (found == held_.end()) continue;
    if (results[i] == queue::Settled::ok) {
      found->second.visible_at = broker_.clock.now() + items[i].visibility_timeout;
    } else if (is_done(results[i])) {
      forget(items[i].receipt);
    }
  }
}

// What the client did not settle in time may be somebody else's by now.
void QueueSub::tick(engine::Instant now) {
  if (std::exchange(starved_, false)) go();
  std::vector<std::string> lost;
  for (const auto& [receipt, held] : held_) {
    if (held.visible_at < now) lost.push_back(receipt);
  }
  if (lost.empty()) return;
  for (const std::string& receipt : lost) forget(receipt);
  connection().send(lost_frame(connection().format(), sub(), lost, "visibility-expired"));
}

void QueueSub::on_written(std::uint64_t written) {
  std::vector<std::string> receipts;
  while (!sending_.empty() && sending_.front().sent_at <= written) {
    auto& sent = sending_.front().receipts;
    receipts.insert(receipts.end(), std::make_move_iterator(sent.begin()),
                    std::make_move_iterator(sent.end()));
    sending_.pop_front();
  }
  if (receipts.empty()) return;
  detail::enter_core(
      broker_.core, [&broker = broker_, queue = queue_, receipts = std::move(receipts)]() mutable {
        broker.queues.ack(queue, std::move(receipts), [](Result<std::vector<queue::Settled>>) {});
      });
}

void QueueSub::pause() {
  paused_ = true;
  if (wait_) wait_->interrupt();
}

void QueueSub::end(bool release) {
  if (wait_) wait_->interrupt();
  if (release) give_back_all();
  held_.clear();
  let_go_of_connection();
}

// Of what goes back, what the client has not seen does not count as received; when it says itself
// that it gives everything back, nothing does.
void QueueSub::give_back_all() {
  const bool unseen_only = connection().is_over();
  const std::uint64_t seen = unseen_only ? connection().seen() : 0;
  std::vector<std::string> uncounted;
  std::vector<std::string> counted;
  for (const auto& [receipt, held] : held_)
    (held.sent_at <= seen ? counted : uncounted).push_back(receipt);
  for (Sent& sent : std::exchange(sending_, {})) {
    auto& to = uncounted;
    to.insert(to.end(), sent.receipts.begin(), sent.receipts.end());
  }
  give_back(std::move(uncounted));
  nack(std::move(counted), unseen_only);
}

void QueueSub::give_back(std::vector<std::string> receipts) {
  if (receipts.empty()) return;
  detail::enter_core(broker_.core,
                     [&broker = broker_, queue = queue_, receipts = std::move(receipts)] {
                       broker.queues.release(queue, receipts);
                     });
}

// `dropped`: it was not said, the connection is gone. The queue may want that to take its time.
void QueueSub::nack(std::vector<std::string> receipts, bool dropped) {
  if (receipts.empty()) return;
  std::vector<queue::NackItem> items;
  for (std::string& receipt : receipts) {
    queue::NackItem item;
    item.receipt = std::move(receipt);
    item.delay = engine::Duration{0};
    items.push_back(std::move(item));
  }
  detail::enter_core(broker_.core, [&broker = broker_, queue = queue_, items = std::move(items),
                                    dropped]() mutable {
    const auto info = broker.queues.find(queue);
    if (dropped && info && !info->config.release_on_disconnect) return;
    broker.queues.nack(queue, std::move(items), [](Result<std::vector<queue::Settled>>) {});
  });
}

void QueueSub::fail(const engine::Error& error) {
  if (error.code == engine::Errc::queue_not_found && !held_.empty()) {
    std::vector<std::string> lost;
    for (const auto& [receipt, held] : held_) lost.push_back(receipt);
    held_.clear();
    connection().send(lost_frame(connection().format(), sub(), lost, "deleted"));
  }
  connection().sub_failed(*this, error, queue_);
}

engine::UniqueFunction<std::int64_t()> QueueSub::lag() const {
  return [&queues = broker_.queues, queue = queue_] {
    const auto view = queues.view(queue);
    return view ? static_cast<std::int64_t>(view->counters.ready) : 0;
  };
}

SubState QueueSub::state() const {
  SubState state;
  state.sub = sub();
  state.credit_messages = credit().messages();
  state.credit_bytes = credit().bytes();
  state.in_flight = held_.size();
  return state;
}

}  // namespace twofold::http::ws
