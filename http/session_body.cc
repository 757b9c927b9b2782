// How a session gets the body of a request.
#include <algorithm>

#include <fmt/format.h>

#include "http/gate.h"
#include "http/session.h"
#include "http/sqs/batch.h"

namespace twofold::http {

namespace asio = boost::asio;
using engine::kAwait;

namespace {

constexpr std::size_t kStepBytes = 64 << 10;    // read at once of a large body
constexpr std::size_t kSmallBytes = 64 << 10;   // what needs no budget
constexpr auto kBodyGrace = std::chrono::seconds{10};
constexpr std::size_t kBodyBytesPerSecond = 1 << 10;

// Whose body has to be read before it is known who sends it: what SQS takes, with each byte of it
// spelt as three, as a form does. All of them together have a part of the account.
constexpr std::uint64_t kStrangersBodyMax = 3 * sqs::kBatchBytesMax + kSmallBytes;
constexpr std::uint64_t kStrangersShare = 8;

std::string_view view_of(const boost::beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

}  // namespace

Task<bool> Session::read_body() {
  if (call_.head.chunked) {
    const bool read = co_await read_chunked_body();
    co_return read;
  }
  const std::size_t length = call_.head.content_length.value_or(0);
  if (length <= in_.size() - head_bytes_) {
    // The usual case: it came with the head and stays where it is.
    call_.body = view_of(in_).substr(head_bytes_, length);
    request_bytes_ = head_bytes_ + length;
    co_return true;
  }
  const bool read = co_await read_sized_body(length);
  co_return read;
}

// The largest body that this client may send here. Nobody reads one that no route asked for.
std::uint64_t Session::body_max() const {
  const std::uint64_t most =
      call_.route ? body_bytes_max(*call_.route, lane_.common.options) : kSmallBytes;
  return call_.principal->known() ? most : std::min(most, kStrangersBodyMax);
}

std::optional<Problem> Session::check_length() const {
  const std::uint64_t length = call_.head.content_length.value_or(0);
  const std::uint64_t most = body_max();
  if (length <= most) return std::nullopt;
  return Problem(ProblemKind::batch_too_large,
                 fmt::format("The body has {} bytes; at most {} are taken here.", length, most));
}

Task<bool> Session::invite_body() {
  if (!call_.head.expects_continue || in_.size() > head_bytes_) co_return true;
  out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  const bool sent = co_await flush(std::string_view());
  co_return sent;
}

// Bodies that do not fit a read buffer share one account over all connections. Who has shown no key
// cannot use up what is there for those who have.
bool Session::take_budget(std::uint64_t bytes) {
  if (bytes <= budgeted_) return true;
  ServerCommon& common = lane_.common;
  const std::uint64_t total = common.options.body_bytes_total_max;
  const std::uint64_t more = bytes - std::exchange(budgeted_, bytes);
  bool room = (common.body_bytes += more) <= total;
  if (!call_.principal->known()) {
    budgeted_as_stranger_ += more;
    const std::uint64_t strangers = common.strangers_body_bytes += more;
    room = room && strangers <= std::max(total / kStrangersShare, kStrangersBodyMax);
  }
  if (!room) refusal_ = Problem(ProblemKind::overloaded, "Too many large bodies are under way.");
  return room;
}

void Session::give_back_budget() {
  lane_.common.body_bytes -= std::exchange(budgeted_, 0);
  lane_.common.strangers_body_bytes -= std::exchange(budgeted_as_stranger_, 0);
}

// At least 1 KiB/s, but for ten seconds in all, and for no more than ten at once: whoever has sent
// much may not be silent for longer.
void Session::extend_deadline(std::size_t bytes) {
  const std::size_t earned = (bytes * 1'000 + kBodyBytesPerSecond - 1) / kBodyBytesPerSecond;
  deadline_ = std::min(deadline_ + engine::Duration{static_cast<std::int64_t>(earned)},
                       lane_.now() + kBodyGrace);
  timed_out_ = false;  // it came in time after all
}

// The connection ended, or its time is up, in the middle of a body.
void Session::body_ended() {
  if (timed_out_) {
    refusal_ = Problem(ProblemKind::request_timeout, "The body did not arrive in time.");
  } else {
    abort_ = true;
  }
}

// Memory grows with what has arrived, not with what was announced.
Task<bool> Session::read_sized_body(std::size_t length) {
  const bool invited = co_await invite_body();
  if (!invited) co_return false;
  body_.assign(view_of(in_).substr(head_bytes_));
  request_bytes_ = in_.size();
  enter_phase(Phase::body, kBodyGrace);
  while (body_.size() < length) {
    const std::size_t had = body_.size();
    if (!take_budget(std::min(length, had + kStepBytes))) co_return false;
    body_.resize(std::min(length, had + kStepBytes));
    const auto [error, bytes] =
        co_await wire_.async_read_some(asio::buffer(body_) + had, kAwait);
    body_.resize(had + bytes);
    if (!error) {
      extend_deadline(bytes);
      continue;
    }
    body_ended();
    co_return false;
  }
  call_.body = body_;
  co_return true;
}

Task<bool> Session::read_chunked_body() {
  const std::uint64_t bytes_max = body_max();
  const bool invited = co_await invite_body();
  if (!invited) co_return false;
  ChunkedBody chunks(bytes_max);
  body_.clear();
  std::string portion(view_of(in_).substr(head_bytes_));
  request_bytes_ = in_.size();
  enter_phase(Phase::body, kBodyGrace);
  for (;;) {
    std::string_view rest = portion;
    const auto state = chunks.feed(rest, body_);
    if (state == ChunkedBody::State::done) {
      carry_.assign(rest);
      call_.body = body_;
      co_return true;
    }
    if (state != ChunkedBody::State::more) {
      refuse_chunks(state, bytes_max);
      co_return false;
    }
    if (body_.size() > kSmallBytes && !take_budget(body_.size())) co_return false;
    portion.resize(kSmallBytes);
    const auto [error, bytes] = co_await wire_.async_read_some(asio::buffer(portion), kAwait);
    portion.resize(bytes);
    if (!error) {
      extend_deadline(bytes);
      continue;
    }
    body_ended();
    co_return false;
  }
}

void Session::refuse_chunks(ChunkedBody::State state, std::uint64_t bytes_max) {
  if (state == ChunkedBody::State::too_large) {
    refusal_ = Problem(ProblemKind::batch_too_large,
                       fmt::format("The body has more than {} bytes.", bytes_max));
  } else {
    refusal_ = Problem(ProblemKind::invalid_request,
                       "The chunked body is malformed, or has extensions or trailers.");
  }
}

}  // namespace twofold::http
