#include "tests/sim/broker_simulation.h"

namespace twofold::test {

using engine::Duration;

namespace {

constexpr std::int64_t kTickMs = 8;  // of the timer wheel

}  // namespace

void Coverage::add(const Coverage& other) {
  acknowledged += other.acknowledged;
  kills += other.kills;
  power_cuts += other.power_cuts;
  recoveries_cut += other.recoveries_cut;
  orderly_stops += other.orderly_stops;
  storage_failures += other.storage_failures;
  drained_bytes += other.drained_bytes;
  rewritten_bytes += other.rewritten_bytes;
  checkpoints += other.checkpoints;
  letters += other.letters;
  calendar_steps += other.calendar_steps;
  times_kept += other.times_kept;
}

std::string Coverage::text() const {
  const auto n = [](std::uint64_t count) { return std::to_string(count); };
  return n(acknowledged) + " records acknowledged, " + n(kills) + " kills, " + n(power_cuts) +
         " power cuts, " + n(recoveries_cut) + " during recovery, " + n(orderly_stops) +
         " orderly stops, " + n(storage_failures) + " storage failures, " + n(drained_bytes) +
         " bytes drained, " + n(rewritten_bytes) + " rewritten, " + n(checkpoints) +
         " checkpoints, " + n(letters) + " letters, " + n(calendar_steps) +
         " steps of the calendar, " + n(times_kept) + " restarts at the right time";
}

BrokerSimulation::BrokerSimulation(std::uint64_t seed, SimulationOptions options)
    : options_(options),
      where_(seed % 2 == 0 ? BrokerRig::Where::a_namespace : BrokerRig::Where::default_namespace),
      random_(seed),
      broker_random_(seed ^ 0x9e3779b97f4a7c15ull),
      disk_random_(seed ^ 0xd1b54a32d192ed03ull),
      clock_(std::make_unique<engine::ManualClock>()),
      disk_(disk_random_),
      clients_(random_, referee_) {
  if (random_.below(3) == 0) disk_.set_direct(false);
}

BrokerSimulation::~BrokerSimulation() = default;

Problem BrokerSimulation::run() {
  recover();
  for (int i = 0; i < options_.events && !referee_.problem(); ++i) event();
  if (!referee_.problem()) come_to_an_end();
  for (const auto& record : referee_.ledger.records) coverage_.acknowledged += record.seq ? 1 : 0;
  coverage_.letters = referee_.ledger.letters.size();
  return referee_.problem();
}

void BrokerSimulation::event() {
  const auto pick = random_.below(1000);
  if (pick < 480) {
    rig_->on_core([this] { clients_.act(); });
  } else if (pick < 930) {
    for (auto n = random_.below(12); n > 0 && !referee_.problem(); --n) {
      if (!rig_->step()) break;
      referee_.follow(*rig_);
    }
  } else if (pick < 965) {
    jump();
  } else if (pick < 975) {
    rest();
  } else if (pick < 988) {
    if (options_.faults) inject();
  } else {
    end_life();
  }
  if (referee_.problem()) return;
  // A broker whose storage failed, or whose power is off, does not live much longer.
  const bool lost = power_is_off() || rig_->core().failure().has_value();
  if (lost && (random_.below(8) == 0 || ++events_without_power_ > 40)) end_life();
}

void BrokerSimulation::jump() {
  Duration by{static_cast<long>(1 + random_.below(200))};
  if (random_.below(4) == 0) by = Duration{static_cast<long>(random_.below(30'000))};
  if (random_.below(40) == 0) by = std::chrono::hours{static_cast<long>(random_.below(200))};
  clock_->advance(by);
  referee_.note(*rig_, "later", std::to_string(by.count()));
  if (random_.below(30) != 0) return;
  clock_->step_wall(move_calendar());
  blocks_at_move_ = rig_->core().stats().blocks;
  referee_.note(*rig_, "calendar moved", std::to_string(clock_->wall().value()));
}

// Set by hand, or by a time server that was found late: days on, hours back.
Duration BrokerSimulation::move_calendar() {
  ++coverage_.calendar_steps;
  Duration by = std::chrono::hours{24 * static_cast<long>(random_.below(10))};
  if (random_.below(2) == 0) by = -std::chrono::hours{static_cast<long>(random_.below(6))};
  by += Duration{static_cast<long>(random_.below(7'200'000)) - 3'600'000};
  referee_.calendar_moved(by);
  return by;
}

void BrokerSimulation::run_dry() {
  while (!referee_.problem() && rig_->step()) referee_.follow(*rig_);
}

// Everything that was begun comes to its end; then everything must be as the model says.
void BrokerSimulation::rest() {
  const bool was_unwell = unwell_;
  if (was_unwell && (power_is_off() || rig_->core().failure())) return;
  if (was_unwell) recover_from_faults();
  for (int round = 0; round < (was_unwell ? 4 : 1); ++round) {
    if (was_unwell) clock_->advance(Duration{1'100});
    run_dry();
  }
  // Timers may be late by a tick: whose time has just come gets it.
  while (!referee_.problem() && referee_.model.due_within(clock_->now().value(), kTickMs)) {
    clock_->advance(Duration{kTickMs});
    run_dry();
  }
  if (referee_.problem() || rig_->core().failure()) return;
  referee_.note(*rig_, "rest");
  referee_.expect(!rig_->core().stats().full, "publishes are refused, though there is room");
  for (const auto& what : clients_.unanswered())
    referee_.blame(what + " is never answered, though nothing is wrong");
  referee_.inspect(*rig_);
  if (referee_.problem()) return;
  for (const auto& queue : clients_.waiting()) {
    const auto info = rig_->queues().find(queue);
    referee_.expect(info && info->counters.ready == 0,
                    "somebody waits at queue " + queue + " though messages are ready");
  }
}

void BrokerSimulation::come_to_an_end() {
  if (power_is_off() || rig_->core().failure()) end_life();
  if (referee_.problem()) return;
  recover_from_faults();
  rest();
  if (!referee_.problem()) stop_in_order();
  if (!referee_.problem()) consume_everything();
  if (!referee_.problem()) rest();
  if (!referee_.problem()) compare_snapshots_over_a_kill();
}

// In the end everything that was sent and not done with can be had: a message that nobody could
// ever receive would be lost as well.
void BrokerSimulation::consume_everything() {
  for (int round = 0; round < 60 && !referee_.problem(); ++round) {
    std::vector<std::string> names;
    for (const auto& [name, queue] : referee_.model.queues) names.push_back(name);
    rig_->on_core([this, names] {
      for (const auto& name : names) clients_.consume(name);
    });
    run_dry();
    if (round % 4 == 3) clock_->advance(Duration{21'000});
  }
  if (referee_.problem()) return;
  for (const auto& [name, queue] : referee_.model.queues) {
    const auto counters = rig_->queues().find(name)->counters;
    referee_.expect(counters.ready + counters.in_flight + counters.delayed == 0,
                    "queue " + name + " cannot be emptied");
  }
}

std::uint64_t BrokerSimulation::trace_hash() const {
  auto hash = history().hash();
  for (const auto* directory : {"", "journal", "segments", "checkpoints"}) {
    const auto names = const_cast<engine::SimulatedFileSystem&>(disk_).list(directory);
    if (!names) continue;
    for (const auto& base : *names) {
      hash = (hash ^ std::hash<std::string>{}(base)) * 1099511628211ull;
      if (base.find('.') == std::string::npos) continue;
      const auto name = *directory == '\0' ? base : std::string(directory) + "/" + base;
      hash = (hash ^ std::hash<std::string>{}(disk_.contents(name))) * 1099511628211ull;
    }
  }
  return hash;
}

}  // namespace twofold::test
