#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "http/access/peer.h"
#include "http/on_core.h"

namespace twofold::http {

/// A long poll under way. interrupt() ends it without an answer, unless one is on its way already;
/// from any thread, any number of times.
class Interruptible {
 public:
  virtual ~Interruptible() = default;
  virtual void interrupt() = 0;
};

/// Whoever watches over long polls: the connection, which sees clients vanish and drains begin, and
/// knows where they are.
/// Threads  the connection's I/O thread.
class Watch : public access::Peer {
 public:
  virtual void begin_wait(std::shared_ptr<Interruptible> wait) = 0;
  virtual void end_wait() = 0;
};

namespace detail {

// Everything but `settled_` belongs to the core's thread, so that an answer and an interruption
// have one winner.
template <class T, class Cancel, class Handler>
class WaitState final : public Interruptible,
                        public std::enable_shared_from_this<WaitState<T, Cancel, Handler>> {
 public:
  WaitState(engine::Core& core, Cancel cancel, Handler handler)
      : core_(core), cancel_(std::move(cancel)), handler_(std::move(handler)) {}

  template <class Start>
  void begin(Start& start) {
    engine::Completion<T> done = [self = this->shared_from_this()](Result<T> result) {
      self->settle(std::move(result));
    };
    ticket_ = start(std::move(done));
  }

  void interrupt() override {
    enter_core(core_, [self = this->shared_from_this()] {
      if (self->settled_) return;
      self->cancel_(self->ticket_);
      self->settle(std::nullopt);
    });
  }

  bool settled() const { return settled_; }

 private:
  void settle(std::optional<Result<T>> result) {
    settled_ = true;
    resume(std::move(handler_), std::move(result));
  }

  engine::Core& core_;
  Cancel cancel_;
  Handler handler_;
  std::uint64_t ticket_ = 0;
  std::atomic<bool> settled_{false};
};

template <class T, class Start, class Cancel>
Task<std::optional<Result<T>>> start_wait(Watch& watch, engine::Core& core, Start start,
                                          Cancel cancel) {
  auto initiate = [&watch, &core, start = std::move(start),
                   cancel = std::move(cancel)](auto handler) mutable {
    using State = WaitState<T, Cancel, decltype(handler)>;
    auto state = std::make_shared<State>(core, std::move(cancel), std::move(handler));
    enter_core(core, [state, start = std::move(start)]() mutable { state->begin(start); });
    // An answer that was at hand needs no watching.
    if (!state->settled()) watch.begin_wait(std::move(state));
  };
  using Token = const boost::asio::use_awaitable_t<>;
  return boost::asio::async_initiate<Token, void(std::optional<Result<T>>)>(
      std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace detail

/// As on_core(), for calls that answer when something arrives: `start(completion)` gives a ticket,
/// `cancel(ticket)` drops it again (both on the core). Resumes with nullopt when the wait was
/// interrupted: the client is gone, or the broker is draining.
template <class T, class Start, class Cancel>
Task<std::optional<Result<T>>> wait_on_core(Watch& watch, engine::Core& core, Start start,
                                            Cancel cancel) {
  auto result = co_await detail::start_wait<T>(watch, core, std::move(start), std::move(cancel));
  watch.end_wait();
  co_return result;
}

}  // namespace twofold::http
