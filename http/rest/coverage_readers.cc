// Who reads a topic, and what each has made of its records.
#include <algorithm>

#include <fmt/format.h>

#include "http/fetched.h"
#include "http/permit.h"
#include "http/rest/coverage.h"
#include "http/rest/not_found.h"
#include "http/rest/page_answer.h"

namespace twofold::http {
namespace {

constexpr std::size_t kGroupsMax = 10'000;
constexpr std::size_t kRecordsAtOnce = 1'000;
constexpr std::size_t kReadBytes = 1 << 20;

// Those that the caller may know of.
engine::Result<std::vector<CoverageReader>> all_readers(const Call& call,
                                                        const std::string& topic) {
  const Broker& broker = call.broker();
  const auto found = broker.topics.find(topic);
  if (!found) return found.error();
  std::vector<CoverageReader> readers;
  for (const std::string& name : broker.queues.reading(topic)) {
    auto filter = broker.queues.filter_of(name);
    if (filter && may_inspect(call, access::queue(name)))
      readers.push_back({true, name, *std::move(filter)});
  }
  for (const log::GroupInfo& group : broker.groups.list("", kGroupsMax)) {
    const bool reads =
        std::any_of(group.offsets.begin(), group.offsets.end(),
                    [&](const log::CommittedOffset& offset) { return offset.topic == topic; });
    if (reads && may_inspect(call, access::group(group.name)))
      readers.push_back({false, group.name});
  }
  return readers;
}

Problem wrong_compare(std::string detail) {
  return Problem(ProblemKind::invalid_request, std::move(detail), "compare")
      .with_hint(
          "Write compare=billing,analytics: two names of queues or groups that read the topic; "
          "queue:x and group:x where a name means both.");
}

// The reader that a name means.
Try<CoverageReader> choose(const std::vector<CoverageReader>& readers, std::string_view text) {
  std::optional<bool> queue;
  std::string_view name = text;
  if (text.starts_with("queue:")) queue = true;
  if (text.starts_with("group:")) queue = false;
  if (queue) name.remove_prefix(6);
  const CoverageReader* found = nullptr;
  for (const CoverageReader& reader : readers) {
    if (reader.name != name || (queue && reader.is_queue != *queue)) continue;
    if (found) return wrong_compare(fmt::format("{} is a queue and a group.", name));
    found = &reader;
  }
  if (!found)
    return wrong_compare(fmt::format("No queue or group named {} reads this topic.", name));
  return *found;
}

Try<std::vector<CoverageReader>> choose_two(const std::vector<CoverageReader>& readers,
                                            std::string_view compare) {
  const std::size_t comma = compare.find(',');
  if (comma == std::string_view::npos) return wrong_compare("Two readers are compared.");
  auto first = choose(readers, compare.substr(0, comma));
  if (!first) return std::move(first).problem();
  auto second = choose(readers, compare.substr(comma + 1));
  if (!second) return std::move(second).problem();
  return std::vector<CoverageReader>{*std::move(first), *std::move(second)};
}

// What was read of a stretch, and what each filter says of it.
struct Looked {
  std::vector<engine::Offset> offsets;
  std::vector<std::vector<bool>> matches;  // by reader; empty without a filter
  engine::Offset next{0};
  bool damaged = false;
  std::optional<engine::Error> trouble;
};

Looked look(const log::ReadablePartition& partition, engine::Offset to, std::size_t most,
            const std::vector<CoverageReader>& readers) {
  Looked looked;
  looked.next = to;
  looked.matches.resize(readers.size());
  if (partition.plan.empty()) return looked;
  auto batches = partition.plan.fetch();
  if (!batches) {
    const engine::Offset behind{batches.error().number};
    looked.damaged = batches.error().code == engine::Errc::data_damaged && behind > partition.from;
    if (looked.damaged) {
      looked.next = std::min(behind, to);
    } else {
      looked.trouble = batches.error();
    }
    return looked;
  }
  RecordCursor cursor(*std::move(batches), partition.from);
  while (looked.offsets.size() < std::min(most, kRecordsAtOnce)) {
    const auto record = cursor.next();
    if (!record) {
      looked.trouble = record.error();
      return looked;
    }
    if (!*record || (*record)->offset >= to) break;
    looked.offsets.push_back((*record)->offset);
    for (std::size_t i = 0; i < readers.size(); ++i)
      if (readers[i].filter) looked.matches[i].push_back(readers[i].filter->matches(**record));
  }
  looked.next = std::min(cursor.position(), to);
  return looked;
}

Mark mark_of(const queue::Progress& progress) {
  if (progress.before_start) return Mark::before_start;
  switch (progress.state) {
    case queue::MessageState::acked: return Mark::done;
    case queue::MessageState::dead: return Mark::dead;
    case queue::MessageState::in_flight: return Mark::in_flight;
    case queue::MessageState::ready:
    case queue::MessageState::delayed:
    case queue::MessageState::blocked: return progress.received ? Mark::waiting : Mark::never_read;
  }
  __builtin_unreachable();
}

// On the core. A reader that is gone since has read nothing.
void ask_reader(const Broker& broker, const std::string& topic, engine::PartitionId partition,
                const std::vector<engine::Offset>& offsets, CoverageReader& reader) {
  reader.marks.assign(offsets.size(), Mark::never_read);
  if (!reader.is_queue) {
    const auto committed = broker.groups.committed(reader.name, topic, partition);
    for (std::size_t i = 0; i < offsets.size(); ++i)
      if (committed && offsets[i] < *committed) reader.marks[i] = Mark::done;
    return;
  }
  const auto progress = broker.queues.progress(reader.name, partition, offsets);
  for (std::size_t i = 0; progress && i < offsets.size(); ++i)
    reader.marks[i] = mark_of((*progress)[i]);
}

}  // namespace

std::uint64_t CoverageReader::matched() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum - count(Mark::filtered) - count(Mark::before_start);
}

void Comparison::add(engine::PartitionId partition, const std::vector<engine::Offset>& offsets,
                     const CoverageReader& first, const CoverageReader& second) {
  const auto note = [&](std::vector<std::string>& sample, engine::Offset offset) {
    if (sample.size() < kSampleMax)
      sample.push_back(fmt::format("{}-{}", partition.value(), offset.value()));
  };
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const bool by_first = first.marks[i] == Mark::done;
    const bool by_second = second.marks[i] == Mark::done;
    if (by_first == by_second) {
      ++(by_first ? both : neither);
    } else if (by_first) {
      ++only_first;
      note(sample_first, offsets[i]);
    } else {
      ++only_second;
      note(sample_second, offsets[i]);
    }
  }
}

Task<Try<std::vector<CoverageReader>>> coverage_readers(Call& call, std::string topic,
                                                        std::optional<std::string> compare) {
  auto ask = [&call, &topic] { return all_readers(call, topic); };
  auto readers = co_await ask_core(call.broker().core, std::move(ask));
  if (!readers) co_return co_await explained(call, readers.error(), std::move(topic));
  if (!compare) co_return *std::move(readers);
  co_return choose_two(*readers, *compare);
}

Task<Try<CoverageChunk>> cover(Call& call, const std::string& topic, log::PartitionPosition at,
                               engine::Offset to, std::size_t most,
                               std::vector<CoverageReader>& readers) {
  log::Read read{topic, {at}, kReadBytes, /*skip_trimmed=*/true};
  const engine::Instant at_once(0);
  auto readable = co_await wait_for_records(call, std::move(read), at_once);
  if (!readable) co_return readable.error();
  const log::ReadablePartition& partition = readable->partitions.front();
  auto work = [&partition, to, most, &readers] { return look(partition, to, most, readers); };
  Looked looked = co_await run_on(call.broker().storage_pool, std::move(work));
  if (looked.trouble) co_return *looked.trouble;
  auto ask = [&broker = call.broker(), &topic, &at, &looked, &readers] {
    for (CoverageReader& reader : readers)
      ask_reader(broker, topic, at.partition, looked.offsets, reader);
    return true;
  };
  co_await ask_core(call.broker().core, std::move(ask));
  for (std::size_t r = 0; r < readers.size(); ++r) {
    for (std::size_t i = 0; i < looked.offsets.size(); ++i) {
      Mark& mark = readers[r].marks[i];
      if (readers[r].filter && mark != Mark::before_start && !looked.matches[r][i])
        mark = Mark::filtered;
      ++readers[r].counts[static_cast<std::size_t>(mark)];
    }
  }
  co_return CoverageChunk{at.partition, std::move(looked.offsets), looked.next, looked.damaged};
}

}  // namespace twofold::http
