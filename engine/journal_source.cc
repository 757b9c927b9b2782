#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/damage.h"
#include "engine/entry.h"
#include "engine/file_journal.h"
#include "engine/journal_files.h"

namespace twofold::engine {
namespace {

using Stretch = Journal::Stretch;

/// Entries of one journal file that left memory. Neighbours are read together: a small batch costs
/// a share of one read, not a read of its own.
class JournalStretches final : public ColdSource {
 public:
  /// `file` is null when it is gone.
  JournalStretches(std::string name, std::shared_ptr<JournalFile> file,
                   std::vector<Stretch> entries)
      : name_(std::move(name)), file_(std::move(file)), entries_(std::move(entries)) {}

  // The plan has chosen the entries already: all of them are wanted, but for those that whoever
  // comes back after damage has got.
  Result<std::vector<StoredBatch>> read(LogId log, Offset from, Offset,
                                        std::size_t) const override {
    std::vector<StoredBatch> out;
    out.reserve(entries_.size());
    std::size_t i = 0;
    while (i < entries_.size() && entries_[i].upto <= from) ++i;
    if (!file_ && i < entries_.size()) return damaged(log, entries_.back(), "the file is gone");
    while (i < entries_.size()) {
      const auto upto = run_end(i);
      if (auto done = read_run(log, i, upto, out); !done) {
        // What lies before the damage is sound; the next read begins at the damage and is told.
        if (!out.empty()) return out;
        return done.error();
      }
      i = upto;
    }
    return out;
  }

 private:
  static constexpr std::uint32_t kGapMax = 16 << 10;
  static constexpr std::uint32_t kRunMax = 1 << 20;

  std::size_t run_end(std::size_t first) const {
    std::size_t i = first + 1;
    while (i < entries_.size()) {
      const auto prev_end = entries_[i - 1].place + entries_[i - 1].bytes;
      const auto end = entries_[i].place + entries_[i].bytes;
      if (entries_[i].place < prev_end || entries_[i].place - prev_end > kGapMax) break;
      if (end - entries_[first].place > kRunMax) break;
      ++i;
    }
    return i;
  }

  Result<> read_run(LogId log, std::size_t first, std::size_t upto,
                    std::vector<StoredBatch>& out) const {
    const auto place = entries_[first].place;
    auto bytes = std::make_shared<std::string>();
    bytes->resize(entries_[upto - 1].place + entries_[upto - 1].bytes - place);
    const auto got = file_->file->read_at(place, bytes->data(), bytes->size());
    if (!got) return damaged(log, entries_[first], got.error().detail);
    bytes->resize(*got);
    for (std::size_t i = first; i < upto; ++i) {
      const auto at = std::min<std::size_t>(entries_[i].place - place, bytes->size());
      const auto entry = read_entry(std::string_view(*bytes).substr(at, entries_[i].bytes));
      if (!entry) return damaged(log, entries_[i], entry.error().detail);
      if (entry->type != EntryType::batch || entry->owner != log.value())
        return damaged(log, entries_[i], "another log's bytes stand there");
      out.push_back(StoredBatch{bytes, entry->payload, Seq{entry->base_seq}});
    }
    return {};
  }

  Error damaged(LogId log, const Stretch& entry, const std::string& why) const {
    Error error(Errc::data_damaged, fmt::format("log {} cannot be read from {} at {}: {}",
                                                log.value(), name_, entry.place, why));
    error.number = entry.upto.value();
    // Its first offset stood in what does not verify: whoever asked for it knows more.
    damage_met(Damage{DamageMet::read, log, advance(entry.upto, -1), entry.upto, name_,
                      std::uint64_t{entry.place}, error.detail});
    return error;
  }

  std::string name_;
  std::shared_ptr<JournalFile> file_;
  std::vector<Stretch> entries_;
};

}  // namespace

std::shared_ptr<const ColdSource> FileJournal::stored(std::uint32_t file,
                                                      std::vector<Stretch> entries) {
  const auto found = files_.find(file);
  return std::make_shared<JournalStretches>(
      journal_file_name(file), found == files_.end() ? nullptr : found->second, std::move(entries));
}

}  // namespace twofold::engine
