#include "http/ws/feed.h"

#include <algorithm>
#include <chrono>

#include <boost/asio/steady_timer.hpp>

#include "http/lane.h"
#include "http/ws/hub.h"

namespace twofold::http::ws {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kFetchBytes = 1 << 20;
constexpr std::size_t kBatchesMax = 16;  // of a flight
constexpr std::size_t kFlightBytes = 256 << 10;
constexpr std::size_t kSlice = 128;  // readers written to before others may use the thread
constexpr auto kRest = std::chrono::milliseconds{200};
constexpr auto kPatience = std::chrono::seconds{5};  // how long a feed outlives its readers

}  // namespace

Feed::Feed(Hub& hub, std::string key, std::shared_ptr<const StreamSpec> spec, Positions positions)
    : hub_(hub),
      key_(std::move(key)),
      reader_(hub.lane().common.answers, std::move(spec), std::move(positions)) {}

Task<> Feed::run(std::shared_ptr<Feed> self) {
  Feed& feed = *self;
  engine::Clock& clock = feed.hub_.lane().common.broker.clock;
  while (!feed.idle()) {
    auto filled = co_await feed.reader_.fill(clock.now() + kPatience, kFetchBytes, nullptr);
    if (!filled) {
      feed.fail(filled.error());
      break;
    }
    feed.pass_on(filled->gaps);
    while (feed.load_flight()) {
      while (feed.send_slice()) co_await asio::post(asio::use_awaitable);
      feed.tidy();
    }
    feed.wake_waiting();
    if (filled->no_room) co_await feed.rest();
  }
  feed.hub_.close(feed.key_);
}

// Until others have let go of memory.
Task<> Feed::rest() {
  asio::steady_timer timer(hub_.lane().context());
  timer.expires_after(kRest);
  co_await timer.async_wait(engine::kAwait);
}

bool Feed::load_flight() {
  flight_ = Flight();
  flight_.from = positions();
  std::size_t bytes = 0;
  while (flight_.batches.size() < kBatchesMax && bytes < kFlightBytes) {
    auto batch = reader_.next({});
    if (!batch) break;
    bytes += batch->message.tail.size();
    flight_.messages.push_back(batch->message);
    flight_.batches.push_back(*std::move(batch));
  }
  served_ = 0;
  round_ = readers_.size();
  return !flight_.batches.empty();
}

// False when everybody was served. Who joins meanwhile stands behind this flight.
bool Feed::send_slice() {
  const std::size_t end = std::min(round_, served_ + kSlice);
  while (served_ < end) {
    FeedReader* const reader = readers_[served_++];
    if (reader) reader->take(flight_);
  }
  return served_ < round_;
}

const Positions& Feed::place_of(const FeedReader& reader) const {
  const bool yet_to_get = reader.slot_ >= served_ && reader.slot_ < round_;
  return yet_to_get ? flight_.from : positions();
}

void Feed::join(FeedReader& reader) {
  reader.slot_ = readers_.size();
  readers_.push_back(&reader);
  ++joined_;
}

void Feed::leave(FeedReader& reader) {
  readers_[reader.slot_] = nullptr;
  --joined_;
}

void Feed::await(FeedReader& reader) { waiting_.push_back(&reader); }

void Feed::leave_waiting(FeedReader& reader) { std::erase(waiting_, &reader); }

void Feed::pass_on(const std::vector<Gap>& gaps) {
  for (const Gap& gap : gaps) {
    for (FeedReader* const reader : readers_) {
      if (reader) reader->missed(gap);
    }
  }
}

void Feed::wake_waiting() {
  for (FeedReader* const reader : std::exchange(waiting_, {})) reader->feed_moved();
}

// Between flights nobody counts places.
void Feed::tidy() {
  flight_ = Flight();
  served_ = round_ = 0;
  if (joined_ == readers_.size()) return;
  std::erase(readers_, nullptr);
  for (std::size_t i = 0; i < readers_.size(); ++i) readers_[i]->slot_ = i;
}

// One reader's end may be another's, too: each is looked at anew.
void Feed::fail(const engine::Error& error) {
  while (!readers_.empty()) {
    FeedReader* const reader = readers_.back();
    readers_.pop_back();
    if (reader) reader->feed_failed(error);
  }
  joined_ = 0;
  while (!waiting_.empty()) {
    FeedReader* const reader = waiting_.back();
    waiting_.pop_back();
    reader->feed_failed(error);
  }
}

}  // namespace twofold::http::ws
