#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/timers.h"
#include "http/inspect/view.h"

namespace twofold::http::inspect {

/// Every view there is. Queues, topics and groups tell it what happens while there is one; while
/// there is none they have nobody to tell, and nothing of this costs anything.
///
/// A view lives for kLinger after its last listener has left: whoever comes back by then goes on
/// where it was. It goes before that when there are many, and another one is wanted.
/// Threads  the core only.
class Inspector final : public queue::Observer, public log::Observer, public engine::TimerTarget {
 public:
  static constexpr std::size_t kViewsMax = 32;
  static constexpr engine::Duration kLinger = std::chrono::seconds{60};

  explicit Inspector(World world) : world_(world) {}
  ~Inspector() override;
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  /// Stays valid until close() was called as often. Error: overloaded, with kViewsMax of them.
  engine::Result<View*> open(const Spec& spec);
  void close(View& view, const void* listener);
  std::size_t views() const { return views_.size(); }
  std::size_t listeners() const;

  // queue::Observer
  void on_change(const queue::ChangedAt& at, const queue::Op& op,
                 const queue::Circumstances& with) override;
  void on_due(const queue::ChangedAt& at, const queue::Runs& ready) override;
  void on_log_trimmed(const std::string& queue, engine::Offset start) override;
  void on_purged(const std::string& queue, std::uint64_t messages) override;
  void on_defined(const std::string& queue, bool is_new) override;
  void on_gone(const std::string& queue) override;
  // log::Observer
  void on_topic(const std::string& topic, bool exists) override;
  void on_offsets(const log::GroupNote& note, std::string_view member) override;
  void on_members(const std::string& group) override;
  // engine::TimerTarget
  void on_timer(std::uint32_t owner, std::uint64_t token, engine::Instant now) override;

 private:
  struct Entry {
    std::unique_ptr<View> view;
    std::size_t listeners = 0;
    engine::Instant idle_since{0};
  };
  void observe(bool begin);
  bool let_go_of_idlest();

  const World world_;
  std::map<Spec, Entry> views_;
  bool timer_set_ = false;
};

}  // namespace twofold::http::inspect
