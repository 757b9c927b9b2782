#include "src/bench/compare/head_of_line.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace twofold::bench::compare {
namespace {

// Where a record stands: in which line, and how far ahead.
struct Standing {
  std::uint64_t line = 0;
  std::uint64_t place = 0;
};

// Sums over places: add() from a place on, read() at one. A Fenwick tree.
class Sums {
 public:
  explicit Sums(std::size_t places) : tree_(places + 1) {}
  void add_from(std::size_t place, std::int64_t amount) {
    for (std::size_t at = place + 1; at < tree_.size(); at += at & (~at + 1)) tree_[at] += amount;
  }
  std::int64_t read(std::size_t place) const {
    std::int64_t sum = 0;
    for (std::size_t at = place + 1; at > 0; at -= at & (~at + 1)) sum += tree_[at];
    return sum;
  }

 private:
  std::vector<std::int64_t> tree_;
};

struct Line {
  std::vector<std::uint64_t> places;  // ascending; a record's rank is its index
  std::multiset<std::size_t> held;    // ranks in workers' hands
  std::multiset<std::size_t> waiting;
  std::optional<Sums> sums;

  std::size_t rank(std::uint64_t place) const {
    return static_cast<std::size_t>(std::lower_bound(places.begin(), places.end(), place) -
                                    places.begin());
  }
  bool somebody_waits() const {
    return !held.empty() && !waiting.empty() && *waiting.rbegin() > *held.begin();
  }
};

enum class Kind { ends, idle_ends, taken, available, idle_begins };

struct Change {
  nanoseconds at{};
  Kind kind{};
  std::uint64_t record = 0;
};

// Records that nobody ever took stand nowhere.
std::vector<std::optional<Standing>> standings_of(const Trace& trace) {
  std::vector<std::optional<Standing>> standings(trace.records.size());
  std::uint64_t rank = 0;
  for (const Take& take : trace.takes) {
    if (take.record >= standings.size() || standings[take.record]) continue;
    const Published& record = trace.records[take.record];
    standings[take.record] = trace.model == Model::queue ? Standing{record.partition, record.offset}
                                                         : Standing{take.worker, rank++};
  }
  return standings;
}

std::vector<Change> changes_of(const Trace& trace) {
  std::vector<Change> changes;
  std::vector<bool> seen(trace.records.size());
  std::vector<bool> given_up(trace.records.size());
  for (const Take& take : trace.takes) {
    if (take.record >= seen.size()) continue;
    const nanoseconds available = trace.records[take.record].available;
    // Taken before the publisher had its answer: it never waited.
    if (!seen[take.record]) {
      changes.push_back(Change{std::min(available, take.taken), Kind::available, take.record});
    }
    seen[take.record] = true;
    if (given_up[take.record]) changes.push_back(Change{take.taken, Kind::ends, take.record});
    changes.push_back(Change{take.taken, Kind::taken, take.record});
    // What a crashed worker held counts as held until somebody takes it again.
    given_up[take.record] = take.dropped;
    if (!take.dropped) changes.push_back(Change{take.ended, Kind::ends, take.record});
  }
  for (const Idle& idle : trace.idle) {
    changes.push_back(Change{idle.from, Kind::idle_begins, 0});
    changes.push_back(Change{idle.to, Kind::idle_ends, 0});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  return changes;
}

// Goes through time once; between two changes nothing changes.
class Sweep {
 public:
  explicit Sweep(const Trace& trace) : standings_(standings_of(trace)), found_(standings_.size()) {
    for (const auto& standing : standings_) {
      if (standing) lines_[standing->line].places.push_back(standing->place);
    }
    for (auto& [number, line] : lines_) {
      std::sort(line.places.begin(), line.places.end());
      line.sums.emplace(line.places.size());
    }
  }

  void pass(nanoseconds lasts) {
    if (idle_workers_ == 0 || lasts.count() <= 0) return;
    bool any = false;
    for (auto& [number, line] : lines_) {
      if (!line.somebody_waits()) continue;
      any = true;
      line.sums->add_from(*line.held.begin() + 1, lasts.count());
    }
    if (any) idle_ += lasts * idle_workers_;
  }

  void change(const Change& change) {
    if (change.kind == Kind::idle_begins) ++idle_workers_;
    if (change.kind == Kind::idle_ends) --idle_workers_;
    if (change.kind == Kind::idle_begins || change.kind == Kind::idle_ends) return;
    const Standing standing = *standings_[change.record];
    Line& line = lines_[standing.line];
    const std::size_t rank = line.rank(standing.place);
    switch (change.kind) {
      case Kind::available:
        line.waiting.insert(rank);
        found_[change.record] = -line.sums->read(rank);
        break;
      case Kind::taken:
        if (line.waiting.erase(rank) > 0) found_[change.record] += line.sums->read(rank);
        line.held.insert(rank);
        break;
      case Kind::ends: line.held.extract(rank); break;
      case Kind::idle_begins:
      case Kind::idle_ends: break;
    }
  }

  HeadOfLine result() {
    HeadOfLine result;
    std::erase(found_, 0);
    std::sort(found_.begin(), found_.end());
    result.records = found_.size();
    result.idle = idle_;
    if (found_.empty()) return result;
    result.median = nanoseconds(found_[found_.size() / 2]);
    result.longest = nanoseconds(found_.back());
    for (const std::int64_t waited : found_) result.total += nanoseconds(waited);
    return result;
  }

 private:
  std::vector<std::optional<Standing>> standings_;
  std::vector<std::int64_t> found_;  // nanoseconds of each record
  std::map<std::uint64_t, Line> lines_;
  std::int64_t idle_workers_ = 0;
  nanoseconds idle_{};
};

}  // namespace

HeadOfLine head_of_line(const Trace& trace) {
  Sweep sweep(trace);
  nanoseconds now{};
  for (const Change& change : changes_of(trace)) {
    sweep.pass(change.at - now);
    now = change.at;
    sweep.change(change);
  }
  return sweep.result();
}

}  // namespace twofold::bench::compare
