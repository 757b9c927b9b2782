#include "src/serve/settle_watch.h"

#include <chrono>
#include <utility>

namespace twofold {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds{50};
constexpr auto kLeast = std::chrono::seconds{1};

}  // namespace

bool goes_on_settling(const Unsettled& unsettled, engine::Duration since, engine::Duration most) {
  if (since >= most || unsettled.consumers() == 0) return false;
  return since < kLeast || unsettled.anything_in_flight();
}

SettleWatch::SettleWatch(boost::asio::io_context& core_context, engine::Clock& clock,
                         Unsettled unsettled)
    : clock_(clock), unsettled_(std::move(unsettled)), timer_(core_context) {}

void SettleWatch::begin(engine::Duration most, std::function<void()> over) {
  since_ = clock_.now();
  over_ = std::move(over);
  look(most);
}

void SettleWatch::look(engine::Duration most) {
  if (!goes_on_settling(unsettled_, clock_.now() - since_, most)) {
    return std::exchange(over_, nullptr)();
  }
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this, most](const boost::system::error_code& cancelled) {
    if (!cancelled) look(most);
  });
}

}  // namespace twofold
