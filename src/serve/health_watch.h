#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/clock.h"
#include "engine/core_impl.h"
#include "engine/damage.h"
#include "http/broker.h"

namespace twofold {

/// What the numbers of the core mean for /readyz: a line for the disk, one for the journal.
///   disk      too little free space is degraded, not unready: consumers must be able to make room.
///   journal   not ok once it has failed, or when accepted bytes have waited ten seconds without a
///             single block going out: nothing is acknowledged then.
class StorageJudge {
 public:
  std::vector<http::HealthCheck> judge(const engine::CoreStats& stats,
                                       const std::optional<engine::Error>& failure,
                                       engine::Instant now);

 private:
  http::HealthCheck judge_journal(const engine::CoreStats& stats,
                                  const std::optional<engine::Error>& failure, engine::Instant now);

  std::uint64_t blocks_ = 0;
  std::optional<engine::Instant> waiting_since_;
};

/// How much of the stored data is damaged, as a line for /readyz. It makes nobody unready: what is
/// sound is served.
http::HealthCheck judge_damage(const engine::DamageReport& report);

/// Looks at the core twice a second, so that whoever asks for health need not: a page about a core
/// that hangs must not wait for it. Says in the log which topics and queues have lost what, once it
/// is met with. Makes the broker's health `failed` once its storage has failed.
/// Threads  checks() from any; the rest on the core, whose context `core_context` is.
class HealthWatch {
 public:
  HealthWatch(boost::asio::io_context& core_context, const engine::CoreImpl& core,
              engine::Clock& clock, http::Broker& broker);
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  /// Looks now and from now on, as long as the context runs.
  void start();
  void look();
  std::vector<http::HealthCheck> checks() const;

 private:
  void tell_damage();

  const engine::CoreImpl& core_;
  engine::Clock& clock_;
  http::Broker& broker_;
  boost::asio::steady_timer timer_;
  StorageJudge judge_;
  http::HealthCheck damage_ = judge_damage({});
  std::uint64_t damage_told_ = 0;  // of the stretches met with
  mutable std::mutex mutex_;
  std::vector<http::HealthCheck> checks_;  // guarded by mutex_
};

}  // namespace twofold
