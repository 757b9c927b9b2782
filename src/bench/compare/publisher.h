#pragma once

#include "src/bench/compare/reading.h"
#include "src/bench/compare/source.h"

namespace twofold::bench::compare {

/// Publishes the events once, in their order: as fast as the broker takes them, or, at a rate, each
/// when it is due however long the answers take (what has become due meanwhile goes together).
/// Threads: one at a time; published() when it has ended.
class Publisher {
 public:
  Publisher(const World& world, const Plan& plan, const std::vector<Event>& events,
            const std::string& topic)
      : world_(world), plan_(plan), events_(events), topic_(topic) {}

  /// `pace` is the clock, and ends the publishing when it is over.
  Outcome<Done> run(Reading& pace);

  const std::vector<Published>& published() const { return published_; }

 private:
  nanoseconds due(std::uint64_t record) const;
  Outcome<Done> post(const Ask& ask, std::uint64_t upto, Reading& pace);
  std::string body(std::uint64_t first, std::uint64_t upto) const;

  const World& world_;
  const Plan& plan_;
  const std::vector<Event>& events_;
  std::string topic_;
  nanoseconds began_{};
  std::vector<Published> published_;
};

}  // namespace twofold::bench::compare
