#include "src/serve/health_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "engine/base/diag.h"
#include "http/log_owners.h"
#include "http/namespaces.h"
#include "src/config/units.h"

namespace twofold {
namespace {

using engine::CoreStats;
using engine::Error;
using engine::Instant;
using http::Health;
using http::HealthCheck;

constexpr std::size_t kLinesMax = 100;  // of the log, at once
constexpr int kLooksMax = 16;           // through 256 queues each, in one turn of the core
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

// One line each, whatever is known of it.
void tell(const engine::Damage& one, const http::LogOwner* owner) {
  std::string whose = "not known";
  if (owner) {
    whose = owner->topic.empty()
                ? fmt::format("queue {}", owner->queue)
                : fmt::format("topic {} partition {}", owner->topic, owner->partition.value());
    if (!owner->name_space.empty()) whose += fmt::format(" of namespace {}", owner->name_space);
  } else if (one.log) {
    whose = fmt::format("log {}", one.log->value());
  }
  std::string offsets = "not known";
  if (one.log) offsets = fmt::format("{} to {}", one.from.value(), one.upto.value() - 1);
  engine::diag(engine::DiagLevel::error, "engine", "acknowledged data is lost to damage",
               {
                   {"of",      whose                                               },
                   {"offsets", offsets                                             },
                   {"file",    one.file.empty() ? "not known" : one.file           },
                   {"place",   one.place ? std::to_string(*one.place) : "not known"},
                   {"because", one.detail                                          },
                   {"hint",    "GET /v1/storage/damage lists all of it"            }
  },
               whose);
}

}  // namespace

HealthCheck judge_damage(const engine::DamageReport& report) {
  if (report.stretches.empty()) return {"damage", true, "none met with"};
  return {
      "damage", true,
      fmt::format("{}{} stretches of stored data do not verify, {} records in them",
                  report.complete ? "" : "more than ", report.stretches.size(), report.records)};
}

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
  if (engine::damage_count() != damage_told_) tell_damage();
  found.push_back(damage_);
  if (core_.failure()) {
    // Who drains goes on draining.
    Health ready = Health::ready;
    broker_.shared.health.compare_exchange_strong(ready, Health::failed);
  }
  const std::lock_guard lock(mutex_);
  checks_ = std::move(found);
}

// Whoever looks for them finds all of them by /v1/storage/damage.
void HealthWatch::tell_damage() {
  const engine::DamageReport report = engine::damage_report();
  damage_ = judge_damage(report);
  const std::size_t told = std::exchange(damage_told_, report.stretches.size());
  const std::size_t last = std::min(report.stretches.size(), told + kLinesMax);
  std::vector<engine::LogId> logs;
  for (std::size_t i = told; i < last; ++i) {
    if (report.stretches[i].log) logs.push_back(*report.stretches[i].log);
  }
  http::LogOwners owners(logs);
  const auto find = [&owners](http::Broker& broker) {
    owners.find_topics(broker);
    std::string after;
    for (int looks = 0; looks < kLooksMax && owners.find_queues(broker, after);) ++looks;
  };
  find(broker_);
  if (broker_.shared.namespaces) broker_.shared.namespaces->for_each(find);
  for (std::size_t i = told; i < last; ++i) {
    const engine::Damage& one = report.stretches[i];
    tell(one, one.log ? owners.of(*one.log) : nullptr);
  }
}

std::vector<HealthCheck> HealthWatch::checks() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

}  // namespace twofold
