#pragma once

#include <string>
#include <string_view>

#include "log/group_notes.h"

namespace twofold::log {

/// Hears of what happens to topics and groups, in the turn in which it happens: for people who
/// look. There is one at most, and mostly none. Records are no business of this:
/// engine::LogListener.
///
/// Contract  told once the change is made, before it is durable. Nothing is told during recovery.
///           An observer changes nothing.
/// Threads   the core.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_topic(const std::string& topic, bool exists) = 0;
  /// A group's offsets are others now; `member` may be empty.
  virtual void on_offsets(const GroupNote& note, std::string_view member) = 0;
  /// Who is in the group, or what they read, may have changed.
  virtual void on_members(const std::string& group) = 0;
};

}  // namespace twofold::log
