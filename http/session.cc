#include "http/session.h"

#include <algorithm>

#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/gate.h"
#include "http/response_head.h"
#include "http/route.h"
#include "http/upgraded.h"

namespace twofold::http {

namespace asio = boost::asio;
using engine::kAwait;

namespace {

constexpr std::size_t kBufferBytesMax = 64 << 10;
constexpr std::size_t kReadBytes = 8 << 10;
// Room for the head and body of a long poll: who waits holds no more than that.
constexpr std::size_t kFirstReadBytes = 1536;
constexpr std::size_t kUnwrittenMax = 256 << 10;
constexpr std::size_t kIdleBytesMax = 4 << 10;  // of each buffer, while nothing is asked
constexpr std::size_t kLingerBytesMax = 1 << 20;
constexpr auto kLinger = std::chrono::seconds{2};
constexpr auto kLingerUnasked = std::chrono::milliseconds{500};  // likewise, while draining

std::string_view view_of(const boost::beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

}  // namespace

Session::Session(Lane& lane, asio::ip::tcp::socket socket, PerAddress::Place place, Tls* tls,
                 Listener listener)
    : lane_(lane),
      tls_(tls),
      router_(listener == Listener::clients ? lane.common.router_for_clients : lane.common.router),
      wire_(std::move(socket)),
      call_(lane.common.broker, lane.common, *this, *this),
      in_(kBufferBytesMax),
      unsent_(lane.common.answers),
      deadline_(lane.now()),
      place_(std::move(place)),
      number_(lane.enter(*this)),
      opened_(lane.now()) {
  stranger_ = tls != nullptr || lane.common.broker.shared.access.keyring.required();
  if (stranger_) lane.common.strangers.add(number_);
}

Session::~Session() {
  give_back_budget();
  --lane_.common.connections;
  if (consumes_) --lane_.common.consumers;
  forget_reader();
  if (stranger_) lane_.common.strangers.remove(number_);
  lane_.leave(*this);
}

Task<> Session::run(std::shared_ptr<Session> self) {
  // Without this a small answer could wait for the client's delayed acknowledgement.
  boost::system::error_code ignored;
  self->wire_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  self->wire_.socket().non_blocking(true, ignored);
  bool begun = true;
  if (self->tls_ != nullptr) begun = co_await self->shake_hands();
  if (begun) co_await self->serve();
  if (!self->abort_) co_await self->linger();
  self->wire_.close();
}

Task<> Session::serve() {
  for (;;) {
    if (!find_head()) {
      const bool flushed = co_await flush_if_any();
      if (!flushed) co_return;
      const bool found = co_await read_head();
      if (!found) break;
    }
    const Next next = co_await answer();
    if (abort_) co_return;
    forget_request();
    if (next == Next::close) break;
  }
  co_await flush_if_any();
}

// On its own, not in a condition: g++ 12 ends the awaitable of a co_await behind && that was never
// reached (house rule: no co_await inside &&, || or ?:).
Task<bool> Session::flush_if_any() {
  if (out_.empty()) co_return true;
  const bool written = co_await flush(std::string_view());
  co_return written;
}

// The head is whole, of a request that cannot be read, or not there before the connection ends.
Task<bool> Session::read_head() {
  expect_head();
  while (!find_head()) {
    if (head_is_hopeless()) co_return false;
    const bool more = co_await read_more();
    if (!more) {
      head_ended();
      co_return false;
    }
    if (in_.size() > 0 && phase_ == Phase::idle)
      enter_phase(Phase::head, lane_.common.options.head_timeout);
  }
  co_return true;
}

// What follows stands apart from the coroutine: temporaries among its statements make g++ 12 lay
// out its frame one way where it is made and another where it is used.
void Session::expect_head() {
  const auto& options = lane_.common.options;
  const bool idle = in_.size() == 0;
  enter_phase(idle ? Phase::idle : Phase::head, idle ? options.idle_timeout : options.head_timeout);
}

bool Session::head_is_hopeless() {
  if (in_.size() > 0 && begins_like_tls()) {
    refuse_tls();
    return true;
  }
  if (in_.size() >= kHeadBytesMax) {
    refuse_head(head_too_large(view_of(in_)));
    return true;
  }
  if (timed_out_ && phase_ == Phase::head) {  // bytes came as it was told that time is up
    head_ended();
    return true;
  }
  return is_told_to_go() && phase_ == Phase::idle;
}

bool Session::is_told_to_go() const { return lane_.draining() && !lane_.common.settling; }

void Session::head_ended() {
  if (timed_out_ && phase_ == Phase::head) {
    refuse_head({ProblemKind::request_timeout, "the head did not arrive in time"});
  } else if (!timed_out_ && !lane_.draining()) {
    abort_ = true;  // the client closed or vanished
  }
}

Task<bool> Session::read_more() {
  const std::size_t room = room_to_read();
  const auto [error, bytes] = co_await wire_.async_read_some(in_.prepare(room), kAwait);
  in_.commit(bytes);
  if (!error && bytes == room) read_what_is_there();
  if (std::exchange(slimming_, false) && error && !is_told_to_go()) {
    in_.shrink_to_fit();
    co_return true;
  }
  co_return !error;
}

// A buffer that has grown is used as it is; a new one is small, for it is held while nothing comes.
std::size_t Session::room_to_read() const {
  const std::size_t first = std::clamp(in_.capacity(), kFirstReadBytes, kReadBytes);
  return std::min(in_.size() == 0 ? first : kReadBytes, in_.max_size() - in_.size());
}

// What does not fit a small buffer has mostly arrived with what did.
void Session::read_what_is_there() {
  const std::size_t room = std::min(kReadBytes, in_.max_size() - in_.size());
  if (room == 0) return;
  boost::system::error_code ignored;  // whoever reads next hears of it
  in_.commit(wire_.read_some(in_.prepare(room), ignored));
}

bool Session::find_head() {
  if (head_bytes_ > 0) return true;
  const std::string_view bytes = view_of(in_).substr(0, kHeadBytesMax);
  const std::size_t end = bytes.find("\r\n\r\n", scanned_);
  if (end == std::string_view::npos) {
    scanned_ = bytes.size() < 3 ? 0 : bytes.size() - 3;
    return false;
  }
  head_bytes_ = end + 4;
  return true;
}

// What follows a refusal cannot be told from a request any more, so the connection closes.
void Session::refuse_head(const HeadRefusal& refusal) {
  lane_.metrics.heads_refused.add();
  lane_.next_request_id(request_id_);
  call_.request_id = request_id_;
  close_ = true;
  std::string detail(refusal.detail);
  detail.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(detail.front())));
  render(Problem(refusal.kind, detail.append(".")));
  log_refused_head(refusal);
  finish_answer();
}

void Session::forget_request() {
  in_.consume(request_bytes_);
  if (!carry_.empty()) {
    in_.consume(in_.size());
    asio::buffer_copy(in_.prepare(carry_.size()), asio::buffer(carry_));
    in_.commit(carry_.size());
    carry_.clear();
  }
  call_.clear();
  body_.clear();
  if (body_.capacity() > kBufferBytesMax) body_.shrink_to_fit();
  give_back_budget();
  head_bytes_ = scanned_ = request_bytes_ = 0;
  refusal_.reset();
  head_only_ = false;
  streaming_ = false;
}

// Writes what is gathered in out_, then `body`. Tries without waiting first: the kernel nearly
// always has room.
Task<bool> Session::flush(std::string_view body) {
  std::size_t written = 0;
  const std::size_t all = out_.size() + body.size();
  while (written < all) {
    const std::size_t of_head = std::min(written, out_.size());
    const std::array<asio::const_buffer, 2> rest = {
        asio::buffer(out_) + of_head, asio::buffer(body.data(), body.size()) + (written - of_head)};
    boost::system::error_code error;
    written += wire_.write_some(rest, error);
    if (!error) continue;
    if (error != asio::error::would_block) {
      abort_ = true;
      break;
    }
    abort_ = !hold_unsent(all - written);
    if (abort_) break;
    enter_phase(Phase::writing, lane_.common.options.write_timeout);
    const auto [failed] =
        co_await wire_.socket().async_wait(asio::ip::tcp::socket::wait_write, kAwait);
    if (failed) {
      abort_ = true;
      break;
    }
  }
  lane_.metrics.bytes_sent.add(written);
  bytes_sent_ += written;
  out_.clear();
  if (out_.capacity() > kUnwrittenMax) out_.shrink_to_fit();
  unsent_.set(0);
  co_return !abort_;
}

// What a client does not read waits here, and counts; of most answers nothing ever does. When there
// is no room for it the connection ends: nothing could be said on it anyway.
bool Session::hold_unsent(std::size_t bytes) {
  const std::uint64_t counted = call_.reply.room.bytes();
  if (bytes > counted + kIdleBytesMax) return unsent_.claim(bytes - counted);
  unsent_.set(bytes - std::min<std::uint64_t>(bytes, counted));
  return true;
}

// Answers to earlier requests must not be held back by a long poll. What the kernel has no room for
// follows with the next flush: its client does not read anyway.
void Session::write_what_fits() {
  if (out_.empty()) return;
  boost::system::error_code error;
  const std::size_t written = wire_.write_some(asio::buffer(out_), error);
  lane_.metrics.bytes_sent.add(written);
  bytes_sent_ += written;
  out_.erase(0, written);
  if (!out_.empty() && !unsent_.claim(out_.size())) cut();
}

// Where nothing was said last nothing can be lost, and a stop waits for nobody to read.
engine::Duration Session::lingers_for() const {
  return close_ && !lane_.draining() ? engine::Duration(kLinger) : kLingerUnasked;
}

// Closing with unread bytes would reset the connection and could take our last answer with it: say
// that no more will come, and let the client read it.
Task<> Session::linger() {
  wire_.shutdown_send();
  enter_phase(Phase::lingering, lingers_for());
  deadline_ = lane_.common.broker.clock.now() + lingers_for();  // the lane's clock may be late
  std::size_t thrown_away = 0;
  while (thrown_away < kLingerBytesMax) {
    in_.clear();
    const auto [failed, bytes] =
        co_await wire_.socket().async_read_some(in_.prepare(kReadBytes), kAwait);
    if (failed || timed_out_) co_return;
    thrown_away += bytes;
  }
}

Connected Session::look() const {
  Connected seen;
  seen.id = number_;
  if (last_route_) {
    const OperationName name = operation_name(route_index(*last_route_));
    seen.protocol = upgraded_ ? "websocket" : name.api;
    seen.operation = name.name;
  }
  boost::system::error_code gone;
  const auto peer = wire_.socket().remote_endpoint(gone);
  if (!gone) {
    const std::string address = peer.address().to_string();
    seen.peer = fmt::format(fmt::runtime(peer.address().is_v6() ? "[{}]:{}" : "{}:{}"), address,
                            peer.port());
  }
  seen.client = client_;
  seen.open_for = lane_.now() - opened_;
  seen.quiet_for =
      upgraded_ ? engine::Duration{0} : lane_.now() - (requests_ > 0 ? asked_ : opened_);
  seen.requests = requests_;
  seen.bytes_sent = bytes_sent_;
  seen.messages = messages_;
  if (upgraded_) upgraded_->describe(seen);
  return seen;
}

void Session::enter_phase(Phase phase, engine::Duration allowed) {
  phase_ = phase;
  timed_out_ = false;  // what was read meanwhile came in time
  deadline_ = lane_.now() + allowed;
}

void Session::check_deadline(engine::Instant now) {
  if (upgraded_) {
    if (!is_stranger()) note_consumer();  // it may be one at any time
    return upgraded_->tick(now);
  }
  const bool certificate_revoked = certified_ && certified_->revoked;
  if (known_->revoked || certificate_revoked || call_.principal->revoked) return cut();
  if (now - read_at_ >= lane_.common.options.settle_time) forget_reader();
  if (phase_ == Phase::idle) let_go_of_buffers();
  const bool over = now > deadline_ - hurry() || is_too_late(now) || is_overdue(now);
  if (phase_ == Phase::handling || !over) return;
  // Again with each tick: a read that has just ended is not cancelled, and the next one begins.
  timed_out_ = true;
  wire_.cancel();
}

// While draining. Who is not known, or has not said yet what he wants, has nothing to settle.
bool Session::is_too_late(engine::Instant now) const {
  if (phase_ == Phase::lingering) return false;
  const bool may_have_begun = stranger_ || phase_ == Phase::head;
  return now > (may_have_begun ? lane_.last_beginning() : lane_.last_call());
}

// Where others wait for the memory that an unread answer takes, its client has less time.
engine::Duration Session::hurry() const {
  const engine::Duration usual = lane_.common.options.write_timeout;
  const bool waited_for = phase_ == Phase::writing && lane_.common.answers.is_tight();
  return waited_for && usual > kCrowdedWriteTimeout ? usual - kCrowdedWriteTimeout
                                                    : engine::Duration{0};
}

// Thousands wait side by side: none keeps what its last request and answer took. A read is under
// way into in_: to let go of it that has to end.
void Session::let_go_of_buffers() {
  for (std::string* const done : {&body_, &call_.reply.body})
    if (done->capacity() > kIdleBytesMax) done->clear();
  for (std::string* const buffer : {&body_, &out_, &carry_, &call_.reply.body})
    if (buffer->empty() && buffer->capacity() > kIdleBytesMax) buffer->shrink_to_fit();
  if (slimming_ || in_.size() > 0 || in_.capacity() <= kIdleBytesMax) return;
  slimming_ = true;
  wire_.cancel();
}

void Session::begin_drain() {
  if (upgraded_) return upgraded_->drain();
  if (wait_) wait_->interrupt();
  if (phase_ == Phase::portion || phase_ == Phase::handshake) return wire_.cancel();
  end_settling();
}

void Session::end_settling() {
  if (upgraded_) return upgraded_->end_settling();
  if (phase_ == Phase::idle && is_told_to_go()) wire_.cancel();
}

void Session::cut() {
  if (upgraded_) return upgraded_->cut();
  abort_ = true;
  wire_.cut();
  if (wait_) wait_->interrupt();
}

void Session::begin_wait(std::shared_ptr<Interruptible> wait) {
  wait_ = std::move(wait);
  write_what_fits();
  if (lane_.draining()) return wait_->interrupt();
  watch_for_hangup();
}

void Session::end_wait() {
  wait_.reset();
  if (!std::exchange(watching_, false)) return;
  wire_.cancel();
}

// A poll whose client is gone must not be handed a message. Readable means closed, or the next
// request; with that in the way the end can no longer be seen, and the wait goes on unwatched.
void Session::watch_for_hangup() {
  watching_ = true;
  auto look = [self = shared_from_this(), wait = wait_](const boost::system::error_code& error) {
    if (error || self->wait_ != wait) return;
    self->watching_ = false;
    const Wire::Seen seen = self->wire_.look();
    if (seen == Wire::Seen::bytes) return;
    if (seen == Wire::Seen::nothing) return self->watch_for_hangup();
    self->abort_ = true;
    wait->interrupt();
  };
  wire_.when_readable(std::move(look));
}

}  // namespace twofold::http
