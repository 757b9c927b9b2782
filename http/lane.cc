#include "http/lane.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/diag.h"
#include "http/response_head.h"
#include "http/route.h"
#include "http/session.h"
#include "http/ws/hub.h"

namespace twofold::http {
namespace {

constexpr auto kTick = std::chrono::milliseconds{500};
constexpr auto kLastWords = std::chrono::seconds{1};  // when a drain's time to settle is over

// A bijection of 64 bits (the finaliser of splitmix64): consecutive numbers look unrelated.
std::uint64_t scattered(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace

Lane::Lane(boost::asio::io_context& context, ServerCommon& c)
    : common(c),
      metrics(operation_count()),
      tasks(context.get_executor()),
      context_(context),
      timer_(context),
      now_(c.broker.clock.now()),
      date_line_(http::date_line(c.broker.clock.wall())),
      next_id_(c.broker.random.next_u64()),
      hub_(std::make_unique<ws::Hub>(*this)) {}

Lane::~Lane() = default;

std::uint64_t Lane::enter(Session& session) {
  if (last_number_ == 0) {
    const auto place = std::find(common.lanes.begin(), common.lanes.end(), this);
    last_number_ = static_cast<std::uint64_t>(place - common.lanes.begin()) << kNumberBits;
  }
  sessions_.emplace(++last_number_, &session);
  return last_number_;
}

std::vector<Connected> Lane::connected(std::uint64_t after, std::size_t max) const {
  std::vector<Connected> found;
  for (auto at = sessions_.upper_bound(after); at != sessions_.end() && found.size() < max; ++at)
    found.push_back(at->second->look());
  return found;
}

bool Lane::disconnect(std::uint64_t number) {
  const auto found = sessions_.find(number);
  if (found == sessions_.end()) return false;
  found->second->cut();
  return true;
}

void Lane::dismiss(std::uint64_t number) {
  const auto found = sessions_.find(number);
  if (found == sessions_.end() || !found->second->is_stranger()) return;
  metrics.connections_refused.add();
  found->second->cut();
}

void Lane::start_ticking() {
  tick();
  wait_for_tick();
}

void Lane::stop_ticking() { timer_.cancel(); }

void Lane::wait_for_tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto late = boost::asio::steady_timer::clock_type::now() - timer_.expiry();
    metrics.loop_lag.add(std::chrono::duration_cast<std::chrono::nanoseconds>(late));
    tick();
    wait_for_tick();
  });
}

// Under a storm of them neither the lines nor their making are in the way.
void Lane::sum_up_refusals() {
  const std::size_t refusals = std::exchange(refusals_, 0);
  if (refusals <= kRefusalsTold) return;
  engine::diag(engine::DiagLevel::warn, "http", "more requests refused, not told one by one",
               {
                   {"count", std::to_string(refusals - kRefusalsTold)}
  });
}

void Lane::tick() {
  sum_up_refusals();
  now_ = common.broker.clock.now();
  date_line_ = http::date_line(common.broker.clock.wall());
  for (const auto& [number, session] : sessions_) session->check_deadline(now_);
}

void Lane::leave(Session& session) {
  sessions_.erase(session.number());
  metrics.connections_closed.add();
  if (!draining_ || !sessions_.empty() || !drained_) return;
  sum_up_refusals();
  std::exchange(drained_, nullptr)();
}

void Lane::drain(engine::UniqueFunction<void()> done) {
  draining_ = true;
  const engine::Instant now = common.broker.clock.now();
  last_call_ = now + common.options.settle_time + kLastWords;
  last_beginning_ = common.settling ? last_call_ : now + kLastWords;
  drained_ = std::move(done);
  for (const auto& [number, session] : sessions_) session->begin_drain();
  if (sessions_.empty()) std::exchange(drained_, nullptr)();
}

void Lane::end_settling() {
  last_beginning_ = std::min(last_beginning_, common.broker.clock.now() + kLastWords);
  for (const auto& [number, session] : sessions_) session->end_settling();
}

void Lane::cut() {
  sum_up_refusals();
  draining_ = true;
  for (const auto& [number, session] : sessions_) session->cut();
}

void Lane::next_request_id(std::string& out) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::uint64_t bits = scattered(next_id_++);
  out.assign("q_");
  for (int i = 0; i < 12; ++i, bits >>= 5) out.push_back(kLetters[bits & 31]);
}

}  // namespace twofold::http
