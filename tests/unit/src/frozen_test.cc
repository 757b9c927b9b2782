// A copy of a journal that grows while it is read ends somewhere: it never has a hole.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "engine/base/simulated_file_system.h"
#include "engine/journal_files.h"
#include "src/storage/check.h"
#include "src/storage/snapshot.h"
#include "tests/support/engine_rig.h"

namespace twofold::storage {
namespace {

using namespace engine;
using test::EngineRig;

constexpr LogId kLog{1};

/// Files that somebody writes to between any two reads of the journal.
class Growing final : public FileSystem {
 public:
  Growing(FileSystem& files, std::function<void()> grow,
          std::function<void(const std::string&)> listing = {})
      : files_(files), grow_(std::move(grow)), listing_(std::move(listing)) {}

  Result<std::shared_ptr<File>> open(const std::string& name, OpenMode mode) override {
    auto file = files_.open(name, mode);
    if (!file || !journal_file_number(name)) return file;
    return std::shared_ptr<File>(std::make_shared<GrowingFile>(*std::move(file), grow_));
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    return files_.rename(from, to);
  }
  Result<> remove(const std::string& name) override { return files_.remove(name); }
  Result<> make_directory(const std::string& name) override { return files_.make_directory(name); }
  Result<std::vector<std::string>> list(const std::string& name) override {
    if (listing_) listing_(name);
    return files_.list(name);
  }
  Result<> sync_directory(const std::string& name) override { return files_.sync_directory(name); }
  Result<std::uint64_t> free_bytes() override { return files_.free_bytes(); }
  Result<> lock(const std::string& name) override { return files_.lock(name); }

 private:
  class GrowingFile final : public File {
   public:
    GrowingFile(std::shared_ptr<File> file, const std::function<void()>& grow)
        : file_(std::move(file)), grow_(grow) {}
    Result<> write_at(std::uint64_t place, std::string_view bytes) override {
      return file_->write_at(place, bytes);
    }
    Result<std::size_t> read_at(std::uint64_t place, char* out, std::size_t size) override {
      auto got = file_->read_at(place, out, size);
      grow_();
      return got;
    }
    Result<> sync() override { return file_->sync(); }
    Result<> allocate(std::uint64_t size) override { return file_->allocate(size); }
    Result<std::uint64_t> size() override { return file_->size(); }
    bool is_direct() const override { return file_->is_direct(); }

   private:
    const std::shared_ptr<File> file_;
    const std::function<void()>& grow_;
  };

  FileSystem& files_;
  const std::function<void()> grow_;
  const std::function<void(const std::string&)> listing_;
};

// It was copied with a superblock that named a checkpoint which was gone, and did not verify.
TEST(Snapshot, BegunJustBeforeACheckpointNamesNoneThatIsGone) {
  MemoryFileSystem files;
  EngineOptions options = EngineRig::small();
  options.core.checkpoint_bytes = 256 << 10;
  EngineRig rig(files, options);
  ASSERT_TRUE(rig.start([](Core& core) {
    core.catalog().watch("log/", [&core](std::string_view, const Document*) {
      core.open_log(kLog, LogOptions{});
    });
  }));
  rig.turn([&] { ASSERT_TRUE(rig.core().catalog().put_if("log/1", "", 0)); });
  const std::string value(10 << 10, 'x');
  const auto until_checkpoints = [&](std::uint64_t count) {
    for (int n = 0; n < 10'000 && rig.core().stats().checkpoints < count; ++n) {
      rig.turn([&] {
        rig.core().append(kLog, NewRecord{std::nullopt, value, {}, WallTime{n}});
        rig.core().on_commit(Durability::disk, [](Result<Durability> done) { EXPECT_TRUE(done); });
      });
    }
    ASSERT_EQ(rig.core().stats().checkpoints, count);
  };
  until_checkpoints(3);
  bool came = false;
  Growing growing(
      files, [] {},
      [&](const std::string& folder) {
        if (folder == "checkpoints" && !std::exchange(came, true)) until_checkpoints(4);
      });
  MemoryFileSystem copy;
  ASSERT_TRUE(take_snapshot(growing, copy));
  ASSERT_TRUE(came);
  const auto found = check_storage(copy);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->damage.empty()) << found->damage.front();
  EXPECT_EQ(found->checkpoints, 2u);
  rig.stop();
}

TEST(Snapshot, OfAJournalThatGrowsFasterThanItIsReadHasNoHole) {
  MemoryFileSystem files;
  EngineOptions options = EngineRig::small();
  options.journal.file_bytes = 8 << 20;
  options.core.checkpoint_bytes = 64 << 20;
  EngineRig rig(files, options);
  ASSERT_TRUE(rig.start([](Core& core) {
    core.catalog().watch("log/", [&core](std::string_view, const Document*) {
      core.open_log(kLog, LogOptions{});
    });
  }));
  rig.turn([&] { ASSERT_TRUE(rig.core().catalog().put_if("log/1", "", 0)); });
  const std::string value(300 << 10, 'x');
  int published = 0;
  const auto publish = [&] {
    if (++published > 22) return;  // up to the end of the file
    rig.turn([&] {
      rig.core().append(kLog, NewRecord{std::nullopt, value, {}, WallTime{published}});
      rig.core().on_commit(Durability::disk, [](Result<Durability> done) { EXPECT_TRUE(done); });
    });
  };
  for (int n = 0; n < 3; ++n) publish();

  // More than the copy reads at once.
  Growing growing(files, [&publish] {
    for (int n = 0; n < 5; ++n) publish();
  });
  MemoryFileSystem copy;
  ASSERT_TRUE(take_snapshot(growing, copy));
  EXPECT_GT(published, 5);
  const auto found = check_storage(copy);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->damage.empty()) << found->damage.front();
  EXPECT_GE(found->batches, 3u);
  rig.stop();
}

// Its empty folders stayed, and the next copy refused the directory for not being empty.
TEST(Snapshot, ThatFailsLeavesNothingAndTheNextOneMayTakeItsPlace) {
  MemoryFileSystem files;
  EngineRig rig(files);
  ASSERT_TRUE(rig.start());
  rig.turn([&] { ASSERT_TRUE(rig.core().catalog().put_if("log/1", "", 0)); });
  SeededRandom random{1};
  SimulatedFileSystem copy(random);
  for (const DiskCall call : {DiskCall::write, DiskCall::sync, DiskCall::make_directory}) {
    copy.fail(call, 2, DiskFault::full);
    EXPECT_FALSE(take_snapshot(files, copy));
    EXPECT_TRUE(copy.list("")->empty()) << copy.list("")->front();
  }
  EXPECT_TRUE(take_snapshot(files, copy));
  rig.stop();
}

}  // namespace
}  // namespace twofold::storage
