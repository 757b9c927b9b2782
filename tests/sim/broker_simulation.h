#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/broker_clients.h"
#include "tests/sim/broker_referee.h"
#include "tests/support/broker_rig.h"

namespace twofold::test {

struct SimulationOptions {
  int events = 420;    ///< of the story: actions, steps of threads, jumps of the clock, faults
  bool faults = true;  ///< else processes only end in order
};

/// What one run has covered, so that a test can say that the runs are worth something.
struct Coverage {
  std::uint64_t acknowledged = 0;
  std::uint64_t kills = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t recoveries_cut = 0;
  std::uint64_t orderly_stops = 0;
  std::uint64_t storage_failures = 0;
  std::uint64_t drained_bytes = 0;
  std::uint64_t rewritten_bytes = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t letters = 0;
  std::uint64_t calendar_steps = 0;
  std::uint64_t times_kept = 0;  ///< restarts of which is known what time they have to come to

  void add(const Coverage& other);
  std::string text() const;
};

/// A whole broker, its clients, its clock and its disk, and everything that may go wrong with them,
/// told by one seed.
class BrokerSimulation {
 public:
  explicit BrokerSimulation(std::uint64_t seed, SimulationOptions options = {});
  ~BrokerSimulation();

  /// The whole story. The first thing that was not as promised, if anything.
  Problem run();
  const History& history() const { return referee_.history; }
  const Coverage& coverage() const { return coverage_; }
  /// Of everything that clients saw and of every byte on the disk.
  std::uint64_t trace_hash() const;

 private:
  // -- broker_simulation.cc
  void event();
  void jump();
  engine::Duration move_calendar();
  void run_dry();
  void rest();
  void come_to_an_end();
  void consume_everything();

  // -- broker_faults.cc
  void inject();
  void recover_from_faults();
  bool power_is_off() const;
  void end_life();
  void end_life(End end);
  void stop_in_order();
  void compare_snapshots_over_a_kill();
  void time_stops();
  void keep_floor();
  void boot();
  void recover();
  void cut_recoveries();
  bool start();

  const SimulationOptions options_;
  const BrokerRig::Where where_;        // half of the stories happen in a namespace
  engine::SeededRandom random_;         // the story
  engine::SeededRandom broker_random_;  // what the broker asks for, and whose turn it is
  engine::SeededRandom disk_random_;
  std::unique_ptr<engine::ManualClock> clock_;
  engine::SimulatedFileSystem disk_;
  Referee referee_;
  Clients clients_;
  std::unique_ptr<BrokerRig> rig_;
  bool unwell_ = false;       // a fault was injected in this life
  bool sync_failed_ = false;  // and it may have cost what the kernel was told
  std::optional<std::uint64_t> power_goes_at_;
  int events_without_power_ = 0;
  std::uint64_t blocks_at_move_ = 0;             // when the calendar was moved in this life
  std::optional<engine::Instant> now_expected_;  // of the next start
  std::int64_t wall_floor_ = 0;                  // the next start must not find an earlier calendar
  bool at_once_ = false;                         // the next start follows the end of this life
  Coverage coverage_;
};

}  // namespace twofold::test
