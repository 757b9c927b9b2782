#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/metrics/survey.h"
#include "http/stats/reads.h"

namespace twofold::http::metrics {

/// What was given to readers since the start, by topic id.
using ReadByTopic = std::unordered_map<std::uint64_t, stats::GivenBy>;
/// Nothing, of a topic that was not read.
stats::GivenBy read_of(const ReadByTopic& read, std::uint64_t topic);

/// Those that have no series of their own on a page.
struct Left {
  std::vector<const QueueRow*> queues{};
  std::vector<const TopicRow*> topics{};
};

/// What was counted in them: of queues, then of topics.
struct OtherCounts {
  std::uint64_t sent = 0;
  std::unique_ptr<Done> done{};  ///< null: nothing has happened in any of them
  log::TopicCounters topics{};
  stats::GivenBy read{};
};

/// Counters of those that have no series of their own. Which ones these are changes with every name
/// that comes and goes, and sums over them would go down; so it is added up how much each has grown
/// since the page before, and nothing is ever taken away.
///
/// Contract  count() of the first page gives plain sums, of each later one adds what came since.
///           Who changes over to the others, or away from them, brings nothing and takes nothing.
///           Pages of the same `selection` are counted together; of filtered ones the two used last
///           are known. What is forgotten begins anew, as after a restart.
/// Memory    from when anything is added up: for each selection a survey (survey.h) and what was
///           read of each topic.
/// Threads   any.
class Others {
 public:
  /// `selection` tells pages apart that choose by different names; empty: by none.
  void count(std::string_view selection, const std::shared_ptr<const Survey>& survey,
             const ReadByTopic& read, const Left& left, OtherCounts& counts);

 private:
  static constexpr std::size_t kFilteredMax = 2;

  struct Kept {
    std::string selection;
    std::shared_ptr<const Survey> survey{};  // of the page before; null: there was none
    ReadByTopic read{};
    OtherCounts counts{};
  };
  Kept* find(std::string_view selection, bool make);
  static void add_up(Kept& kept, const ReadByTopic& read, const Left& left);

  std::mutex mutex_;
  std::list<Kept> kept_;  // the one used last comes first
};

}  // namespace twofold::http::metrics
