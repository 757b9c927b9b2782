#include "engine/damage.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace twofold::engine {
namespace {

std::mutex mutex;
DamageReport report;  // guarded by mutex, but for its number of records
std::atomic<std::uint64_t> count{0};

// What is read again, or in other pieces, is the same damage.
bool is_same(const Damage& known, const Damage& met) {
  if (known.log != met.log) return false;
  if (!known.log) return known.file == met.file && known.place == met.place;
  return known.from <= met.upto && met.from <= known.upto;
}

void learn(Damage& known, Damage met) {
  known.from = std::min(known.from, met.from);
  known.upto = std::max(known.upto, met.upto);
  if (known.file.empty()) {
    known.file = std::move(met.file);
    known.place = met.place;
  }
  if (known.detail.empty()) known.detail = std::move(met.detail);
}

}  // namespace

void damage_met(Damage damage) {
  const std::lock_guard lock(mutex);
  auto& all = report.stretches;
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const Damage& one) { return is_same(one, damage); });
  if (known != all.end()) return learn(*known, std::move(damage));
  if (all.size() == kDamageMax) {
    report.complete = false;
    return;
  }
  all.push_back(std::move(damage));
  count.store(all.size(), std::memory_order_release);
}

DamageReport damage_report() {
  const std::lock_guard lock(mutex);
  DamageReport copy = report;
  for (const Damage& one : copy.stretches)
    copy.records += static_cast<std::uint64_t>(distance(one.from, one.upto));
  return copy;
}

std::uint64_t damage_count() { return count.load(std::memory_order_acquire); }

}  // namespace twofold::engine
