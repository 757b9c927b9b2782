#include "http/metrics/named.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::http::metrics {
namespace {

/// A row with its labels, which dozens of families write.
template <class Row>
struct Labelled {
  const Row* row;
  Labels labels;
};

/// What is written, and where that comes from: most of it is the survey's own.
struct Shown {
  std::vector<Labelled<QueueRow>> queues;
  std::vector<Labelled<TopicRow>> topics;
  std::vector<const Standing*> standings;
  std::vector<const GroupRow*> groups;
  QueueRow other_queues;
  TopicRow other_topics;
  std::uint64_t other_partitions = 0;
  Left left{};
  OtherCounts other_counts{};  // in place of sums: counters never go down
  std::uint64_t other_consumers = 0;
  Standing other_standings;
  bool more_queues = false, more_topics = false, more_groups = false;
};

bool passes(const std::function<bool(std::string_view)>& filter, std::string_view name) {
  return !filter || filter(name);
}

std::uint64_t consumers_of(const Counted& counted, const std::string& queue) {
  const auto found = counted.consumers.find(queue);
  return found == counted.consumers.end() ? 0 : found->second;
}

void choose_queues(Shown& shown, const Survey& survey, const Selection& selection,
                   const Counted& counted) {
  for (const QueueRow& row : survey.queues) {
    if (!passes(selection.queue, row.name)) continue;
    if (shown.queues.size() < selection.entities_max) {
      shown.queues.push_back({&row, Labels("queue", row.name)});
    } else {
      shown.more_queues = true;
      shown.other_queues.add(row);
      shown.left.queues.push_back(&row);
      shown.other_consumers += consumers_of(counted, row.name);
    }
  }
  shown.other_queues.name = kOthers;
  if (shown.more_queues) shown.queues.push_back({&shown.other_queues, Labels("queue", kOthers)});
}

// A topic counts with its partitions.
void choose_topics(Shown& shown, const Survey& survey, const Selection& selection) {
  std::size_t left = selection.entities_max;
  TopicRow& others = shown.other_topics;
  for (const TopicRow& row : survey.topics) {
    if (!passes(selection.topic, row.name)) continue;
    if (!shown.more_topics && row.partitions.size() <= left) {
      left -= row.partitions.size();
      shown.topics.push_back({&row, Labels("topic", row.name)});
      continue;
    }
    shown.more_topics = true;
    shown.other_partitions += row.partitions.size();
    others.bytes += row.bytes;
    others.segments += row.segments;
    shown.left.topics.push_back(&row);
    if (row.oldest_seconds > 0)
      others.oldest_seconds = others.oldest_seconds > 0
                                  ? std::min(others.oldest_seconds, row.oldest_seconds)
                                  : row.oldest_seconds;
  }
  others.name = kOthers;
  if (shown.more_topics) shown.topics.push_back({&others, Labels("topic", kOthers)});
}

// From here on the rows of the others say what was counted.
void count_others(Shown& shown) {
  OtherCounts& counts = shown.other_counts;
  shown.other_queues.sent = counts.sent;
  shown.other_queues.done = std::move(counts.done);
  shown.other_topics.counters = counts.topics;
}

void choose_groups(Shown& shown, const Survey& survey, const Selection& selection) {
  for (const Standing& row : survey.standings) {
    if (!passes(selection.topic, row.topic)) continue;
    if (shown.standings.size() < selection.entities_max) {
      shown.standings.push_back(&row);
      continue;
    }
    shown.more_groups = true;
    Standing& others = shown.other_standings;
    others.lag += row.lag;
    others.lag_seconds = std::max(others.lag_seconds, row.lag_seconds);
    others.committed = others.committed.value_or(0) + row.committed.value_or(0);
  }
  shown.other_standings.group = kOthers;
  shown.other_standings.topic = kOthers;
  if (shown.more_groups) shown.standings.push_back(&shown.other_standings);
  for (const GroupRow& row : survey.groups) {
    if (shown.groups.size() < selection.entities_max) shown.groups.push_back(&row);
  }
  shown.more_groups |= survey.groups.size() > selection.entities_max;
}

template <class Value>
void each_queue(Text& out, const Shown& shown, std::string_view name, Value value) {
  if (!out.begin(name)) return;
  for (const auto& [row, labels] : shown.queues) out.value(labels, value(*row));
}

/// Counters of what happened: zeros where nothing did.
void each_done(Text& out, const Shown& shown, std::string_view name,
               std::uint64_t Done::*counter) {
  each_queue(out, shown, name, [counter](const QueueRow& row) {
    return row.done ? (*row.done).*counter : std::uint64_t{0};
  });
}

void each_times(Text& out, const Shown& shown, std::string_view name, Times Done::*times) {
  if (!out.begin(name)) return;
  for (const auto& [row, labels] : shown.queues) {
    if (!row->done) continue;
    const Times& of = (*row->done).*times;
    out.distribution(labels, {kQueueBounds, of.counts, of.sum_seconds});
  }
}

/// About as many bytes as the queues' series take.
std::size_t size_of(const Shown& shown) {
  constexpr std::size_t kSeries = 17, kBuckets = 2 * (kQueueBounds.size() + 3), kBytesOfOne = 45;
  std::size_t bytes = 0;
  for (const auto& [row, labels] : shown.queues)
    bytes += (kSeries + (row->done ? kBuckets : 0)) * (kBytesOfOne + labels.text().size());
  return bytes;
}

void append_queues(Text& out, const Shown& shown, const Counted& counted) {
  if (out.begin("twofold_queue_messages")) {
    for (const auto& [row, labels] : shown.queues) {
      const auto sample = [&out, &its = labels](std::string_view state, std::uint64_t count) {
        out.value(Labels(its).add("state", state), count);
      };
      sample("ready", row->counters.ready);
      sample("inflight", row->counters.in_flight);
      sample("delayed", row->counters.delayed);
      sample("blocked", row->counters.blocked);
      sample("dead", row->counters.dead);
    }
  }
  each_queue(out, shown, "twofold_queue_oldest_message_age_seconds",
             [](const QueueRow& row) { return row.oldest_age_seconds; });
  each_queue(out, shown, "twofold_queue_waiting_receivers",
             [](const QueueRow& row) { return row.waiting; });
  each_queue(out, shown, "twofold_queue_consumers", [&](const QueueRow& row) {
    return &row == &shown.other_queues ? shown.other_consumers : consumers_of(counted, row.name);
  });
  if (out.begin("twofold_queue_attached_lag_records")) {
    for (const auto& [row, labels] : shown.queues)
      if (row->behind) out.value(labels, static_cast<std::uint64_t>(*row->behind));
  }
  each_queue(out, shown, "twofold_queue_sent_total", [](const QueueRow& row) { return row.sent; });
  each_done(out, shown, "twofold_queue_received_total", &Done::received);
  each_done(out, shown, "twofold_queue_redelivered_total", &Done::redelivered);
  each_done(out, shown, "twofold_queue_acked_total", &Done::acked);
  each_done(out, shown, "twofold_queue_nacked_total", &Done::nacked);
  each_done(out, shown, "twofold_queue_visibility_expired_total", &Done::timed_out);
  each_done(out, shown, "twofold_queue_dead_lettered_total", &Done::died);
  each_done(out, shown, "twofold_queue_expired_total", &Done::expired);
  each_done(out, shown, "twofold_queue_empty_receives_total", &Done::empty);
  each_times(out, shown, "twofold_queue_wait_seconds", &Done::waited);
  each_times(out, shown, "twofold_queue_processing_seconds", &Done::worked);
}

template <class Value>
void each_topic(Text& out, const Shown& shown, std::string_view name, Value value) {
  if (!out.begin(name)) return;
  for (const auto& [row, labels] : shown.topics) out.value(labels, value(*row));
}

void each_partition(Text& out, const Shown& shown, std::string_view name,
                    std::uint64_t PartitionRow::*offset) {
  if (!out.begin(name)) return;
  for (const auto& [row, labels] : shown.topics) {
    if (row == &shown.other_topics) continue;
    for (std::size_t i = 0; i < row->partitions.size(); ++i)
      out.value(Labels(labels).add("partition", fmt::format_int(i).c_str()),
                row->partitions[i].*offset);
  }
}

constexpr std::string_view kApis[] = {"rest", "ws"};  // as stats::ReadBy and log::Via
constexpr std::string_view kReasons[] = {"retention", "size", "manual"};  // as log::Trimmed

void each_read(Text& out, const Shown& shown, const Counted& counted, std::string_view name,
               std::uint64_t stats::Given::*number) {
  if (!out.begin(name)) return;
  for (const auto& [row, labels] : shown.topics) {
    const stats::GivenBy read =
        row == &shown.other_topics ? shown.other_counts.read : read_of(counted.read, row->id);
    for (std::size_t i = 0; i < read.size(); ++i)
      out.value(Labels(labels).add("api", kApis[i]), read[i].*number);
  }
}

void each_append(Text& out, const Shown& shown, std::string_view name,
                 std::uint64_t log::TopicCounters::Appended::*number) {
  if (!out.begin(name)) return;
  for (const auto& [row, labels] : shown.topics) {
    const auto& appended = row->counters.appended;
    for (std::size_t i = 0; i < appended.size(); ++i)
      out.value(Labels(labels).add("api", kApis[i]), appended[i].*number);
  }
}

void each_trim(Text& out, const Shown& shown) {
  if (!out.begin("twofold_topic_trimmed_records_total")) return;
  for (const auto& [row, labels] : shown.topics) {
    const auto& trimmed = row->counters.trimmed;
    for (std::size_t i = 0; i < trimmed.size(); ++i)
      out.value(Labels(labels).add("reason", kReasons[i]), trimmed[i]);
  }
}

void append_topics(Text& out, const Shown& shown,
                   const Counted& counted) {
  each_topic(out, shown, "twofold_topic_partitions", [&](const TopicRow& row) {
    return &row == &shown.other_topics ? shown.other_partitions
                                       : std::uint64_t{row.partitions.size()};
  });
  each_topic(out, shown, "twofold_topic_size_bytes", [](const TopicRow& row) { return row.bytes; });
  each_topic(out, shown, "twofold_topic_segments",
             [](const TopicRow& row) { return row.segments; });
  each_topic(out, shown, "twofold_topic_oldest_record_timestamp_seconds",
             [](const TopicRow& row) { return row.oldest_seconds; });
  using Appended = log::TopicCounters::Appended;
  each_append(out, shown, "twofold_topic_appended_records_total", &Appended::records);
  each_append(out, shown, "twofold_topic_appended_bytes_total", &Appended::bytes);
  each_read(out, shown, counted, "twofold_topic_read_records_total", &stats::Given::records);
  each_read(out, shown, counted, "twofold_topic_read_bytes_total", &stats::Given::bytes);
  each_trim(out, shown);
  each_partition(out, shown, "twofold_partition_start_offset", &PartitionRow::start);
  each_partition(out, shown, "twofold_partition_end_offset", &PartitionRow::end);
}

Labels labels_of(const Standing& row) {
  Labels labels("group", row.group);
  labels.add("topic", row.topic);
  if (row.partition) labels.add("partition", fmt::format_int(*row.partition).c_str());
  return labels;
}

template <class Value>
void each_lag(Text& out, const Shown& shown, std::string_view name, Value value) {
  if (!out.begin(name)) return;
  for (const Standing* row : shown.standings) {
    Labels labels = labels_of(*row);
    if (!row->committed) labels.add("committed", "none");
    out.value(labels, value(*row));
  }
}

void append_groups(Text& out, const Shown& shown) {
  each_lag(out, shown, "twofold_group_lag_records", [](const Standing& row) { return row.lag; });
  each_lag(out, shown, "twofold_group_lag_seconds",
           [](const Standing& row) { return row.lag_seconds; });
  if (out.begin("twofold_group_committed_offset")) {
    for (const Standing* row : shown.standings)
      if (row->committed) out.value(labels_of(*row), *row->committed);
  }
  if (out.begin("twofold_group_members")) {
    for (const GroupRow* row : shown.groups) out.value(Labels("group", row->name), row->members);
  }
  if (out.begin("twofold_group_rebalances_total")) {
    for (const GroupRow* row : shown.groups)
      out.value(Labels("group", row->name), row->rebalances);
  }
}

}  // namespace

void append_named(Text& out, const std::shared_ptr<const Survey>& survey,
                  const Selection& selection, const Counted& counted, Others& others) {
  Shown shown;
  choose_queues(shown, *survey, selection, counted);
  choose_topics(shown, *survey, selection);
  choose_groups(shown, *survey, selection);
  others.count(selection.text, survey, counted.read, shown.left, shown.other_counts);
  count_others(shown);
  if (out.begin("twofold_metrics_truncated")) {
    out.value(Labels("kind", "queue"), std::uint64_t{shown.more_queues});
    out.value(Labels("kind", "topic"), std::uint64_t{shown.more_topics});
    out.value(Labels("kind", "group"), std::uint64_t{shown.more_groups});
  }
  out.only("twofold_queues", std::uint64_t{survey->queues.size()});
  out.only("twofold_topics", std::uint64_t{survey->topics.size()});
  out.only("twofold_groups", std::uint64_t{survey->groups.size()});
  out.expect(size_of(shown));
  append_queues(out, shown, counted);
  append_topics(out, shown, counted);
  append_groups(out, shown);
}

}  // namespace twofold::http::metrics
