#include "src/cli/dump_file.h"

#include <utility>

#include "engine/record_batch.h"
#include "http/rest/record_out.h"
#include "src/cli/data_directory.h"
#include "src/cli/json_text.h"
#include "src/storage/file_walk.h"

namespace twofold::cli {
namespace {

std::string_view type_text(engine::EntryType type) {
  using enum engine::EntryType;
  switch (type) {
    case batch: return "batch";
    case catalog: return "catalog";
    case queue: return "queue";
    case group: return "group";
    case trim: return "trim";
    case segment_added: return "segment_added";
    case segment_removed: return "segment_removed";
    case producer: return "producer";
    case dedup: return "dedup";
    case request: return "request";
    case log_cleaned: return "log_cleaned";
    case namespaced: return "namespaced";
  }
  __builtin_unreachable();
}

/// What stands in one file, a line for each piece.
class Pieces final : public storage::FileVisitor {
 public:
  Pieces(const Terminal& terminal, std::string file, std::uint64_t lines_max)
      : terminal_(terminal), file_(std::move(file)), lines_left_(lines_max) {}

  std::uint64_t damaged() const { return damaged_; }

  void on_block(std::uint64_t at, const engine::BlockHeader& header) override {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    print(place(at)
              .number("block", number(header.seq))
              .number("incarnation", number(header.incarnation))
              .number("durable", number(header.durable_seq))
              .text("sealed", time(header.sealed_at.wall))
              .number("entries", header.entries)
              .number("payload_bytes", header.payload_bytes));
  }
  void on_entry(std::uint64_t at, const engine::Entry& entry) override {
    JsonObject line = place(at);
    line.text("entry", type_text(entry.type))
        .number("owner", entry.owner)
        .number("bytes", static_cast<std::int64_t>(entry.stored_bytes()));
    if (entry.type == engine::EntryType::batch) {
      const auto header = engine::batch_header(entry.payload);
      line.number("first_offset", entry.base_offset)
          .number("last_offset", header.last_offset().value())
          .number("records", header.record_count)
          .number("first_seq", static_cast<std::int64_t>(entry.base_seq));
    }
    print(line);
  }
  void on_damage(std::uint64_t at, std::uint64_t upto, const std::string& why) override {
    ++damaged_;
    print(place(at).number("upto", static_cast<std::int64_t>(upto)).text("damaged", why));
  }

 private:
  JsonObject place(std::uint64_t at) const {
    return JsonObject().text("file", file_).number("at", static_cast<std::int64_t>(at));
  }
  std::string time(engine::WallTime wall) {
    std::string quoted;
    times_.append(quoted, wall);
    return quoted.substr(1, quoted.size() - 2);
  }
  void print(const JsonObject& line) {
    if (lines_left_ == 0) return;
    --lines_left_;
    terminal_.out(line.str() + "\n");
  }

  const Terminal& terminal_;
  const std::string file_;
  std::uint64_t lines_left_;
  std::uint64_t damaged_ = 0;
  http::TimeWriter times_;
};

}  // namespace

Tried<std::uint64_t> dump_file(const Terminal& terminal, engine::FileSystem& files,
                               const std::string& directory, const std::string& name,
                               std::uint64_t lines_max) {
  Pieces pieces(terminal, name, lines_max);
  const auto walked =
      name.ends_with(".seg")
          ? storage::walk_segment(files, name, pieces)
          : storage::walk_journal_file(files, name, storage::WalkDepth::entries, pieces);
  if (walked) return pieces.damaged();
  if (walked.error().code != engine::Errc::invalid_request)
    return storage_failure(directory, walked.error());
  return usage(walked.error().detail,
               "name one as `storage list` does, as in journal/00000001.wal");
}

}  // namespace twofold::cli
