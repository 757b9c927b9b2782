#include "engine/base/asio_core_executor.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace twofold::engine {

constexpr Duration kLookAgain = std::chrono::seconds(1);

/// One timer for however often the alarm is set. An alarm that moves later does not touch the
/// timer: it fires, finds that nothing is due, and waits on.
class AsioCoreExecutor::Alarm : public std::enable_shared_from_this<Alarm> {
 public:
  Alarm(boost::asio::io_context& context, const Clock& clock) : clock_(clock), timer_(context) {}

  void set(Instant due, UniqueFunction<void()> work) {
    due_ = due;
    work_ = std::move(work);
    if (!armed_ || due < *armed_) arm();
  }

  void end() {
    ++generation_;
    work_ = nullptr;
    timer_.cancel();
  }

 private:
  void arm() {
    const auto now = clock_.now();
    const auto wait = std::clamp(due_ - now, Duration::zero(), kLookAgain);
    armed_ = now + wait;
    timer_.expires_after(wait);
    timer_.async_wait([weak = weak_from_this(), mine = ++generation_](const auto&) {
      // A wait that was replaced may already have been on its way when it was.
      const auto self = weak.lock();
      if (self && self->generation_ == mine) self->fire();
    });
  }

  void fire() {
    armed_.reset();
    if (!work_) return;
    if (clock_.now() < due_) return arm();
    auto work = std::move(work_);
    work();
  }

  const Clock& clock_;
  boost::asio::steady_timer timer_;
  UniqueFunction<void()> work_;
  Instant due_{0};
  std::optional<Instant> armed_;
  std::uint64_t generation_ = 0;
};

AsioCoreExecutor::AsioCoreExecutor(boost::asio::io_context& context, const Clock& clock)
    : context_(context), alarm_(std::make_shared<Alarm>(context, clock)) {}

AsioCoreExecutor::~AsioCoreExecutor() { alarm_->end(); }

void AsioCoreExecutor::post(UniqueFunction<void()> work) {
  boost::asio::post(context_, std::move(work));
}

void AsioCoreExecutor::set_alarm(Instant due, UniqueFunction<void()> work) {
  alarm_->set(due, std::move(work));
}

// The queue of ready handlers is first in, first out, and polling for more is one of its entries:
// what goes to its end runs after all that is ready now.
void AsioCoreExecutor::defer(UniqueFunction<void()> work) {
  boost::asio::post(context_, std::move(work));
}

bool AsioCoreExecutor::is_current() const {
  return context_.get_executor().running_in_this_thread();
}

}  // namespace twofold::engine
