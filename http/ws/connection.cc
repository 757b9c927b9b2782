#include "http/ws/connection.h"

#include <algorithm>

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "engine/base/bytes.h"
#include "http/json_reader.h"
#include "http/lane.h"
#include "http/on_core.h"
#include "http/utf8.h"
#include "http/ws/feed.h"
#include "http/ws/hub.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kUnsentHigh = 256 << 10;  // then nobody sends
constexpr std::size_t kUnsentLow = 64 << 10;    // then they may again
constexpr std::size_t kOwnMax = 1 << 20;        // of answers: then who does not read is not read
constexpr std::size_t kOwnCrowded = 64 << 10;   // the same, of a stranger or where memory is short
constexpr std::size_t kHeldFree = 64 << 10;  // of a message that has begun: a budget it may exceed
constexpr std::size_t kHeldUncounted = 4 << 10;
constexpr std::int64_t kQuantum = 64 << 10;
constexpr std::size_t kInflatedPerTurn = 1 << 20;
constexpr std::size_t kStrangersBytesMax = 64
                                           << 10;  // of a message before it is known who sends it
constexpr int kControlsMax = 10;                   // pings and pongs, in a second
constexpr int kReadsMax = 8;                       // before others may use the thread

// A stranger says who it is, and needs no more than that.
std::uint64_t bytes_max(const ServerOptions& options, const access::Principal& principal) {
  if (principal.known()) return options.body_bytes_max;
  return std::min<std::uint64_t>(options.body_bytes_max, kStrangersBytesMax);
}

}  // namespace

Connection::Connection(Broker& broker, const ServerCommon& common, Opening opening)
    : broker_(&broker),
      common_(common),
      opening_(std::move(opening)),
      principal_(opening_.principal),
      inbox_(bytes_max(common.options, *principal_), opening_.deflates),
      output_(common.answers),
      heartbeat_(kPingTime) {}

Connection::~Connection() = default;

Hub& Connection::hub() { return lane_->hub(); }

engine::Task<bool> Connection::run(Lane& lane, Wire& wire, std::string_view early) {
  const auto self_kept = self();
  lane_ = &lane;
  metrics().opened.add();
  wire_ = &wire;
  opened_ = progress_at_ = lane.now();
  next_ping_ = opened_ + kPingTime;
  next_heartbeat_ = opened_ + heartbeat_;
  if (opening_.shortcut) {
    welcome(FrameId{});
    Subscribe subscribe = *opening_.shortcut;
    take(FrameId{}, 1, subscribe);
  }
  if (opening_.inspection) inspect();
  if (!early.empty()) {
    auto block = hub().block();
    std::copy(early.begin(), early.end(), block->begin());
    inbox_.feed(std::move(block), early.size());
    take_messages();
  }
  read_when_readable();
  if (lane.draining()) drain();
  auto wait = [this](auto handler) {
    if (state_ == State::over) return asio::post(std::move(handler));
    ended_ = [handler = std::move(handler)]() mutable { asio::post(std::move(handler)); };
  };
  using Token = const asio::use_awaitable_t<>;
  co_await asio::async_initiate<Token, void()>(std::move(wait), asio::use_awaitable);
  wire_ = nullptr;
  co_return alive_;
}

// -- reading -------------------------------------------------------------------------------------

// Acks are heard while the output is blocked, but not answers to requests without end.
bool Connection::reads() const {
  if (state_ == State::over || held_frame_ || resting_ || is_choked()) return false;
  return state_ == State::closing || !inbox_.is_fed();  // behind a fault only the end is looked for
}

bool Connection::is_choked() const {
  const bool crowded = !principal_->known() || common_.answers.is_tight();
  return outbox_.own() >= (crowded ? kOwnCrowded : kOwnMax);
}

void Connection::resume_reading() {
  if (inbox_.is_fed()) take_messages();
  read_when_readable();
}

void Connection::read_when_readable() {
  if (waiting_to_read_ || !reads()) return;
  waiting_to_read_ = true;
  auto readable = [self = self()](const boost::system::error_code& error) {
    self->waiting_to_read_ = false;
    if (self->state_ == State::over) return;
    if (error) return self->lose();
    self->on_readable();
  };
  wire_->when_readable(std::move(readable));
}

void Connection::on_readable() {
  for (int i = 0; i < kReadsMax; ++i) {
    if (!read_some()) break;
    take_messages();
    if (!reads()) return;
  }
  read_when_readable();
}

// False when there is nothing to read now, or ever.
bool Connection::read_some() {
  auto block = hub().block();
  boost::system::error_code error;
  const std::size_t bytes = wire_->read_some(inbox_.room(*block), error);
  if (error == asio::error::would_block || error == asio::error::try_again) return false;
  if (error || bytes == 0) {
    lose();
    return false;
  }
  heard_ = true;
  inbox_.feed(std::move(block), bytes);
  return true;
}

// Takes all that was fed, unless a frame that must wait stops it half way.
void Connection::take_messages() {
  Inbox::Message message;
  while (state_ != State::over && !held_frame_ && !resting_) {
    if (is_choked()) flush();
    if (is_choked() || state_ == State::over) return;
    const Inbox::Event event = inbox_.next(message);
    if (event == Inbox::Event::more) {
      inbox_.let_go();
      return account();
    }
    if (!take_message(event, message)) return;
  }
}

// Large messages that have begun share one account with the bodies of HTTP.
void Connection::account() {
  const std::uint64_t held = inbox_.held() > kHeldUncounted ? inbox_.held() : 0;
  if (held == accounted_) return;
  auto& total = lane_->common.body_bytes;
  total += held;
  total -= std::exchange(accounted_, held);
  std::uint64_t most = common_.options.body_bytes_total_max;
  if (held <= kHeldFree) most += most / 4;
  if (held > 0 && total > most) close(CloseCode::too_much, "too many large messages are under way");
}

// Of what others may share as well, whoever has made it keeps the account.
void Connection::account_output() { output_.set(state_ == State::over ? 0 : outbox_.own()); }

bool Connection::take_message(Inbox::Event event, Inbox::Message& message) {
  // Who is told to go is only heard until he says that he goes.
  if (state_ == State::closing && event != Inbox::Event::close) {
    return event != Inbox::Event::fault;
  }
  switch (event) {
    case Inbox::Event::fault: close(inbox_.fault(), inbox_.fault_reason()); return false;
    case Inbox::Event::close: take_close(message.bytes); return false;
    case Inbox::Event::pong: count_control(); return true;
    case Inbox::Event::ping:
      if (!count_control()) return true;
      // The newest is answered, and stands for those before that had no answer yet.
      pong_payload_ = message.bytes;
      if (!std::exchange(pong_owed_, true)) send({});
      return true;
    default: break;
  }
  if (message.opcode != opcode_of(format())) {
    close(CloseCode::not_a_frame, format() == Format::json ? "this connection speaks JSON in text"
                                                           : "this connection speaks Protobuf");
    return false;
  }
  if (message.deflated && !inflate(message)) return false;
  // A few bytes that are kept for long would keep all of a block.
  if (hub().is_short_of_blocks() && message.bytes.size() < ReadBlock::kBytes / 4) {
    auto own = std::make_shared<const std::string>(message.bytes);
    message.bytes = *own;
    message.keep = std::move(own);
  }
  take_frame(message.bytes, std::move(message.keep));
  return true;
}

// A ping costs its sender nothing, and an answer here.
bool Connection::count_control() {
  const engine::Instant now = lane_->now();
  if (now - controls_since_ >= std::chrono::seconds{1}) {
    controls_since_ = now;
    controls_ = 0;
  }
  if (++controls_ <= kControlsMax) return true;
  close(CloseCode::too_much, "more than 10 pings and pongs in a second");
  return false;
}

bool Connection::inflate(Inbox::Message& message) {
  auto text = std::make_shared<std::string>();
  const bool is_known = greeted_ || opening_.authenticated;
  const auto bytes_max = static_cast<std::size_t>(common_.options.body_bytes_max);
  const auto fault = hub().inflater().inflate(
      message.bytes, is_known ? bytes_max : std::min(bytes_max, kStrangersBytesMax), *text);
  inflated_ += text->size();
  if (inflated_ > kInflatedPerTurn) rest();
  if (fault == Inflater::Fault::too_large) {
    close(CloseCode::too_big, "the message is too large");
  } else if (fault) {
    close(CloseCode::protocol_error, "the message does not inflate");
  }
  message.bytes = *text;
  message.keep = std::move(text);
  return !fault;
}

// A few bytes inflate to very many: others have their turn in between.
void Connection::rest() {
  resting_ = true;
  asio::post(lane_->context(), [self = self()] {
    self->resting_ = false;
    self->inflated_ = 0;
    if (self->state_ == State::over) return;
    self->resume_reading();
  });
}

void Connection::take_close(std::string_view payload) {
  CloseCode code = CloseCode::no_code;
  if (payload.size() == 1) code = CloseCode::protocol_error;
  if (payload.size() >= 2) {
    const auto number = engine::load_be<std::uint16_t>(payload.data());
    const bool sound = may_be_sent(number) && is_utf8(payload.substr(2));
    code = sound ? static_cast<CloseCode>(number) : CloseCode::protocol_error;
  }
  if (state_ == State::open) {
    state_ = State::closing;
    end_all();
    outbox_.add_frame(close_frame(code, ""));
  }
  flush();
  finish();
}

// -- writing -------------------------------------------------------------------------------------

// Whatever is said within one turn of the thread goes out together.
void Connection::send(std::string payload) {
  if (state_ != State::open) return;
  if (!payload.empty()) {
    if (!writing_) add_owed_pong();
    OutMessage message = own_message(opcode_of(format()), std::move(payload));
    if (opening_.deflates && message.tail.size() >= kDeflatedBytesMin)
      message = deflated(hub().deflater(), message);
    outbox_.add_own(message);
  }
  if (std::exchange(flush_posted_, true)) return;
  asio::post(lane_->context(), [self = self()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (state_ == State::over) return;
  if (writing_) return account_output();
  add_owed_pong();
  after_write(outbox_.flush(*wire_));
}

// Before what is said after it, but only one for all pings that came meanwhile.
void Connection::add_owed_pong() {
  if (state_ != State::open || !std::exchange(pong_owed_, false)) return;
  outbox_.add_frame(control_frame(Opcode::pong, pong_payload_));
}

OutMessage Connection::packed(const OutMessage& message) {
  if (!opening_.deflates || message.tail.size() < kDeflatedBytesMin) return message;
  return deflated(hub().deflater(), message, &common_.answers);
}

// Deflated by the first reader that asks for it, and once for all.
std::span<const OutMessage> Connection::packed(const Flight& flight) {
  if (!opening_.deflates) return flight.messages;
  auto& all = flight.messages_deflated;
  while (all.size() < flight.messages.size()) all.push_back(packed(flight.messages[all.size()]));
  return all;
}

bool Connection::deliver(const Prefix& prefix, std::span<const OutMessage> messages) {
  if (state_ != State::open) return false;
  if (writing_) {
    for (const OutMessage& message : messages) outbox_.add(prefix, message);
    return false;
  }
  const auto wrote = outbox_.write(*wire_, prefix, messages);
  after_write(wrote);
  return wrote == Outbox::Wrote::all;
}

std::uint64_t Connection::sent_after(const Prefix& prefix, const OutMessage& message) const {
  return outbox_.added() + frame_size(prefix, message);
}

void Connection::after_write(Outbox::Wrote wrote) {
  lane_->metrics.bytes_sent.add(outbox_.written() - std::exchange(counted_, outbox_.written()));
  if (wrote == Outbox::Wrote::failed) return lose();
  account_output();
  for (const auto& [number, sub] : subs_) sub->on_written(outbox_.written());
  if (wrote == Outbox::Wrote::some) return write_when_writable();
  if (state_ == State::closing || draining_) end_drain();
}

void Connection::write_when_writable() {
  if (std::exchange(writing_, true)) return;
  auto ready = [self = self()](const boost::system::error_code& error) {
    self->writing_ = false;
    if (self->state_ == State::over) return;
    if (error) return self->lose();
    self->flush();
    if (self->outbox_.unsent() > kUnsentLow) return;
    self->give_turns();
    self->resume_reading();
  };
  wire_->socket().async_wait(Wire::Socket::wait_write, std::move(ready));
}

bool Connection::writable() const {
  return state_ == State::open && outbox_.unsent() < kUnsentHigh && !common_.answers.is_tight();
}

void Connection::want_turn(Subscription& subscription) {
  if (state_ != State::open || std::exchange(subscription.in_line_, true)) return;
  line_.push_back(subscription.shared_from_this());
  if (line_.size() > 1 || !writable()) return;
  asio::post(lane_->context(), [self = self()] { self->give_turns(); });
}

// Everybody in line sends about as many bytes before the first one's turn comes again.
void Connection::give_turns() {
  for (std::size_t turns = line_.size(); turns > 0 && writable() && !line_.empty(); --turns) {
    const auto sub = std::move(line_.front());
    line_.pop_front();
    sub->in_line_ = false;
    if (!sub->connection_) continue;
    sub->deficit_ = std::min(sub->deficit_ + kQuantum, kQuantum);
    if (sub->deficit_ > 0) {
      sub->deficit_ -=
          static_cast<std::int64_t>(sub->on_turn(static_cast<std::size_t>(sub->deficit_)));
    } else {
      want_turn(*sub);
    }
  }
  if (line_.empty() || !writable()) return;
  asio::post(lane_->context(), [self = self()] { self->give_turns(); });
}

std::uint64_t Connection::seen() const {
  int in_kernel = 0;
  if (!wire_ || ::ioctl(wire_->socket().native_handle(), SIOCOUTQ, &in_kernel) != 0) {
    in_kernel = 0;
  }
  return outbox_.written() -
         std::min<std::uint64_t>(outbox_.written(), static_cast<std::uint64_t>(in_kernel));
}

}  // namespace twofold::http::ws
