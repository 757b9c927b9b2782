#pragma once

#include <utility>

#include "engine/base/unique_function.h"
#include "log/groups.h"

namespace twofold::http::ws {

/// A member of a group on behalf of a subscription, which is elsewhere: whatever the member hears,
/// the subscription is only told to look again.
/// Threads  the core.
class Membership final : public log::MemberObserver {
 public:
  Membership(log::Groups& groups, log::GroupJoin join, engine::UniqueFunction<void()> changed)
      : groups_(groups), join_(std::move(join)), changed_(std::move(changed)) {}

  const log::GroupJoin& who() const { return join_; }
  engine::Result<log::Holding> join() { return groups_.join(join_, this); }
  /// Error: member_fenced when somebody else came under its name.
  engine::Result<log::Holding> holding() const {
    if (detached_) {
      return engine::Error(engine::Errc::member_fenced,
                           "the member was removed, or another one has come under its name");
    }
    return groups_.holding(join_.group, join_.member);
  }
  /// What it holds goes to the others; nothing is heard any more.
  void leave() {
    changed_ = nullptr;
    if (detached_) return;  // under its name may be somebody else by now
    (void)groups_.leave(join_.group, join_.member).has_value();  // or it is no member any more
  }

  void on_assigned(const std::vector<log::HeldPartition>&) override { look_again(); }
  void on_revoked(const std::vector<log::RevokedPartition>&) override { look_again(); }
  void on_moved(const std::vector<log::HeldPartition>&) override { look_again(); }
  void on_detached() override {
    detached_ = true;
    look_again();
  }

 private:
  void look_again() {
    if (changed_) changed_();
  }

  log::Groups& groups_;
  const log::GroupJoin join_;
  engine::UniqueFunction<void()> changed_;
  bool detached_ = false;
};

}  // namespace twofold::http::ws
