#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/manual_executor.h"
#include "engine/base/random.h"
#include "engine/engine.h"
#include "engine/namespaces.h"
#include "engine/requests.h"
#include "log/groups.h"
#include "log/topics.h"
#include "queue/queues.h"
#include "src/storage/frozen.h"

namespace twofold::storage {

/// What a broker that starts on a data directory now would find in it, by the broker's own code,
/// over a frozen picture of the files: whoever looks may ask everything and changes nothing. The
/// clock stands; what a start does at once (messages whose time is over are ready, dead ones move)
/// is done in memory.
///
/// Memory  what such a start takes. Blocking; one thread.
class View {
 public:
  /// `before` sees the files as they are. Errors: its own, those of freeze(), and of a start.
  static engine::Result<std::unique_ptr<View>> open(
      engine::FileSystem& files, const std::function<engine::Result<>(Frozen&)>& before =
                                     [](Frozen&) { return engine::Result<>(); });
  ~View();

  engine::CoreImpl& core() { return engine_->core(); }
  /// Of the namespace that was entered, at first the default one.
  log::Topics& topics() { return in_->topics; }
  log::Groups& groups() { return in_->groups; }
  queue::Queues& queues() { return in_->queues; }
  /// False: there is no such namespace. Empty or "default" is the one of those that name none.
  bool enter(std::string_view name_space);
  /// But the default one.
  std::vector<std::string> namespaces() const;
  const engine::Superblock& superblock() const { return superblock_; }
  engine::WallTime wall() const { return clock_->wall(); }
  const engine::RecoveryReport& recovered() const { return recovered_; }
  /// Broker time on the calendar.
  engine::WallTime on_calendar(engine::Instant instant) const;
  /// Whether files that a plan reads may have been overwritten since.
  bool is_stale() const;

 private:
  struct Rooms {
    explicit Rooms(engine::Core& core);
    engine::Requests requests;
    log::Topics topics;
    log::Groups groups;
    queue::Queues queues;
  };

  View() = default;
  engine::Result<> recover(Frozen& files);

  std::unique_ptr<Frozen> frozen_;
  engine::Superblock superblock_;
  engine::RecoveryReport recovered_;
  std::optional<engine::ManualClock> clock_;
  engine::SeededRandom random_{1};
  std::optional<engine::ManualExecutor> core_thread_;
  std::optional<engine::ManualExecutor> other_threads_;
  std::unique_ptr<engine::Engine> engine_;
  std::optional<Rooms> home_;
  std::unique_ptr<engine::Namespaces> cores_;  // of the other namespaces
  std::map<std::string, Rooms, std::less<>> rooms_;
  Rooms* in_ = nullptr;
};

}  // namespace twofold::storage
