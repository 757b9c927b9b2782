#include "engine/file_journal.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "engine/base/stopwatch.h"
#include "engine/entry.h"
#include "engine/journal_files.h"
#include "engine/journal_replay.h"

namespace twofold::engine {

FileJournal::FileJournal(FileSystem& fs, FileJournalOptions options, std::uint64_t stream_id,
                         Executor& core, Executor& writer, Executor& pool)
    : fs_(fs), options_(options), stream_id_(stream_id), core_(core), writer_(writer), pool_(pool) {
  TF_CHECK(options.file_bytes <= (std::uint64_t{2} << 30));  // places are 32 bits
}

FileJournal::~FileJournal() { *alive_ = false; }

Result<> FileJournal::load_files() {
  auto names = fs_.list(kJournalDirectory);
  if (!names) return names.error();
  for (const auto& base : *names) {
    if (is_spare_name(base)) spares_.push_back(std::string(kJournalDirectory) + "/" + base);
  }
  const auto journal = list_journal_files(fs_);
  if (!journal) return journal.error();
  for (const auto& [number, name] : *journal) {
    auto file = fs_.open(name, options_.direct ? OpenMode::write_direct : OpenMode::read_write);
    if (!file) return file.error();
    // Decisions must rest on durable bytes: the process before us may have died between its write
    // and its sync.
    if (auto synced = (*file)->sync(); !synced) return synced;
    files_[number] = std::make_shared<JournalFile>(JournalFile{number, name, std::move(*file)});
  }
  return {};
}

Result<ReplayEnd> FileJournal::replay(const ReplayStart& from, std::uint64_t durable_seq,
                                      const std::function<Result<>(const ReplayedBlock&)>& visit) {
  if (auto loaded = load_files(); !loaded) return loaded.error();
  return JournalReplay(files_, stream_id_, from, durable_seq).run(visit);
}

Result<> FileJournal::open(const ReplayEnd& end, std::uint64_t incarnation) {
  incarnation_ = incarnation;
  next_seq_ = end.next_seq;
  durable_seq_ = end.next_seq - 1;
  prev_crc_ = end.prev_block_crc;
  file_ = end.position.file;
  place_ = end.position.place;

  // Files after the end hold nothing that was ever acknowledged: ready to be written again.
  for (auto it = files_.upper_bound(file_); it != files_.end(); it = files_.erase(it)) {
    const auto spare = released_spare_name(it->second->name);
    if (auto moved = fs_.rename(it->second->name, spare); !moved) return moved;
    spares_.push_back(spare);
  }
  if (files_.contains(file_)) {
    prepare_ahead();  // it may be nearly full
    return {};
  }

  file_ = std::max<std::uint32_t>(file_, 1);
  place_ = kJournalFirstPlace;
  auto file = create_journal_file(fs_, stream_id_, file_, options_.file_bytes, options_.direct,
                                  /*zero=*/false);
  if (!file) return file.error();
  files_[file_] =
      std::make_shared<JournalFile>(JournalFile{file_, journal_file_name(file_), std::move(*file)});
  return {};
}

bool FileJournal::fits(std::size_t bytes) const {
  return place_ + bytes <= options_.file_bytes || place_ == kJournalFirstPlace;
}

bool FileJournal::ready(std::size_t bytes) const {
  return !writing_ && !failed_ && (fits(bytes) || next_ != nullptr);
}

BlockPlan FileJournal::plan_next(std::size_t bytes) {
  TF_CHECK(ready(bytes));
  if (!fits(bytes)) {
    file_ = next_->number;
    place_ = kJournalFirstPlace;
    files_[file_] = std::move(next_);
    next_ = nullptr;
  }
  const BlockPlan plan{
      JournalPosition{file_, static_cast<std::uint32_t>(place_)},
      next_seq_, durable_seq_,
      prev_crc_
  };
  return plan;
}

void FileJournal::write(SealedBlock block, std::uint32_t header_crc, Done written, Done durable) {
  TF_CHECK(!writing_);
  writing_ = true;
  next_seq_ = block.seq + 1;
  place_ = block.position.place + block.bytes();
  prev_crc_ = header_crc;
  auto file = files_.at(block.position.file);
  prepare_ahead();

  auto finish = [this, alive = alive_, seq = block.seq, since = Stopwatch(),
                 durable = std::move(durable)](Result<> synced) mutable {
    if (!*alive) return;
    times_->append.add(since.elapsed());
    writing_ = false;
    if (synced) {
      durable_seq_ = seq;
    } else {
      failed_ = true;
    }
    durable(std::move(synced));
  };
  auto work = [&core = core_, times = times_, file = std::move(file), block = std::move(block),
               written = std::move(written), finish = std::move(finish)]() mutable {
    const Stopwatch since;
    Result<> done = file->file->write_at(block.position.place, block.slab->bytes());
    if (written && done) {
      core.post([written = std::move(written)]() mutable { written({}); });
    }
    if (done && !file->file->is_direct()) done = file->file->sync();
    times->device.add(since.elapsed());
    core.post([finish = std::move(finish), done = std::move(done)]() mutable {
      finish(std::move(done));
    });
  };
  writer_.post(std::move(work));
}

// The next file is made ready while the second half of this one fills, and one more is kept in
// reserve: when the disk is full, acks still find room.
void FileJournal::prepare_ahead() {
  if (place_ * 2 >= options_.file_bytes) start_preparing();
}

void FileJournal::start_preparing() {
  if (preparing_) return;
  if (next_ && !spares_.empty()) {
    out_of_room_ = false;  // files that were released have filled the reserve
    return;
  }
  preparing_ = true;
  auto finish = [this, alive = alive_](Prepared made) {
    if (!*alive) return;
    preparing_ = false;
    if (made.next) next_ = std::move(made.next);
    spares_.insert(spares_.end(), made.spares.begin(), made.spares.end());
    out_of_room_ = made.out_of_room;
    if (on_ready_) on_ready_();
  };
  auto work = [&fs = fs_, &core = core_, options = options_, stream_id = stream_id_,
               number = file_ + 1, need_next = next_ == nullptr,
               spares = std::exchange(spares_, {}), finish = std::move(finish)]() mutable {
    auto made = prepare(fs, options, stream_id, number, need_next, std::move(spares));
    core.post([finish = std::move(finish), made = std::move(made)]() mutable {
      finish(std::move(made));
    });
  };
  pool_.post(std::move(work));
}

// A spare in its new life, or a new file.
Result<std::shared_ptr<File>> FileJournal::next_file(FileSystem& fs,
                                                     const FileJournalOptions& options,
                                                     std::uint64_t stream_id, std::uint32_t number,
                                                     std::vector<std::string>& spares) {
  const auto there = fs.list(kJournalDirectory);
  if (!there) return there.error();
  const auto exists = [&there](const std::string& name) {
    const auto base = name.substr(name.rfind('/') + 1);
    return std::find(there->begin(), there->end(), base) != there->end();
  };
  std::erase_if(spares, [&](const std::string& name) { return !exists(name); });
  // Where a crash can leave a file under its old name and its new one, a spare may be a journal
  // file that is in use: whoever wrote into it would write over what was acknowledged.
  std::erase_if(spares, [&](const std::string& name) {
    const auto inside = journal_number_inside(fs, name);
    if (!inside) return true;  // not sure is not good enough
    if (!*inside || !exists(journal_file_name(**inside))) return false;
    (void)fs.remove(name).has_value();
    return true;
  });
  const auto recycle = [&](const std::string& from) {
    return recycle_journal_file(fs, stream_id, number, from, options.file_bytes, options.direct);
  };
  // An attempt that failed half way may have left its file under the new name: nobody was told of
  // it, so it is as good as a spare.
  if (const auto name = journal_file_name(number); exists(name)) return recycle(name);
  if (spares.empty())
    return create_journal_file(fs, stream_id, number, options.file_bytes, options.direct,
                               /*zero=*/true);
  auto file = recycle(spares.back());
  if (file) spares.pop_back();
  return file;
}

FileJournal::Prepared FileJournal::prepare(FileSystem& fs, const FileJournalOptions& options,
                                           std::uint64_t stream_id, std::uint32_t number,
                                           bool need_next, std::vector<std::string> spares) {
  Prepared made;
  if (need_next) {
    auto file = next_file(fs, options, stream_id, number, spares);
    if (file) {
      made.next = std::make_shared<JournalFile>(
          JournalFile{number, journal_file_name(number), std::move(*file)});
    } else {
      made.out_of_room = true;
      diag(DiagLevel::warn, "engine", "no next journal file",
           {
               {"error", file.error().detail}
      });
    }
  }
  if (spares.empty() && !made.out_of_room) {
    auto spare = create_spare_file(fs, number + 1, options.file_bytes, options.direct);
    if (spare) {
      spares.push_back(std::move(*spare));
    } else {
      made.out_of_room = true;
      diag(DiagLevel::warn, "engine", "no reserve journal file",
           {
               {"error", spare.error().detail}
      });
    }
  }
  made.spares = std::move(spares);
  return made;
}

void FileJournal::retry_room() {
  if (out_of_room_) start_preparing();
}

// A block larger than what is left came before the half was full. Without room on the disk only
// retry_room() asks again, now and then.
void FileJournal::make_ready(std::size_t bytes) {
  if (!writing_ && !failed_ && !out_of_room_ && !ready(bytes)) start_preparing();
}

std::uint32_t FileJournal::oldest_file() const {
  return files_.empty() ? file_ : files_.begin()->first;
}

void FileJournal::release(std::uint32_t file) {
  constexpr std::size_t kSparesMax = 2;
  std::vector<std::string> reused;
  std::vector<std::string> removed;
  while (!files_.empty() && files_.begin()->first < std::min(file, file_)) {
    auto old = std::move(files_.begin()->second);
    files_.erase(files_.begin());
    // A reader may still hold the file: then its bytes must stay as they are, so it is not reused.
    const bool reuse = old.use_count() == 1 && spares_.size() + reused.size() < kSparesMax;
    (reuse ? reused : removed).push_back(old->name);
  }
  if (reused.empty() && removed.empty()) return;
  auto finish = [this, alive = alive_](std::vector<std::string> spares) {
    if (*alive) spares_.insert(spares_.end(), spares.begin(), spares.end());
  };
  auto work = [&fs = fs_, &core = core_, reused = std::move(reused), removed = std::move(removed),
               finish = std::move(finish)]() mutable {
    for (const auto& name : removed) {
      if (auto done = fs.remove(name); !done) {
        diag(DiagLevel::warn, "engine", "cannot remove a journal file",
             {
                 {"error", done.error().detail}
        });
      }
    }
    std::vector<std::string> spares;
    for (const auto& name : reused) {
      if (fs.rename(name, released_spare_name(name))) spares.push_back(released_spare_name(name));
    }
    core.post([finish = std::move(finish), spares = std::move(spares)]() mutable {
      finish(std::move(spares));
    });
  };
  pool_.post(std::move(work));
}

const char* FileJournal::mode() const {
  const auto it = files_.find(file_);
  return it != files_.end() && it->second->file->is_direct() ? "direct" : "buffered";
}

}  // namespace twofold::engine
