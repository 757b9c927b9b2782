// Bodies that are handled while they arrive (inlet.h).
#include <algorithm>
#include <cstdint>

#include <boost/asio/steady_timer.hpp>

#include "http/access/charge.h"
#include "http/session.h"

namespace twofold::http {

namespace asio = boost::asio;
using engine::kAwait;

namespace {

constexpr std::size_t kPortionBytes = 64 << 10;
constexpr engine::Duration kWaitMax = std::chrono::milliseconds{500};  // so that a drain is seen
constexpr auto kLineGrace = std::chrono::seconds{10};  // of silence within a long line

}  // namespace

bool Session::is_streamed_in() const {
  return call_.route != nullptr && call_.route->body == Body::records && call_.head.chunked &&
         media_of(call_.head.content_type) == Media::ndjson;
}

void Session::begin_inlet() {
  call_.inlet = this;
  close_ = true;
  const auto* const bytes = static_cast<const char*>(in_.data().data());
  portion_.assign(bytes + head_bytes_, in_.size() - head_bytes_);
  request_bytes_ = in_.size();
  chunks_.emplace(UINT64_MAX);
  portions_left_ = 0;
}

Task<Try<bool>> Session::receive(std::string& into) {
  const std::size_t had = into.size();
  // Time is counted from when something of it was last made use of.
  if (had < portions_left_ || had == 0)
    portions_until_ = lane_.now() + lane_.common.options.idle_timeout;
  for (;;) {
    std::string_view rest = portion_;
    const auto state = chunks_->feed(rest, into);
    portions_left_ = into.size();
    if (into.size() > kPortionBytes && !take_budget(into.size())) co_return *std::move(refusal_);
    if (state == ChunkedBody::State::done) co_return false;
    if (state != ChunkedBody::State::more) {
      refuse_chunks(state, UINT64_MAX);
      co_return *std::move(refusal_);
    }
    portion_.clear();
    if (into.size() > had) co_return true;
    const bool read = co_await read_portion();
    if (!read) co_return why_portions_ended();
  }
}

// Who sends faster than the key may is read no faster than that.
Task<> Session::wait_for_quota() {
  asio::steady_timer timer(lane_.context());
  const engine::Instant began = lane_.now();
  for (;;) {
    const auto wait = call_.principal->bytes.look(call_.broker().clock.now());
    if (!wait || is_closing()) break;
    timer.expires_after(std::min(*wait, kWaitMax));
    co_await timer.async_wait(kAwait);
  }
  portions_until_ = portions_until_ + (lane_.now() - began);
}

Task<bool> Session::read_portion() {
  co_await wait_for_quota();
  const bool invited = co_await invite_body();
  call_.head.expects_continue = false;
  if (!invited || is_closing()) co_return false;
  portion_.resize(kPortionBytes);
  phase_ = Phase::portion;
  timed_out_ = false;
  deadline_ = portions_until_;
  if (portions_left_ > kPortionBytes) deadline_ = std::min(deadline_, lane_.now() + kLineGrace);
  const auto [error, bytes] = co_await wire_.async_read_some(asio::buffer(portion_), kAwait);
  phase_ = Phase::handling;
  portion_.resize(error ? 0 : bytes);
  access::charge_answer(*call_.principal, portion_.size(), call_.broker().clock);
  co_return !error;
}

Problem Session::why_portions_ended() {
  if (std::exchange(timed_out_, false))
    return Problem(ProblemKind::request_timeout, "No line came for too long.");
  if (!abort_ && is_closing())
    return Problem(ProblemKind::draining,
                   "The broker is shutting down; send the rest again later.");
  abort_ = true;
  return Problem(ProblemKind::request_timeout, "The connection ended within the body.");
}

}  // namespace twofold::http
