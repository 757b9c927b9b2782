#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "engine/record_batch.h"
#include "http/rest/queue_out.h"
#include "http/rest/record_out.h"
#include "queue/header_patch.h"
#include "src/cli/data_directory.h"
#include "src/cli/dump_file.h"
#include "src/cli/handlers.h"
#include "src/cli/json_text.h"
#include "src/cli/session.h"
#include "src/storage/view.h"

namespace twofold::cli {
namespace {

using engine::Offset;
using engine::PartitionId;
using engine::StoredRecord;

constexpr std::size_t kPageBytes = 4 << 20;
constexpr std::size_t kPageMessages = 200;
constexpr int kViewsMax = 20;

/// What to print, and how much of it went out.
struct Wanted {
  std::string name;
  std::string name_space{};
  std::optional<std::uint64_t> partition;
  std::int64_t from = 0;
  std::int64_t upto = std::numeric_limits<std::int64_t>::max();
  std::uint64_t lines_max = std::numeric_limits<std::uint64_t>::max();
  std::optional<queue::MessageState> state;
  std::uint64_t lines = 0;
  std::uint64_t damaged = 0;

  bool enough() const { return lines >= lines_max; }
  bool has(std::size_t p) const { return !partition || *partition == p; }
};

Tried<Wanted> wanted_of(const Args& args) {
  Wanted wanted;
  wanted.name = args.text("name");
  wanted.partition = args.count("partition");
  wanted.from = static_cast<std::int64_t>(args.count("from").value_or(0));
  if (const auto upto = args.count("upto")) wanted.upto = static_cast<std::int64_t>(*upto);
  if (const auto num = args.count("num")) wanted.lines_max = *num;
  const std::string state = args.text("state");
  if (state.empty() || state == "all") return wanted;
  wanted.state = http::parse_state(state == "inflight" ? "in_flight" : state);
  if (!wanted.state) {
    return usage(fmt::format(
        "--state: \"{}\" is not one of ready, inflight, delayed, blocked, dead, all", state));
  }
  return wanted;
}

void print_damage(const Terminal& terminal, Wanted& wanted, PartitionId partition, Offset from,
                  Offset upto, const std::string& why) {
  ++wanted.damaged;
  ++wanted.lines;
  const auto damage = JsonObject()
                          .number("partition", partition.value())
                          .number("from", from.value())
                          .number("upto", upto.value())
                          .text("why", why);
  terminal.out(JsonObject().raw("damaged", damage.str()).str() + "\n");
}

/// Calls each(record) for the records of [from, ...) in the batches; false ends it.
template <class Each>
engine::Result<Offset> each_record(const std::vector<engine::StoredBatch>& batches, Offset from,
                                   const Each& each) {
  for (const auto& batch : batches) {
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    while (true) {
      const auto record = cursor.next();
      if (!record) return record.error();
      if (!*record) break;
      if ((*record)->offset < from) continue;
      if (!each(**record)) return (*record)->offset;
    }
    from = std::max(from, engine::advance(engine::batch_header(batch.bytes).last_offset(), 1));
  }
  return from;
}

/// One partition of a topic. Answers where it stopped when the files were taken away meanwhile.
std::optional<Offset> dump_log(const Terminal& terminal, storage::View& view, Wanted& wanted,
                               http::RecordWriter& writer, PartitionId partition, engine::LogId log,
                               Offset from) {
  const auto status = view.core().status(log);
  const Offset end{std::min(wanted.upto, status.visible_end.value())};
  from = std::max(from, status.start);
  std::string line;
  bool newer = false;  // a record that the view does not know: its file was written over
  const auto print = [&](const StoredRecord& record) {
    newer = record.offset >= status.visible_end;
    if (record.offset >= end || wanted.enough()) return false;
    line.clear();
    http::JsonWriter json(line);
    writer.json(json, partition, record);
    terminal.out(line + "\n");
    ++wanted.lines;
    from = engine::advance(record.offset, 1);
    return true;
  };
  while (from < end && !wanted.enough()) {
    const Offset before = from;
    const auto batches = view.core().plan_read(log, from, kPageBytes).fetch();
    auto next = batches ? each_record(*batches, from, print)
                        : engine::Result<Offset>(batches.error());
    if (newer && view.is_stale()) return from;
    if (!next) {
      if (view.is_stale()) return from;
      const Offset behind{std::max(next.error().number, from.value() + 1)};
      print_damage(terminal, wanted, partition, from, behind, next.error().detail);
      next = behind;
    }
    if (*next <= before) break;
    from = *next;
  }
  return std::nullopt;
}

/// Records of a topic, or those of a queue's own log whatever became of them.
Tried<> dump_topic(const Terminal& terminal, std::unique_ptr<storage::View>& view,
                   engine::FileSystem& files, const std::string& directory, Wanted& wanted) {
  http::RecordWriter writer(wanted.name);
  int views = 1;
  const std::size_t partitions = view->topics().find(wanted.name)->logs.size();
  for (std::size_t p = 0; p < partitions; ++p) {
    if (!wanted.has(p)) continue;
    std::optional<Offset> from = Offset{wanted.from};
    while (from) {
      const auto topic = view->topics().find(wanted.name);
      if (!topic) return Failure(ExitCode::not_found, "the topic was removed meanwhile");
      from = dump_log(terminal, *view, wanted, writer, PartitionId{static_cast<std::int32_t>(p)},
                      topic->logs[p], *from);
      if (!from) continue;
      // The broker has written over what was to be read: it stands elsewhere now.
      if (++views > kViewsMax) {
        return Failure(ExitCode::failed, "the broker writes faster than this reads",
                       "dump a snapshot of the directory instead");
      }
      auto fresh = storage::View::open(files);
      if (!fresh) return storage_failure(directory, fresh.error());
      view = *std::move(fresh);
      view->enter(wanted.name_space);
    }
  }
  return Done{};
}

/// The records that a page of messages is about.
using Found = std::map<std::pair<std::int32_t, std::int64_t>, StoredRecord>;

Found records_of(const queue::Browsed& page, std::vector<engine::Salvaged>& kept) {
  Found found;
  for (std::size_t i = 0; i < page.plans.size(); ++i) {
    kept.push_back(page.plans[i].salvage());
    for (const auto& batch : kept.back().batches) {
      // What does not parse is missing from the page, which says so of each message.
      (void)each_record({batch}, Offset{0}, [&](const StoredRecord& record) {
        found.emplace(std::pair(page.plan_partitions[i].value(), record.offset.value()), record);
        return true;
      }).has_value();
    }
  }
  return found;
}

void print_message(const Terminal& terminal, const storage::View& view, Wanted& wanted,
                   http::RecordWriter& writer, const queue::BrowseItem& item, Found& found,
                   const std::string& trouble) {
  const auto record = found.find({item.partition.value(), item.offset.value()});
  if (record == found.end()) {
    return print_damage(terminal, wanted, item.partition, item.offset,
                        engine::advance(item.offset, 1),
                        trouble.empty() ? "its record is gone" : trouble);
  }
  http::MessagePart part;
  part.state = http::state_text(item.state);
  part.receive_count = item.receive_count;
  part.reason = item.reason;
  if (item.visible_at) part.visible_at = view.on_calendar(*item.visible_at);
  StoredRecord shown = record->second;
  if (item.patch) queue::apply_patch(*item.patch, shown.headers);
  std::string line;
  http::JsonWriter json(line);
  writer.json(json, item.partition, shown, &part);
  terminal.out(line + "\n");
  ++wanted.lines;
}

Tried<> dump_queue(const Terminal& terminal, storage::View& view, const std::string& directory,
                   const queue::QueueInfo& info, Wanted& wanted) {
  const std::size_t partitions = info.source ? info.source->logs.size() : 1;
  queue::Browse browse{wanted.name, wanted.state, {}, kPageMessages};
  browse.from.assign(partitions, Offset{wanted.from});
  for (std::size_t p = 0; p < partitions; ++p) {
    if (!wanted.has(p)) browse.from[p] = Offset{std::numeric_limits<std::int64_t>::max()};
  }
  while (!wanted.enough()) {
    const auto page = view.queues().browse(browse);
    if (!page) return storage_failure(directory, page.error());
    http::RecordWriter writer(page->topic);
    std::vector<engine::Salvaged> kept;
    Found found = records_of(*page, kept);
    const auto troubled = std::find_if(kept.begin(), kept.end(),
                                       [](const auto& one) { return one.trouble.has_value(); });
    const std::string trouble = troubled == kept.end() ? "" : troubled->trouble->detail;
    if (troubled != kept.end() && view.is_stale()) {
      return Failure(ExitCode::failed, "the broker has overwritten files meanwhile",
                     "dump a snapshot of the directory instead");
    }
    for (const auto& item : page->items) {
      if (wanted.enough() || item.offset.value() >= wanted.upto) continue;
      print_message(terminal, view, wanted, writer, item, found, trouble);
    }
    if (page->next.empty() || page->next == browse.from) break;
    browse.from = page->next;
  }
  return Done{};
}

Tried<> dump_name(const Terminal& terminal, engine::FileSystem& files, const std::string& directory,
                  Wanted& wanted) {
  auto view = storage::View::open(files);
  if (!view) return storage_failure(directory, view.error());
  if (!(*view)->enter(wanted.name_space)) return no_such_namespace(directory, wanted.name_space);
  if (const auto queue = (*view)->queues().find(wanted.name))
    return dump_queue(terminal, **view, directory, *queue, wanted);
  if (!(*view)->topics().find(wanted.name)) {
    return Failure(ExitCode::not_found,
                   fmt::format("{} has no topic and no queue {}", directory, wanted.name),
                   "`twofold storage list` says what there is");
  }
  if (wanted.state) return usage("--state: a topic's records have no state", "name a queue");
  return dump_topic(terminal, *view, files, directory, wanted);
}

}  // namespace

Tried<> run_storage_dump(Session& session, const Args& args) {
  if (args.has("file") == args.has("name")) {
    return usage("say what to dump: a topic, a queue, or a file",
                 "twofold storage dump orders, or twofold storage dump --file FILE");
  }
  auto wanted = wanted_of(args);
  if (!wanted) return wanted.error();
  wanted->name_space = session.endpoint().name_space;
  const auto directory = data_directory(session, args);
  if (!directory) return directory.error();
  const auto files = open_data(*directory);
  if (!files) return files.error();
  const Terminal& terminal = session.terminal();
  if (args.has("file")) {
    const auto damaged =
        dump_file(terminal, **files, *directory, args.text("file"), wanted->lines_max);
    if (!damaged) return damaged.error();
    wanted->damaged = *damaged;
  } else if (auto dumped = dump_name(terminal, **files, *directory, *wanted); !dumped) {
    return dumped.error();
  }
  terminal.flush();
  return wanted->damaged == 0 ? Tried<>(Done{}) : Failure::silent(ExitCode::failed);
}

}  // namespace twofold::cli
