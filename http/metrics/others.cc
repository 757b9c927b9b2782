#include "http/metrics/others.h"

#include <algorithm>
#include <iterator>

namespace twofold::http::metrics {
namespace {

// What counts from less than before was made anew under an old name.
template <class Number>
Number grown(Number before, Number now) {
  return now < before ? now : now - before;
}

void add_grown(Times& sum, const Times& before, const Times& now) {
  // Judged as a whole: a class of its own may stand still while another one begins anew.
  const Times nothing{};
  const Times& from = now.sum_seconds < before.sum_seconds ? nothing : before;
  for (std::size_t i = 0; i < sum.counts.size(); ++i)
    sum.counts[i] += grown(from.counts[i], now.counts[i]);
  sum.sum_seconds += now.sum_seconds - from.sum_seconds;
}

void add_grown(Done& sum, const Done& before, const Done& now) {
  for (const auto counter : {&Done::received, &Done::redelivered, &Done::acked, &Done::nacked,
                             &Done::timed_out, &Done::died, &Done::expired, &Done::empty})
    sum.*counter += grown(before.*counter, now.*counter);
  add_grown(sum.waited, before.waited, now.waited);
  add_grown(sum.worked, before.worked, now.worked);
}

void add_grown(OtherCounts& sum, const QueueRow* before, const QueueRow& now) {
  sum.sent += grown(before ? before->sent : 0, now.sent);
  if (!now.done) return;
  if (!sum.done) sum.done = std::make_unique<Done>();
  const Done nothing{};
  add_grown(*sum.done, before && before->done ? *before->done : nothing, *now.done);
}

void add_grown(log::TopicCounters& sum, const log::TopicCounters& before,
               const log::TopicCounters& now) {
  for (std::size_t i = 0; i < sum.appended.size(); ++i) {
    sum.appended[i].records += grown(before.appended[i].records, now.appended[i].records);
    sum.appended[i].bytes += grown(before.appended[i].bytes, now.appended[i].bytes);
  }
  for (std::size_t i = 0; i < sum.trimmed.size(); ++i)
    sum.trimmed[i] += grown(before.trimmed[i], now.trimmed[i]);
}

void add_grown(stats::GivenBy& sum, const stats::GivenBy& before, const stats::GivenBy& now) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i].records += grown(before[i].records, now[i].records);
    sum[i].bytes += grown(before[i].bytes, now[i].bytes);
  }
}

// Rows stand in the order of their names.
template <class Row>
const Row* row_of(const std::vector<Row>& rows, const std::string& name) {
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), name,
      [](const Row& row, const std::string& wanted) { return row.name < wanted; });
  return found != rows.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

stats::GivenBy read_of(const ReadByTopic& read, std::uint64_t topic) {
  const auto found = read.find(topic);
  return found == read.end() ? stats::GivenBy{} : found->second;
}

void Others::count(std::string_view selection, const std::shared_ptr<const Survey>& survey,
                   const ReadByTopic& read, const Left& left, OtherCounts& counts) {
  const std::lock_guard lock(mutex_);
  Kept* const kept = find(selection, !left.queues.empty() || !left.topics.empty());
  if (!kept) return;
  // Pages are written side by side: one that is late has nothing to add.
  if (!kept->survey || kept->survey->number < survey->number) {
    add_up(*kept, read, left);
    kept->survey = survey;
    kept->read = read;
  }
  counts.sent = kept->counts.sent;
  counts.done = kept->counts.done ? std::make_unique<Done>(*kept->counts.done) : nullptr;
  counts.topics = kept->counts.topics;
  counts.read = kept->counts.read;
}

void Others::add_up(Kept& kept, const ReadByTopic& read, const Left& left) {
  const Survey none;
  const Survey& before = kept.survey ? *kept.survey : none;
  for (const QueueRow* row : left.queues)
    add_grown(kept.counts, row_of(before.queues, row->name), *row);
  for (const TopicRow* row : left.topics) {
    const TopicRow* then = row_of(before.topics, row->name);
    if (then && then->id != row->id) then = nullptr;
    add_grown(kept.counts.topics, then ? then->counters : log::TopicCounters{}, row->counters);
    add_grown(kept.counts.read, read_of(kept.read, row->id), read_of(read, row->id));
  }
}

Others::Kept* Others::find(std::string_view selection, bool make) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& one) { return one.selection == selection; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return &kept_.front();
  }
  if (!make) return nullptr;
  kept_.emplace_front().selection = selection;
  std::size_t filtered = 0;
  std::erase_if(kept_, [&](const Kept& one) {
    return !one.selection.empty() && ++filtered > kFilteredMax;
  });
  return &kept_.front();
}

}  // namespace twofold::http::metrics
