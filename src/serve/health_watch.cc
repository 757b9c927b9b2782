#include "src/serve/health_watch.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "src/config/units.h"

namespace twofold {
namespace {

using engine::CoreStats;
using engine::Error;
using engine::Instant;
using http::Health;
using http::HealthCheck;

constexpr auto kLookEvery = std::chrono::milliseconds{500};
// A device that is merely slow answers within this.
constexpr engine::Duration kStuckAfter = std::chrono::seconds{10};

HealthCheck judge_disk(const CoreStats& stats) {
  HealthCheck check{"disk", true, "not measured yet", stats.full};
  if (stats.free_bytes > 0 || stats.full) {
    check.detail = fmt::format("{} free", about_size(stats.free_bytes));
  }
  if (stats.full) check.detail += ", publishes are refused";
  return check;
}

}  // namespace

std::vector<HealthCheck> StorageJudge::judge(const CoreStats& stats,
                                             const std::optional<Error>& failure, Instant now) {
  return {judge_disk(stats), judge_journal(stats, failure, now)};
}

HealthCheck StorageJudge::judge_journal(const CoreStats& stats, const std::optional<Error>& failure,
                                        Instant now) {
  if (failure) return {"journal", false, failure->detail};
  const bool moved = std::exchange(blocks_, stats.blocks) != stats.blocks;
  if (stats.gathered_bytes == 0) {
    waiting_since_.reset();
  } else if (moved || !waiting_since_) {
    waiting_since_ = now;
  }
  if (waiting_since_ && now - *waiting_since_ >= kStuckAfter) {
    return {"journal", false,
            fmt::format("{} bytes have waited {} s for the device", stats.gathered_bytes,
                        (now - *waiting_since_).count() / 1000)};
  }
  return {"journal", true, "accepts writes"};
}

HealthWatch::HealthWatch(boost::asio::io_context& core_context, const engine::CoreImpl& core,
                         engine::Clock& clock, http::Broker& broker)
    : core_(core), clock_(clock), broker_(broker), timer_(core_context) {}

void HealthWatch::start() {
  look();
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) start();
  });
}

void HealthWatch::look() {
  auto found = judge_.judge(core_.stats(), core_.failure(), clock_.now());
  if (core_.failure()) {
    // Who drains goes on draining.
    Health ready = Health::ready;
    broker_.shared.health.compare_exchange_strong(ready, Health::failed);
  }
  const std::lock_guard lock(mutex_);
  checks_ = std::move(found);
}

std::vector<HealthCheck> HealthWatch::checks() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

}  // namespace twofold
