#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/broker_match.h"
#include "tests/sim/broker_model.h"
#include "tests/support/broker_rig.h"
#include "tests/support/history.h"

namespace twofold::test {

/// How a life of the broker ends: the kernel keeps what was written, or only what was synced.
enum class End { kill, power_cut };

/// Knows what the broker must be, and says so when it is not.
///
/// Every turn of the core makes a new model, which is kept until it is promised: acknowledged, or
/// shown to a reader. A crash may take back turns from the end, never one from the middle, and none
/// up to the newest promise: after a restart the broker must be one of the models from there on.
class Referee {
 public:
  Referee() { turns_.emplace_back(0, Model{}); }

  Model model;
  Ledger ledger;
  History history;

  // -- while it runs ---------------------------------------------------------------------------
  /// The turn that runs now.
  std::uint64_t turn() const { return turn_; }
  /// `model` was changed in this turn.
  void changed() { changed_ = true; }
  /// The client was told that what happened in `turn` holds by `durability`.
  void promise(std::uint64_t turn, engine::Durability durability);
  /// Somebody saw records of `log` before `end`.
  void shown(std::uint32_t log, std::int64_t end);
  /// After each step of any thread: follows what the broker does by itself.
  void follow(BrokerRig& rig);
  /// The part of it that a reader may notice in the same turn: what topics forgot.
  void follow_topics(BrokerRig& rig);
  /// With nothing left to do and nothing broken, all of it must be what the model says.
  void inspect(BrokerRig& rig);

  // -- over a restart --------------------------------------------------------------------------
  /// `os_holds` when no write or sync has failed in the life that ended.
  void died(End end, bool os_holds);
  void started(BrokerRig& rig);
  /// Before this time turns that were told apart by what is due look alike: a clock that comes up
  /// earlier would show which of them it was.
  std::int64_t clock_floor() const { return clock_floor_; }

  // -- verdict ---------------------------------------------------------------------------------
  void expect(bool holds, const std::string& else_what) {
    if (!holds) blame(else_what);
  }
  void blame(const std::string& what);
  const Problem& problem() const { return problem_; }
  void note(BrokerRig& rig, const std::string& what, const std::string& detail = {});
  /// The calendar was moved: a record may have been appended that much earlier than it was sent.
  void calendar_moved(engine::Duration by) {
    ledger.set_back_ms -= std::min<std::int64_t>(by.count(), 0);
  }

 private:
  void follow_queues(BrokerRig& rig);
  void follow_letters(BrokerRig& rig);
  void check_age(BrokerRig& rig, const std::string& what, const ModelRecord& record,
                 std::optional<engine::Duration> age);
  void keep_turn();

  std::uint64_t turn_ = 1;
  bool changed_ = false;
  std::uint64_t synced_ = 0;   // newest turn that no crash may take back
  std::uint64_t written_ = 0;  // newest turn that a mere kill may not take back
  std::uint64_t floor_ = 0;    // of the two the one that counts for the end that came
  std::deque<std::pair<std::uint64_t, Model>> turns_;
  std::int64_t clock_floor_ = 0;
  Problem problem_;
};

}  // namespace twofold::test
