#include "http/metrics/merge.h"

namespace twofold::http::metrics {
namespace {

// Topics of several namespaces have ids in common. These are nobody's.
constexpr std::uint32_t kIdsOfOurOwn = 1u << 31;

QueueRow copy_of(const QueueRow& row, std::string name) {
  QueueRow copy;
  copy.name = std::move(name);
  copy.counters = row.counters;
  copy.sent = row.sent;
  copy.behind = row.behind;
  copy.oldest_age_seconds = row.oldest_age_seconds;
  copy.waiting = row.waiting;
  if (row.done) copy.done = std::make_unique<Done>(*row.done);
  return copy;
}

}  // namespace

void Merged::add(std::string_view name_space, const Survey& its, const Counted& its_counted) {
  const auto named = [name_space](const std::string& name) {
    return name_space.empty() ? name : std::string(name_space).append("/").append(name);
  };
  for (const QueueRow& row : its.queues) survey.queues.push_back(copy_of(row, named(row.name)));
  for (const auto& [queue, count] : its_counted.consumers) counted.consumers[named(queue)] = count;
  for (TopicRow row : its.topics) {
    const auto read = its_counted.read.find(row.id);
    row.name = named(row.name);
    row.id = kIdsOfOurOwn + static_cast<std::uint32_t>(survey.topics.size());
    if (read != its_counted.read.end()) counted.read.emplace(row.id, read->second);
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
}

}  // namespace twofold::http::metrics
