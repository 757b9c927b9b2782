#include <algorithm>

#include "tests/sim/broker_simulation.h"

namespace twofold::test {

using engine::DiskCall;
using engine::DiskFault;
using engine::Duration;

namespace {

struct Fault {
  DiskCall call;
  DiskFault fault;
};
// What disks do. None that lies: of bytes that a device reported synced and lost, nothing can be
// promised.
constexpr Fault kFaults[] = {
    {DiskCall::write,          DiskFault::io_error},
    {DiskCall::write,          DiskFault::full    },
    {DiskCall::write,          DiskFault::partly  },
    {DiskCall::sync,           DiskFault::io_error},
    {DiskCall::allocate,       DiskFault::full    },
    {DiskCall::open,           DiskFault::io_error},
    {DiskCall::open,           DiskFault::full    },
    {DiskCall::read,           DiskFault::io_error},
    {DiskCall::rename,         DiskFault::io_error},
    {DiskCall::remove,         DiskFault::io_error},
    {DiskCall::sync_directory, DiskFault::io_error},
};

// How much retention has taken in all: a start looks for what is old at once, and a state without
// it is another one.
std::int64_t forgotten(BrokerRig& rig, const Model& model) {
  std::int64_t sum = 0;
  const auto add = [&](std::uint32_t log) {
    sum += rig.core().status(engine::LogId{log}).start.value();
  };
  for (const auto& [name, topic] : model.topics)
    std::for_each(topic.logs.begin(), topic.logs.end(), add);
  for (const auto& [name, queue] : model.queues) {
    if (!queue.source) add(queue.parts.front().log);
  }
  return sum;
}

}  // namespace

void BrokerSimulation::inject() {
  if (power_is_off()) return;
  unwell_ = true;
  clients_.disk_is_unwell(true);
  switch (random_.below(5)) {
    case 0:
    case 1: {
      const auto& fault = kFaults[random_.below(std::size(kFaults))];
      const auto kth = 1 + random_.below(12);
      sync_failed_ = sync_failed_ || fault.call == DiskCall::write || fault.call == DiskCall::sync;
      disk_.fail(fault.call, kth, fault.fault, 1 + random_.below(3));
      return referee_.note(*rig_, "fault",
                           std::to_string(static_cast<int>(fault.call)) + " " +
                               std::to_string(static_cast<int>(fault.fault)) + " in " +
                               std::to_string(kth));
    }
    case 2: {
      const auto room = random_.below(100'000);
      disk_.set_free_bytes(room);
      return referee_.note(*rig_, "disk full", std::to_string(room));
    }
    default: {
      const auto kth = 1 + random_.below(60);
      disk_.cut_power_at(kth);
      power_goes_at_ = disk_.changes() + kth;
      return referee_.note(*rig_, "power goes in", std::to_string(kth));
    }
  }
}

void BrokerSimulation::recover_from_faults() {
  disk_.heal();
  disk_.set_free_bytes(1ull << 40);
  power_goes_at_.reset();
  // Reads stay excused in this life: one may be on its way with the error it got.
}

bool BrokerSimulation::power_is_off() const {
  return power_goes_at_ && disk_.changes() >= *power_goes_at_;
}

void BrokerSimulation::end_life() {
  if (power_is_off()) return end_life(End::power_cut);
  switch (random_.below(10)) {
    case 0: return stop_in_order();
    case 1: return compare_snapshots_over_a_kill();
    case 2:
    case 3:
    case 4: return end_life(End::power_cut);
    default: return end_life(End::kill);
  }
}

void BrokerSimulation::end_life(End end) {
  if (!options_.faults) end = End::kill;
  if (power_is_off()) end = End::power_cut;
  ++(end == End::kill ? coverage_.kills : coverage_.power_cuts);
  referee_.note(*rig_, end == End::kill ? "killed" : "power cut");
  time_stops();
  referee_.died(end, !sync_failed_);
  const auto stats = rig_->core().stats();
  coverage_.storage_failures += stats.failed ? 1 : 0;
  coverage_.drained_bytes += stats.drained_bytes;
  coverage_.rewritten_bytes += stats.rewritten_bytes;
  coverage_.checkpoints += stats.checkpoints;
  clients_.connect(nullptr);
  rig_.reset();
  end == End::kill ? disk_.kill() : disk_.crash(disk_random_);
  recover_from_faults();
  unwell_ = sync_failed_ = false;
  clients_.disk_is_unwell(false);
  events_without_power_ = 0;
  recover();
}

// After an orderly stop nothing may be missing, and nothing has to be replayed.
void BrokerSimulation::stop_in_order() {
  rest();
  if (referee_.problem()) return;
  if (unwell_) return end_life(End::kill);
  ++coverage_.orderly_stops;
  referee_.note(*rig_, "orderly stop");
  bool comparable = !referee_.model.undecided(clock_->now().value());
  const auto before = rig_->snapshot();
  const auto taken = forgotten(*rig_, referee_.model);
  clients_.connect(nullptr);
  referee_.promise(referee_.turn(), engine::Durability::disk);
  referee_.expect(rig_->stop(), "an orderly stop never ends");
  now_expected_ = clock_->now();  // its last block says it
  wall_floor_ = 0;
  at_once_ = true;
  referee_.died(End::kill, true);
  rig_.reset();
  disk_.crash(disk_random_);
  recover();
  if (referee_.problem()) return;
  comparable = comparable && forgotten(*rig_, referee_.model) == taken;
  referee_.expect(!comparable || rig_->snapshot() == before,
                  "an orderly stop and a start changed the state");
}

// A state that was lived through and one that was replayed are the same bytes.
void BrokerSimulation::compare_snapshots_over_a_kill() {
  rest();
  if (referee_.problem()) return;
  if (unwell_) return end_life(End::kill);
  bool comparable = !referee_.model.undecided(clock_->now().value());
  const auto before = rig_->snapshot();
  const auto taken = forgotten(*rig_, referee_.model);
  const auto now = clock_->now();
  referee_.promise(referee_.turn(), engine::Durability::disk);
  at_once_ = true;
  end_life(End::kill);
  if (referee_.problem()) return;
  // Where the calendar was moved since the last block, other things may be due.
  comparable = comparable && clock_->now() == now;
  comparable = comparable && forgotten(*rig_, referee_.model) == taken;
  referee_.expect(!comparable || rig_->snapshot() == before,
                  "replay leads to another state than life did");
}

// What can be known of the time at the next start. Of the blocks of a life one may not be on the
// device; one before it says how broker time and the calendar stood to each other.
void BrokerSimulation::time_stops() {
  const auto blocks = rig_->core().stats().blocks;
  if (blocks >= 2) wall_floor_ = 0;
  now_expected_.reset();
  if (blocks >= blocks_at_move_ + 2) now_expected_ = clock_->now();
}

// Before a block of this life is on the device, an earlier calendar at the next start means an
// earlier broker time.
void BrokerSimulation::keep_floor() {
  if (referee_.clock_floor() == clock_->now().value()) wall_floor_ = clock_->wall().value();
}

// A process begins after a while. Of the time it knows what the calendar says, which may be wrong.
void BrokerSimulation::boot() {
  Duration down{0};
  if (!at_once_ && random_.below(3) == 0) down = Duration{static_cast<long>(random_.below(40'000))};
  if (now_expected_) *now_expected_ = *now_expected_ + down;
  auto wall = clock_->wall() + down;
  if (!at_once_ && random_.below(6) == 0) {
    wall = wall + move_calendar();
    now_expected_.reset();
  }
  blocks_at_move_ = 0;
  clock_ = std::make_unique<engine::ManualClock>(std::max(wall.value(), wall_floor_));
}

void BrokerSimulation::recover() {
  if (options_.faults && random_.below(3) == 0) cut_recoveries();
  if (!start()) referee_.blame("a sound disk does not start");
  at_once_ = false;
}

// The power goes, or a call fails, while a start is under way: nothing may be worse after it.
void BrokerSimulation::cut_recoveries() {
  for (auto n = 1 + random_.below(3); n > 0 && !referee_.problem(); --n) {
    ++coverage_.recoveries_cut;
    const bool power = random_.below(3) != 0;
    std::string what = "power";
    if (power) {
      disk_.cut_power_at(1 + random_.below(25));
    } else {
      const auto& fault = kFaults[random_.below(std::size(kFaults))];
      const auto kth = 1 + random_.below(6);
      disk_.fail(fault.call, kth, fault.fault);
      what = std::to_string(static_cast<int>(fault.call)) + " " +
             std::to_string(static_cast<int>(fault.fault)) + " in " + std::to_string(kth);
    }
    boot();
    rig_ = std::make_unique<BrokerRig>(disk_, *clock_, broker_random_, BrokerRig::tiny(), where_);
    referee_.note(*rig_, "start with a fault", what);
    if (const auto report = rig_->start()) {
      referee_.expect(report->damaged.empty(), "what could not be read was taken for damage");
      // Who starts in spite of a fault must show the truth all the same.
      if (!power) disk_.heal();
      if (!power) referee_.started(*rig_);
      if (!power) keep_floor();
      for (auto steps = random_.below(60); steps > 0 && rig_->step(); --steps)
        if (!power && !referee_.problem()) referee_.follow(*rig_);
    }
    rig_.reset();
    const auto end = power || random_.below(2) == 0 ? End::power_cut : End::kill;
    referee_.died(end, true);
    end == End::kill ? disk_.kill() : disk_.crash(disk_random_);
    disk_.heal();
  }
}

bool BrokerSimulation::start() {
  boot();
  rig_ = std::make_unique<BrokerRig>(disk_, *clock_, broker_random_, BrokerRig::tiny(), where_);
  const auto report = rig_->start();
  if (!report) {
    referee_.blame("cannot start: " + report.error().detail);
    return false;
  }
  referee_.expect(report->damaged.empty(), "a torn write was taken for damage");
  if (now_expected_) {
    ++coverage_.times_kept;
    referee_.expect(clock_->now() == *now_expected_,
                    "broker time is wrong by " +
                        std::to_string((clock_->now() - *now_expected_).count()) + " ms");
  }
  referee_.started(*rig_);
  keep_floor();
  clients_.connect(rig_.get());
  return !referee_.problem();
}

}  // namespace twofold::test
