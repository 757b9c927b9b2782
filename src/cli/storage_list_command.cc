#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/journal_files.h"
#include "engine/segment_format.h"
#include "src/cli/data_directory.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/storage/file_walk.h"
#include "src/storage/view.h"

namespace twofold::cli {
namespace {

constexpr std::size_t kPage = 1000;

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// One table or run of JSON objects after the other, page by page: never all of it in memory.
class Sections {
 public:
  explicit Sections(const Session& session) : session_(session) {}

  void begin(std::vector<Table::Column> columns) {
    end_table();
    columns_ = std::move(columns);
    table_.emplace(columns_);
  }
  void add(const JsonObject& object, std::string_view name,
           const std::vector<std::vector<std::string>>& rows) {
    const Terminal& terminal = session_.terminal();
    switch (session_.format()) {
      case Format::json: terminal.out((any_ ? ",\n" : "[") + object.str()); break;
      case Format::jsonl: terminal.out(object.str() + "\n"); break;
      case Format::name:
        if (!name.empty()) terminal.out(fmt::format("{}\n", name));
        break;
      case Format::table:
      case Format::wide:
        for (const auto& row : rows) add_row(row);
    }
    any_ = true;
  }
  void finish() {
    end_table();
    if (session_.format() == Format::json) session_.terminal().out(any_ ? "]\n" : "[]\n");
    session_.terminal().flush();
  }

 private:
  void add_row(const std::vector<std::string>& row) {
    table_->add(row);
    if (++rows_ % kPage == 0) end_table();
  }
  void end_table() {
    if (table_ && rows_ > 0) {
      session_.terminal().out((sections_++ > 0 ? "\n" : "") +
                              table_->str(session_.terminal().out_is_terminal()));
    }
    rows_ = 0;
    if (table_) table_.emplace(columns_);
  }

  const Session& session_;
  std::vector<Table::Column> columns_;
  std::optional<Table> table_;
  std::size_t rows_ = 0;
  std::size_t sections_ = 0;
  bool any_ = false;
};

std::string file_of(const engine::LogPlace& place) {
  return place.in == engine::LogPlace::In::segment
             ? "segments/" + engine::segment_name(engine::SegmentId{place.file})
             : engine::journal_file_name(static_cast<std::uint32_t>(place.file));
}

/// The logs of a topic or a queue, as JSON and as rows.
struct Logs {
  std::vector<std::string> json;
  std::vector<std::vector<std::string>> rows;
};

Logs describe_logs(storage::View& view, std::string_view kind, const std::string& name,
                   const std::vector<engine::LogId>& logs) {
  Logs all;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const auto status = view.core().status(logs[i]);
    std::vector<std::string> files;
    std::size_t segments = 0;
    const auto places = view.core().places(logs[i]);
    for (const auto& place : places) {
      segments += place.in == engine::LogPlace::In::segment ? 1 : 0;
      files.push_back(JsonObject()
                          .text("file", file_of(place))
                          .number("from", place.first.value())
                          .number("upto", place.upto.value())
                          .number("bytes", number(place.bytes))
                          .str());
    }
    std::vector<std::string> damaged;
    for (const auto& [from, upto] : view.core().damaged(logs[i]))
      damaged.push_back(JsonObject().number("from", from.value()).number("upto", upto.value()).str());
    all.json.push_back(JsonObject()
                           .number("partition", number(i))
                           .number("log", logs[i].value())
                           .number("start", status.start.value())
                           .number("end", status.end.value())
                           .number("bytes", number(status.bytes))
                           .raw("files", json_array(files))
                           .raw("damaged", json_array(damaged))
                           .str());
    all.rows.push_back({std::string(kind), name, fmt::format("{}", i),
                        fmt::format("{}", status.start.value()),
                        fmt::format("{}", status.end.value()), fmt::format("{}", status.bytes),
                        fmt::format("{}", segments), fmt::format("{}", places.size() - segments),
                        fmt::format("{}", damaged.size())});
  }
  return all;
}

void list_directory(Sections& out, storage::View& view, const std::string& directory) {
  const engine::Superblock& superblock = view.superblock();
  const engine::RecoveryReport& report = view.recovered();
  out.begin({{"DIRECTORY"},
             {"FORMAT", true},
             {"GENERATION", true},
             {"STOPPED"},
             {"TO REPLAY", true},
             {"TORN TAIL"},
             {"DAMAGE", true},
             {"NAMESPACES"}});
  std::vector<std::string> namespaces;
  for (const std::string& name : view.namespaces()) namespaces.push_back(json_quote(name));
  std::vector<std::string> damage;
  for (const auto& one : report.damaged) {
    damage.push_back(JsonObject()
                         .text("file", engine::journal_file_name(one.position.file))
                         .number("at", one.position.place)
                         .number("first_block", number(one.first_seq))
                         .number("upto_block", number(one.upto_seq))
                         .str());
  }
  const auto object = JsonObject()
                          .text("kind", "directory")
                          .text("directory", directory)
                          .number("format", superblock.format)
                          .text("uuid", fmt::format("{:016x}{:016x}", superblock.uuid[0],
                                                    superblock.uuid[1]))
                          .number("generation", number(superblock.generation))
                          .boolean("clean", superblock.clean)
                          .number("replayed_blocks", number(report.blocks))
                          .number("replayed_bytes", number(report.bytes))
                          .boolean("torn_tail", report.torn_tail)
                          .raw("damaged", json_array(damage))
                          .raw("namespaces", json_array(namespaces));
  out.add(object, "",
          {{directory, fmt::format("{}", superblock.format),
            fmt::format("{}", superblock.generation),
            superblock.clean ? "in order" : "not in order", fmt::format("{}", report.bytes),
            report.torn_tail ? "yes" : "no", fmt::format("{}", report.damaged.size()),
            fmt::format("{}", fmt::join(view.namespaces(), ","))}});
}

void list_topics(Sections& out, storage::View& view) {
  std::string after;
  while (true) {
    const auto topics = view.topics().list(after, kPage);
    for (const auto& topic : topics) {
      const Logs logs = describe_logs(view, "topic", topic.name, topic.logs);
      out.add(JsonObject()
                  .text("kind", "topic")
                  .text("name", topic.name)
                  .number("id", topic.id)
                  .raw("partitions", json_array(logs.json)),
              topic.name, logs.rows);
    }
    if (topics.size() < kPage) return;
    after = topics.back().name;
  }
}

template <class Each>
void each_queue(storage::View& view, const Each& each) {
  std::string after;
  while (true) {
    const auto queues = view.queues().list(after, kPage);
    for (const auto& queue : queues) each(queue);
    if (queues.size() < kPage) return;
    after = queues.back().name;
  }
}

void list_queue_logs(Sections& out, storage::View& view) {
  each_queue(view, [&](const queue::QueueInfo& queue) {
    if (!queue.own_log) return;
    const Logs logs = describe_logs(view, "queue", queue.name, {*queue.own_log});
    out.add(JsonObject()
                .text("kind", "log")
                .text("queue", queue.name)
                .raw("partitions", json_array(logs.json)),
            "", logs.rows);
  });
}

void list_queues(Sections& out, storage::View& view) {
  out.begin({{"QUEUE"},
             {"READS"},
             {"READY", true},
             {"BLOCKED", true},
             {"IN FLIGHT", true},
             {"DELAYED", true},
             {"DEAD", true}});
  each_queue(view, [&](const queue::QueueInfo& queue) {
    const auto& counters = queue.counters;
    JsonObject object;
    object.text("kind", "queue").text("name", queue.name).number("id", queue.id);
    if (queue.source) object.text("topic", queue.source->topic);
    object.number("ready", number(counters.ready))
        .number("blocked", number(counters.blocked))
        .number("in_flight", number(counters.in_flight))
        .number("delayed", number(counters.delayed))
        .number("dead", number(counters.dead));
    out.add(object, queue.name,
            {{queue.name, queue.source ? "topic " + queue.source->topic : "its own log",
              fmt::format("{}", counters.ready), fmt::format("{}", counters.blocked),
              fmt::format("{}", counters.in_flight), fmt::format("{}", counters.delayed),
              fmt::format("{}", counters.dead)}});
  });
}

void list_groups(Sections& out, storage::View& view) {
  out.begin({{"GROUP"}, {"TOPIC"}, {"PARTITION", true}, {"NEXT", true}, {"LAG", true}});
  std::string after;
  while (true) {
    const auto groups = view.groups().list(after, kPage);
    for (const auto& group : groups) {
      std::vector<std::string> offsets;
      std::vector<std::vector<std::string>> rows;
      for (const auto& at : group.offsets) {
        const auto lag = view.groups().lag(at.topic, at.partition, at.offset).count;
        offsets.push_back(JsonObject()
                              .text("topic", at.topic)
                              .number("partition", at.partition.value())
                              .number("next", at.offset.value())
                              .number("lag", lag)
                              .str());
        rows.push_back({group.name, at.topic, fmt::format("{}", at.partition.value()),
                        fmt::format("{}", at.offset.value()), fmt::format("{}", lag)});
      }
      out.add(JsonObject()
                  .text("kind", "group")
                  .text("name", group.name)
                  .raw("offsets", json_array(offsets)),
              group.name, rows);
    }
    if (groups.size() < kPage) return;
    after = groups.back().name;
  }
}

void list_files(Sections& out, const std::vector<storage::FileSummary>& files) {
  out.begin({{"FILE"},
             {"BYTES", true},
             {"USED", true},
             {"FIRST BLOCK", true},
             {"LAST BLOCK", true},
             {"BATCHES", true},
             {"TROUBLE"}});
  const auto or_dash = [](std::uint64_t value) {
    return value == 0 ? std::string("-") : fmt::format("{}", value);
  };
  for (const auto& file : files) {
    JsonObject object;
    object.text("kind", "file").text("name", file.name).number("bytes", number(file.bytes));
    if (file.first_seq > 0) {
      object.number("used", number(file.used))
          .number("first_block", number(file.first_seq))
          .number("last_block", number(file.last_seq));
    }
    if (file.batches > 0)
      object.number("batches", number(file.batches)).number("logs", number(file.logs));
    if (!file.trouble.empty()) object.text("trouble", file.trouble);
    out.add(object, "",
            {{file.name, fmt::format("{}", file.bytes), or_dash(file.used),
              or_dash(file.first_seq), or_dash(file.last_seq), or_dash(file.batches),
              file.trouble.empty() ? "-" : file.trouble}});
  }
}

}  // namespace

Tried<> run_storage_list(Session& session, const Args& args) {
  const auto directory = data_directory(session, args);
  if (!directory) return directory.error();
  const auto files = open_data(*directory);
  if (!files) return files.error();
  std::vector<storage::FileSummary> found;
  const auto view = storage::View::open(**files, [&found](storage::Frozen& frozen) {
    found.clear();
    return storage::summarize_files(
        frozen, [&found](const storage::FileSummary& file) { found.push_back(file); });
  });
  if (!view) return storage_failure(*directory, view.error());
  const std::string& wanted = session.endpoint().name_space;
  if (!(*view)->enter(wanted)) return no_such_namespace(*directory, wanted);

  Sections out(session);
  list_directory(out, **view, *directory);
  out.begin({{"KIND"},
             {"NAME"},
             {"PARTITION", true},
             {"START", true},
             {"END", true},
             {"BYTES", true},
             {"SEGMENTS", true},
             {"JOURNAL FILES", true},
             {"DAMAGED", true}});
  list_topics(out, **view);
  list_queue_logs(out, **view);
  list_queues(out, **view);
  list_groups(out, **view);
  list_files(out, found);
  out.finish();
  return Done{};
}

}  // namespace twofold::cli
