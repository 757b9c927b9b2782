#include "http/ws/topic_sub.h"

#include "http/lane.h"
#include "http/trace/tracer.h"
#include "http/ws/connection.h"
#include "http/ws/hub.h"
#include "log/cursor.h"

namespace twofold::http::ws {
namespace {

constexpr std::size_t kFetchBytes = 256 << 10;
constexpr engine::Instant kAtOnce{0};

}  // namespace

TopicSub::TopicSub(std::shared_ptr<Connection> connection, std::uint32_t sub,
                   const Subscribe& request)
    : Subscription(std::move(connection), sub, request.credit), topic_(request.topic) {}

void TopicSub::open(std::shared_ptr<const StreamSpec> spec, Positions positions) {
  key_ = spec->key(positions);
  reader_.emplace(connection().common().answers, std::move(spec), std::move(positions));
  if (!meet_feed()) go();
}

void TopicSub::seek(Positions positions) {
  leave_feed();
  const auto& spec = reader_->shared_spec();
  key_ = spec->key(positions);
  behind_ = true;
  reader_->seek(std::move(positions));
  if (!meet_feed()) go();
}

std::string TopicSub::cursor() const {
  return log::encode_cursor({reader_->spec().topic_id, here()});
}

const Positions& TopicSub::here() const {
  return place_ == Place::on_feed ? feed_->place_of(*this) : reader_->positions();
}

// Sends what was fetched; when there is none left, fetches more or joins the feed.
std::size_t TopicSub::on_turn(std::size_t quantum) {
  const bool alone = place_ == Place::alone;
  if (!reader_ || fetching_ || paused_ || starved_ || !alone || !credit().any()) return 0;
  if (has_nothing_to_read()) return 0;
  std::size_t sent = 0;
  while (sent < quantum && credit().any()) {
    TopicReader::Limits limits;
    if (credit().messages()) limits.messages_max = static_cast<std::size_t>(*credit().messages());
    if (credit().bytes()) limits.bytes_max = *credit().bytes();
    const auto batch = reader_->next(limits);
    if (!batch) {
      if (meet_feed()) return sent;
      fetching_ = true;
      auto self = std::static_pointer_cast<TopicSub>(shared_from_this());
      connection().lane().tasks.spawn(fetch(std::move(self)));
      return sent;
    }
    credit().spend(batch->messages, batch->bytes);
    connection().count(1, batch->messages);
    connection().broker().reads.of_topic(topic_id(), {batch->messages, batch->bytes});
    sent += batch->message.tail.size();
    sending();
    trace(*batch);
    const OutMessage message = connection().packed(batch->message);
    if (!connection().deliver(prefix(), {&message, 1})) {
      reader_->forget();  // whoever cannot take more holds a place, not bytes
      break;
    }
  }
  if (!credit().any()) reader_->forget();
  go();
  return sent;
}

Task<> TopicSub::fetch(std::shared_ptr<TopicSub> self) {
  TopicSub& sub = *self;
  if (sub.ended()) co_return;
  const auto feed = sub.connection().hub().find(sub.key_);
  Positions upto;
  if (feed) upto = feed->positions();
  const Positions* const bound = feed ? &upto : nullptr;
  auto filled = co_await sub.reader_->fill(kAtOnce, kFetchBytes, bound);
  sub.fetching_ = false;
  if (sub.ended()) co_return;
  if (!filled) {
    sub.fail(filled.error());
    co_return;
  }
  sub.fetched(*filled);
}

void TopicSub::fetched(const TopicReader::Filled& filled) {
  for (const Gap& gap : filled.gaps) missed(gap);
  if (filled.lag > 0) behind_ = true;
  starved_ = filled.no_room;
  if (filled.caught_up && !paused_) open_feed();
  if (place_ == Place::alone) go();
}

// At the end of the log, as it was a moment ago.
void TopicSub::open_feed() {
  if (meet_feed()) return;
  if (connection().hub().find(key_)) return;  // it has moved on: read up to it
  feed_ = connection().hub().open(reader_->shared_spec(), reader_->positions(), *this);
  place_ = Place::on_feed;
  say_caught_up();
}

bool TopicSub::meet_feed() {
  if (paused_ || !credit().any() || has_nothing_to_read()) return false;
  auto feed = connection().hub().find(key_);
  if (!feed) return false;
  if (same_place(reader_->positions(), feed->positions())) {
    feed_ = std::move(feed);
    feed_->join(*this);
    place_ = Place::on_feed;
    reader_->forget();
    say_caught_up();
    return true;
  }
  if (!not_ahead(feed->positions(), reader_->positions())) return false;
  feed_ = std::move(feed);
  feed_->await(*this);
  place_ = Place::ahead_of_feed;
  return true;
}

void TopicSub::leave_feed() {
  if (place_ == Place::on_feed) {
    reader_->seek(here());
    feed_->leave(*this);
  }
  if (place_ == Place::ahead_of_feed) feed_->leave_waiting(*this);
  place_ = Place::alone;
  feed_.reset();
}

void TopicSub::say_caught_up() {
  if (!std::exchange(behind_, false)) return;
  connection().send(caught_up_frame(connection().format(), sub(), cursor()));
}

void TopicSub::take(const Flight& flight) {
  std::size_t fits = 0;
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (const Batch& batch : flight.batches) {
    if (!connection().writable()) break;
    if (!credit().covers(batch.messages, batch.bytes - batch.bytes_of_last)) break;
    credit().spend(batch.messages, batch.bytes);
    messages += batch.messages;
    bytes += batch.bytes;
    ++fits;
  }
  connection().count(fits, messages);
  connection().broker().reads.of_topic(topic_id(), {messages, bytes});
  const bool takes_all = fits == flight.batches.size();
  if (!takes_all) {
    leave_feed();
    reader_->seek(flight.before(fits));
    behind_ = true;
  }
  if (fits > 0) {
    sending();
    for (std::size_t i = 0; i < fits; ++i) trace(flight.batches[i]);
    connection().deliver(prefix(), connection().packed(flight).first(fits));
  }
  if (!takes_all) go();
}

// Its own, of each batch and reader: nobody has asked for just this one.
void TopicSub::trace(const Batch& batch) const {
  trace::Tracer* const tracer = connection().broker().shared.tracer;
  if (!tracer) return;
  const auto span = tracer->begin(trace::Operation::receive, "read", std::nullopt);
  if (!span) return;
  span->destination = topic_;
  name(*span);
  span->add(batch.messages);
  static_cast<trace::Links&>(*span) = batch.links;
  tracer->end(std::move(*span));
}

void TopicSub::tick(engine::Instant) {
  // Whoever waits for his turn holds a place, not bytes.
  if (reader_ && !fetching_ && !connection().writable()) reader_->forget();
  if (std::exchange(starved_, false)) go();
}

void TopicSub::missed(const Gap& gap) {
  behind_ = true;
  const std::int64_t lost = engine::distance(gap.from, gap.to);
  connection().lane().metrics.stream_records_dropped.add(static_cast<std::uint64_t>(lost));
  connection().send(gap_frame(connection().format(), sub(), gap.partition, gap.from, gap.to));
}

void TopicSub::feed_moved() {
  feed_.reset();
  place_ = Place::alone;
  if (!meet_feed()) go();
}

void TopicSub::feed_failed(const engine::Error& error) {
  feed_.reset();
  place_ = Place::alone;
  fail(error);
}

// Ends this subscription with an error.
void TopicSub::fail(const engine::Error& error) { connection().sub_failed(*this, error, topic_); }

void TopicSub::pause() {
  paused_ = true;
  leave_feed();
  if (reader_) reader_->forget();
}

void TopicSub::end(bool) {
  leave_feed();
  if (reader_) reader_->seek({});  // what is being fetched is not wanted any more
  let_go_of_connection();
}

engine::UniqueFunction<std::int64_t()> TopicSub::lag() const {
  if (!reader_ || place_ != Place::alone) return nullptr;
  return [&topics = connection().broker().topics, topic = topic_, here = here()] {
    std::int64_t lag = 0;
    const auto offsets = topics.offsets(topic);
    if (!offsets) return lag;
    for (const log::PartitionPosition& position : here) {
      const auto at = static_cast<std::size_t>(position.partition.value());
      if (at >= offsets->size()) continue;
      lag += std::max<std::int64_t>(
          0, engine::distance(position.offset, (*offsets)[at].status.visible_end));
    }
    return lag;
  };
}

SubState TopicSub::state() const {
  SubState state;
  state.sub = sub();
  if (reader_) state.cursor = cursor();
  state.credit_messages = credit().messages();
  state.credit_bytes = credit().bytes();
  return state;
}

}  // namespace twofold::http::ws
