#include "tests/support/compacted_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::test {

using namespace engine;

CompactedLog::CompactedLog(SimulatedFileSystem& disk, std::size_t map_bytes, bool has_neighbour)
    : disk_(disk), has_neighbour_(has_neighbour), options_(EngineRig::small()) {
  options_.journal.file_bytes = 64 << 10;
  options_.core.checkpoint_bytes = 96 << 10;
  options_.core.journal_files = 2;
  options_.core.segment_bytes = 8 << 10;
  options_.core.clean_map_bytes = map_bytes;
}

Result<RecoveryReport> CompactedLog::start() {
  rig_ = std::make_unique<EngineRig>(disk_, options_);
  rig_->clock.advance(wall_ - rig_->clock.wall());
  auto report = rig_->start([this](Core& core) {
    core.catalog().watch(
        "log/", [&core, this](std::string_view, const Document*) {
          core.open_log(kLog, LogOptions{});
          if (has_neighbour_) core.open_log(kNeighbour, LogOptions{});
        });
  });
  if (!report) {
    rig_.reset();
    return report;
  }
  if (rig_->core().catalog().get("log/1") == nullptr) {
    rig_->turn([&] { (void)rig_->core().catalog().put_if("log/1", "", 0).has_value(); });
  }
  return report;
}

bool CompactedLog::put(const std::string& key, bool tombstone, std::size_t bytes) {
  return append(key, tombstone, bytes);
}

bool CompactedLog::put_keyless() { return append(std::nullopt, false, 100); }

bool CompactedLog::append(std::optional<std::string> key, bool tombstone, std::size_t bytes) {
  bool acknowledged = false;
  rig_->turn([&] {
    auto& core = rig_->core();
    if (!core.admit(Admission::publish, bytes)) return;
    const std::string number = std::to_string(puts_.size());
    const std::string value(bytes, 'x');
    const Header header{"n", number};
    NewRecord record{
        std::nullopt, std::nullopt, {&header, 1},
          rig_->clock.wall()
    };
    if (key) record.key = *key;
    if (!tombstone) record.value = value;
    puts_.push_back({key, tombstone, core.append(kLog, record), false});
    if (has_neighbour_) {
      record.key = number;
      record.value = std::string_view(value).substr(0, bytes / 2);
      neighbours_.push_back({number, false, core.append(kNeighbour, record), false});
    }
    core.on_commit(Durability::disk,
                   [&](Result<Durability> done) { acknowledged = done.has_value(); });
  });
  if (acknowledged) puts_.back().acknowledged = true;
  if (acknowledged && has_neighbour_) neighbours_.back().acknowledged = true;
  return acknowledged;
}

Result<Cleaned> CompactedLog::clean(Duration tombstones) {
  std::optional<Result<Cleaned>> outcome;
  rig_->turn([&] {
    rig_->core().clean(kLog, CleanOrder{rig_->core().status(kLog).visible_end, tombstones},
                       [&](Result<Cleaned> done) { outcome.emplace(std::move(done)); });
  });
  // A drain that fails is tried again a little later, and the cleaning waits for it.
  for (int tries = 0; !outcome && tries < 5; ++tries) rig_->pass(std::chrono::seconds{1});
  return outcome ? *outcome : Error(Errc::storage_failed, "it never came to its end");
}

void CompactedLog::kill() {
  if (rig_) wall_ = rig_->clock.wall();
  rig_.reset();
  disk_.kill();
}

void CompactedLog::crash(Random& random) {
  if (rig_) wall_ = rig_->clock.wall();
  rig_.reset();
  disk_.crash(random);
}

std::optional<std::vector<CompactedLog::Found>> CompactedLog::read(std::size_t portion, LogId log) {
  std::vector<Found> all;
  auto& core = rig_->core();
  Offset from = core.status(log).start;
  while (from < core.status(log).visible_end) {
    const auto plan = core.plan_read(log, from, portion);
    if (plan.empty()) return std::nullopt;  // the newest record is always there
    const auto batches = plan.fetch();
    if (!batches || batches->empty()) return std::nullopt;
    for (const auto& batch : *batches) {
      if (!parse_batch(batch.bytes)) return std::nullopt;
      BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto r = cursor.next(); r && *r; r = cursor.next()) {
        const StoredRecord& record = **r;
        if (record.offset < from) continue;
        std::optional<std::string> key;
        if (record.key) key = std::string(*record.key);
        all.push_back({record.offset, key, !record.value,
                       std::stoi(std::string(record.headers.at(0).value.value()))});
      }
    }
    const Offset end = advance(batch_header(batches->back().bytes).last_offset(), 1);
    if (end <= from) return std::nullopt;
    from = end;
  }
  return all;
}

std::string CompactedLog::broken_promise() {
  const auto found = read();
  if (!found) return "the log cannot be read to its end";
  std::map<std::string, int> newest_found;
  Offset before{-1};
  for (const Found& record : *found) {
    if (record.offset <= before) return "offsets step back";
    before = record.offset;
    if (record.number >= sent()) return "a record that nobody sent";
    const Put& put = puts_[static_cast<std::size_t>(record.number)];
    if (put.offset != record.offset || put.key != record.key || put.tombstone != record.tombstone)
      return fmt::format("put {} is not what was sent", record.number);
    if (record.key) newest_found[*record.key] = std::max(newest_found[*record.key], record.number);
  }
  std::map<std::string, std::pair<int, bool>> promised;  // newest acknowledged; a tombstone since?
  for (int n = 0; n < sent(); ++n) {
    const Put& put = puts_[static_cast<std::size_t>(n)];
    if (!put.key) continue;
    auto& [newest, tombstone] = promised.try_emplace(*put.key, -1, false).first->second;
    if (put.acknowledged) {
      newest = n;
      tombstone = put.tombstone;
    } else {
      tombstone = tombstone || put.tombstone;
    }
  }
  for (const auto& [key, promise] : promised) {
    const auto& [newest, tombstone] = promise;
    const auto is = newest_found.find(key);
    if (is == newest_found.end() && newest >= 0 && !tombstone)
      return fmt::format("key {}: put {} is gone", key, newest);
    if (is != newest_found.end() && is->second < newest)
      return fmt::format("key {}: put {} is gone, {} is the newest", key, newest, is->second);
  }
  if (auto wrong = wrong_holes(*found); !wrong.empty()) return wrong;
  return has_neighbour_ ? broken_promise_to_neighbour() : std::string();
}

std::string CompactedLog::wrong_holes(const std::vector<Found>& found) {
  const auto status = rig_->core().status(kLog);
  const Offset whole_from = cleaning().holes_upto;
  Offset expected = whole_from;
  for (const Found& record : found) {
    if (record.offset < whole_from) continue;
    if (record.offset != expected)
      return fmt::format("offset {} is missing, the last hole was to end at {}", expected.value(),
                         whole_from.value());
    expected = advance(expected, 1);
  }
  if (expected != status.visible_end) return "offsets are missing at the end";
  const auto before = static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(),
                    [&](const Found& record) { return record.offset < whole_from; }));
  if (whole_from > status.start &&
      before == static_cast<std::size_t>(distance(status.start, whole_from)))
    return fmt::format("holes up to {}, where there are none", whole_from.value());
  return {};
}

std::string CompactedLog::broken_promise_to_neighbour() {
  const auto found = read(4096, kNeighbour);
  if (!found) return "the neighbour cannot be read to its end";
  auto at = found->begin();
  for (const Put& put : neighbours_) {
    const bool is_there = at != found->end() && at->offset == put.offset && at->key == put.key;
    if (is_there) ++at;
    if (put.acknowledged && !is_there)
      return fmt::format("the neighbour lost offset {}", put.offset.value());
  }
  return at == found->end() ? "" : "the neighbour has what nobody sent";
}

std::string CompactedLog::keys() {
  std::string text;
  const auto found = read();
  if (!found) return "unreadable";
  for (const Found& record : *found) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}{}@{}", record.tombstone ? "-" : "", record.key.value_or("?"),
                        record.offset.value());
  }
  return text;
}

CleaningStatus CompactedLog::cleaning() {
  return rig_->core().cleaning(kLog, rig_->core().status(kLog).visible_end);
}

}  // namespace twofold::test
