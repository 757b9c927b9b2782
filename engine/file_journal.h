#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/file_system.h"
#include "engine/base/histogram.h"
#include "engine/journal.h"

namespace twofold::engine {

struct FileJournalOptions {
  std::uint64_t file_bytes = 64 << 20;
  bool direct = true;  ///< bypass the page cache where the file system allows it
};

/// How long blocks took, each counted once.
struct JournalTimes {
  DurationHistogram device;  ///< written and synced, on the journal's thread
  DurationHistogram append;  ///< from being handed over to being known as durable, on the core
};

/// One numbered file of the journal. Readers hold it; a file somebody still holds is never reused.
struct JournalFile {
  std::uint32_t number;
  std::string name;
  std::shared_ptr<File> file;
};

/// The journal in numbered files of a fixed size under "journal/": preallocated, written once, then
/// recycled, so that a sync never waits for the file system's own metadata.
///
/// With a MemoryFileSystem it is the memory journal, with a SimulatedFileSystem the one that tests
/// tear, fill and break: the code that recovers is the code that ships.
class FileJournal final : public Journal {
 public:
  FileJournal(FileSystem& fs, FileJournalOptions options, std::uint64_t stream_id, Executor& core,
              Executor& writer, Executor& pool);
  ~FileJournal() override;

  Result<ReplayEnd> replay(
      const ReplayStart& from, std::uint64_t durable_seq,
      const std::function<Result<>(const ReplayedBlock&)>& visit) override;
  Result<> open(const ReplayEnd& end, std::uint64_t incarnation) override;
  bool ready(std::size_t bytes) const override;
  BlockPlan plan_next(std::size_t bytes) override;
  std::uint64_t stream_id() const override { return stream_id_; }
  std::uint64_t incarnation() const override { return incarnation_; }
  void write(SealedBlock block, std::uint32_t header_crc, Done written, Done durable) override;
  void on_ready(UniqueFunction<void()> call) override { on_ready_ = std::move(call); }
  std::shared_ptr<const ColdSource> stored(std::uint32_t file,
                                           std::vector<Stretch> entries) override;
  std::uint32_t current_file() const override { return file_; }
  std::uint32_t oldest_file() const override;
  void release(std::uint32_t file) override;
  bool out_of_room() const override { return out_of_room_; }
  void retry_room() override;
  void make_ready(std::size_t bytes) override;
  const char* mode() const override;
  const JournalTimes& times() const { return *times_; }
  /// Of its files, those to come included. On the core.
  std::uint64_t bytes_on_device() const {
    return (files_.size() + spares_.size() + (next_ ? 1 : 0)) * options_.file_bytes;
  }

 private:
  struct Prepared {
    std::shared_ptr<JournalFile> next;
    std::vector<std::string> spares;
    bool out_of_room = false;
  };
  bool fits(std::size_t bytes) const;
  void prepare_ahead();
  void start_preparing();
  static Result<std::shared_ptr<File>> next_file(FileSystem& fs, const FileJournalOptions& options,
                                                 std::uint64_t stream_id, std::uint32_t number,
                                                 std::vector<std::string>& spares);
  static Prepared prepare(FileSystem& fs, const FileJournalOptions& options,
                          std::uint64_t stream_id, std::uint32_t number, bool need_next,
                          std::vector<std::string> spares);
  Result<> load_files();

  FileSystem& fs_;
  const FileJournalOptions options_;
  const std::uint64_t stream_id_;
  Executor& core_;
  Executor& writer_;
  Executor& pool_;

  std::uint64_t incarnation_ = 0;
  std::map<std::uint32_t, std::shared_ptr<JournalFile>> files_;
  std::uint32_t file_ = 0;
  std::uint64_t place_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t durable_seq_ = 0;
  std::uint32_t prev_crc_ = 0;

  std::shared_ptr<JournalFile> next_;
  std::vector<std::string> spares_;
  bool preparing_ = false;
  bool writing_ = false;
  bool failed_ = false;
  bool out_of_room_ = false;
  std::shared_ptr<JournalTimes> times_ = std::make_shared<JournalTimes>();  // the writer has it, too
  UniqueFunction<void()> on_ready_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace twofold::engine
