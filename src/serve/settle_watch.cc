#include "src/serve/settle_watch.h"

#include <chrono>
#include <utility>

namespace twofold {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds{50};
constexpr auto kLeast = std::chrono::seconds{1};
constexpr auto kMoment = std::chrono::milliseconds{200};

}  // namespace

bool goes_on_settling(const Unsettled& unsettled, bool consumed, engine::Duration since,
                      engine::Duration most) {
  if (since >= most) return false;
  if (consumed && since < kLeast) return true;
  if (!unsettled.anything_in_flight()) return false;
  return since < kMoment || unsettled.consumers() > 0;
}

SettleWatch::SettleWatch(boost::asio::io_context& core_context, engine::Clock& clock,
                         Unsettled unsettled)
    : clock_(clock), unsettled_(std::move(unsettled)), timer_(core_context) {}

bool SettleWatch::is_needed(engine::Duration most) {
  consumed_ = unsettled_.consumers() > 0;
  return goes_on_settling(unsettled_, consumed_, engine::Duration{0}, most);
}

void SettleWatch::begin(engine::Duration most, std::function<void()> over) {
  since_ = clock_.now();
  over_ = std::move(over);
  look(most);
}

void SettleWatch::look(engine::Duration most) {
  consumed_ = consumed_ || unsettled_.consumers() > 0;
  if (!goes_on_settling(unsettled_, consumed_, clock_.now() - since_, most)) {
    return std::exchange(over_, nullptr)();
  }
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this, most](const boost::system::error_code& cancelled) {
    if (!cancelled) look(most);
  });
}

}  // namespace twofold
