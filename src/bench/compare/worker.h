#pragma once

#include "src/bench/compare/reading.h"
#include "src/bench/compare/source.h"

namespace twofold::bench::compare {

/// One worker of either model: takes, works, says so, and now and then crashes and starts again. It
/// keeps its own trace, which may be read once run() has returned.
/// Threads: one.
class Worker {
 public:
  Worker(std::size_t number, const Plan& plan, const std::vector<Event>& events,
         const OpenSource& open, Reading& reading)
      : number_(number), plan_(plan), events_(events), open_(open), reading_(reading) {}

  /// Until the reading is over; tells it what went wrong.
  void run();

  const std::vector<Take>& takes() const { return takes_; }
  const std::vector<Idle>& idle() const { return idle_; }

 private:
  Outcome<Done> work();
  Outcome<std::vector<Held>> next_page();
  Outcome<Done> handle_page(const std::vector<Held>& page);
  bool crashes_now() { return plan_.crash_every != 0 && ++begun_ % plan_.crash_every == 0; }

  std::size_t number_;
  const Plan& plan_;
  const std::vector<Event>& events_;
  const OpenSource& open_;
  Reading& reading_;
  std::unique_ptr<Source> source_;
  std::uint64_t begun_ = 0;
  std::vector<Take> takes_;
  std::vector<Idle> idle_;
};

}  // namespace twofold::bench::compare
