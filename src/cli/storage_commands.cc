#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "src/cli/data_directory.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/storage/check.h"
#include "src/storage/snapshot.h"

namespace twofold::cli {
namespace {

using engine::Errc;

std::string as_json(const storage::Findings& found) {
  std::vector<std::string> damage;
  for (const std::string& sentence : found.damage) damage.push_back(json_quote(sentence));
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  return JsonObject()
      .boolean("ok", found.damage.empty())
      .number("generation", number(found.generation))
      .boolean("clean", found.was_clean)
      .number("checkpoints", number(found.checkpoints))
      .number("journal_blocks", number(found.blocks))
      .number("journal_bytes", number(found.journal_bytes))
      .boolean("torn_tail", found.torn_tail)
      .number("segments", number(found.segments))
      .number("segment_bytes", number(found.segment_bytes))
      .number("batches", number(found.batches))
      .raw("damage", json_array(damage))
      .str();
}

std::string for_people(const storage::Findings& found) {
  std::string text = fmt::format(
      "superblock   generation {}, {}\ncheckpoints  {}\njournal      {}, {}{}\n"
      "segments     {}, {}\nbatches      {}\n",
      found.generation, found.was_clean ? "stopped in order" : "not stopped in order",
      found.checkpoints, count_text(found.blocks, "block"), count_text(found.journal_bytes, "byte"),
      found.torn_tail ? ", its last write torn: nobody was told about it" : "", found.segments,
      count_text(found.segment_bytes, "byte"), found.batches);
  for (const std::string& sentence : found.damage) text += "damage       " + sentence + "\n";
  return text + (found.damage.empty() ? "everything verifies\n" : "");
}

// Whether `path` is `directory` or below it, whatever links lead there.
bool is_inside(const std::string& path, const std::string& directory) {
  std::error_code error;
  const auto real = [&error](const std::string& name) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(name, error), error);
  };
  // "data/" has an empty last part.
  const auto above = (real(directory) / "").parent_path();
  const auto below = (real(path) / "").parent_path();
  const auto parted = std::mismatch(above.begin(), above.end(), below.begin(), below.end());
  return !error && parted.first == above.end();
}

}  // namespace

Tried<> run_storage_snapshot(Session& session, const Args& args) {
  const auto from = data_directory(session, args);
  if (!from) return from.error();
  const std::string to = args.text("to");
  if (to.empty()) return usage("DIR is missing", "name where the copy goes: --to DIR");
  const auto files = open_data(*from);
  if (!files) return files.error();
  if (is_inside(to, *from)) {
    return usage(fmt::format("{} is inside the directory that is copied, {}", to, *from),
                 "name one elsewhere: --to DIR");
  }
  const auto copies = engine::open_file_system(to);
  if (!copies) return storage_failure(to, copies.error());
  const auto taken = storage::take_snapshot(**files, **copies);
  if (!taken)
    return storage_failure(taken.error().code == Errc::invalid_request ? to : *from, taken.error());
  const std::string json = JsonObject()
                               .text("snapshot", to)
                               .number("files", static_cast<std::int64_t>(taken->files))
                               .number("bytes", static_cast<std::int64_t>(taken->bytes))
                               .str();
  session.print(Answer(json),
                fmt::format("copied {} to {}: {}, {}\n", *from, to,
                            count_text(taken->files, "file"), count_text(taken->bytes, "byte")),
                to);
  return Done{};
}

Tried<> run_storage_verify(Session& session, const Args& args) {
  const auto directory = data_directory(session, args);
  if (!directory) return directory.error();
  const auto files = open_data(*directory);
  if (!files) return files.error();
  const auto found = storage::check_storage(**files);
  if (!found) return storage_failure(*directory, found.error());
  session.print(Answer(as_json(*found)), for_people(*found), *directory);
  return found->damage.empty() ? Tried<>(Done{}) : Failure::silent(ExitCode::failed);
}

}  // namespace twofold::cli
