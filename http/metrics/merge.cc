#include "http/metrics/merge.h"

#include <algorithm>

#include "engine/base/crc32c.h"

namespace twofold::http::metrics {
namespace {

// Topics of several namespaces have ids in common, of which those of the default one stay as they
// are: the same from page to page, whatever namespaces there are.
std::uint64_t id_of(std::string_view name_space, std::uint64_t topic) {
  if (name_space.empty()) return topic;
  return std::uint64_t{engine::crc32c(name_space)} << 32 | topic;
}

QueueRow copy_of(const QueueRow& row) {
  QueueRow copy;
  copy.counters = row.counters;
  copy.sent = row.sent;
  copy.behind = row.behind;
  copy.oldest_age_seconds = row.oldest_age_seconds;
  copy.waiting = row.waiting;
  if (row.done) copy.done = std::make_unique<Done>(*row.done);
  return copy;
}

// Both halves are in the order of their names.
template <class Row>
void keep_order(std::vector<Row>& rows, std::size_t before) {
  std::inplace_merge(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(before), rows.end(),
                     [](const Row& one, const Row& other) { return one.name < other.name; });
}

}  // namespace

void Merged::add(std::string_view name_space, const Survey& its, const Counted& its_counted) {
  const auto named = [name_space](const std::string& name) {
    return name_space.empty() ? name : std::string(name_space).append("/").append(name);
  };
  const std::size_t queues = survey.queues.size();
  const std::size_t topics = survey.topics.size();
  const std::size_t groups = survey.groups.size();
  survey.number += its.number;
  for (const QueueRow& row : its.queues)
    survey.queues.emplace_back(copy_of(row)).name = named(row.name);
  for (TopicRow row : its.topics) {
    row.name = named(row.name);
    row.id = id_of(name_space, row.id);
    survey.topics.push_back(std::move(row));
  }
  for (GroupRow row : its.groups) {
    row.name = named(row.name);
    survey.groups.push_back(std::move(row));
  }
  for (Standing row : its.standings) {
    row.group = named(row.group);
    row.topic = named(row.topic);
    survey.standings.push_back(std::move(row));
  }
  for (const auto& [queue, count] : its_counted.consumers) counted.consumers[named(queue)] = count;
  for (const auto& [topic, read] : its_counted.read) counted.read[id_of(name_space, topic)] = read;
  keep_order(survey.queues, queues);
  keep_order(survey.topics, topics);
  keep_order(survey.groups, groups);
}

}  // namespace twofold::http::metrics
