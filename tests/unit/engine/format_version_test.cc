// Files that another Twofold wrote: of a version that this one does not know nothing is guessed, and
// nothing is touched.

#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/block.h"
#include "engine/format_version.h"
#include "engine/journal_files.h"
#include "engine/segment_format.h"
#include "tests/support/engine_rig.h"

namespace twofold::engine {
namespace {

using ::testing::TestWithParam;
using test::EngineRig;

constexpr LogId kLog{1};
constexpr std::uint16_t kNewer = 77;

void store_crc(std::string& bytes, std::size_t from, std::size_t place) {
  store_le(bytes.data() + place, crc32c(std::string_view(bytes).substr(from, place - from)));
}

/// A way to make one structure newer, its checksums right.
struct Kind {
  const char* name;
  std::string folder;  // of the files of this kind
  std::string told;    // in the refusal, behind the file's name
  std::function<void(std::string&)> patch;
  bool in_superblock = false;  // its checksum stands in the superblocks
};

const Kind kKinds[] = {
    {"superblock", "", ": data directory of format version 77; this program reads 1 to 3",
     [](std::string& bytes) {
       store_le(bytes.data() + 4, std::uint32_t{kNewer});
       store_crc(bytes, 0, 196);
     }},
    {"checkpoint", "checkpoints", ": checkpoint of format version 77; this program reads 1",
     [](std::string& bytes) { store_le(bytes.data() + 4, kNewer); }, true},
    {"checkpoint_state", "checkpoints",
     ": state in a checkpoint of format version 77; this program reads 2 to 5",
     [](std::string& bytes) { bytes[32] = kNewer; }, true},
    {"journal_file", "journal", ": journal file of format version 77; this program reads 1",
     [](std::string& bytes) {
       store_le(bytes.data() + 4, kNewer);
       store_crc(bytes, 0, 20);
     }},
    {"first_block", "journal", " at 4096: journal block of format version 77; this program reads 1 to 2",
     [](std::string& bytes) {
       store_le(bytes.data() + 4096 + 4, kNewer);
       store_crc(bytes, 4096, 4096 + kBlockHeaderBytes - 4);
     }},
    {"segment", "segments", ": segment of format version 77; this program reads 1",
     [](std::string& bytes) {
       store_le(bytes.data() + 4, kNewer);
       store_crc(bytes, 0, kSegmentHeaderBytes - 4);
     }},
    {"first_footer", "segments", " at 64: segment footer of format version 77; this program reads 1",
     [](std::string& bytes) {
       store_le(bytes.data() + 64 + 4, kNewer);
       store_crc(bytes, 64, 64 + kFooterBytes - 4);
     }},
    {"last_footer", "segments", ": segment footer of format version 77; this program reads 1",
     [](std::string& bytes) {
       const std::size_t at = bytes.size() - kFooterBytes;
       store_le(bytes.data() + at + 4, kNewer);
       store_crc(bytes, at, bytes.size() - 4);
     }},
};

class AFileOfANewerTwofold : public TestWithParam<Kind> {
 protected:
  void start() {
    rig.emplace(files);
    report = rig->start([](Core& core) {
      core.catalog().watch("log/", [&core](std::string_view, const Document*) {
        core.open_log(kLog, LogOptions{});
      });
    });
  }

  // A life that leaves every kind of file: several journal files, segments, two checkpoints.
  void live() {
    start();
    ASSERT_TRUE(report) << report->error().detail;
    rig->turn([&] { ASSERT_TRUE(rig->core().catalog().put_if("log/1", "", 0)); });
    const std::string value(64 << 10, 'x');
    for (int n = 0; n < 100; ++n) {
      rig->turn([&] {
        rig->core().append(kLog, NewRecord{std::nullopt, value, {}, WallTime{n}});
        rig->core().on_commit(Durability::disk, [](Result<Durability> done) { ASSERT_TRUE(done); });
      });
    }
    rig->stop();
  }

  std::map<std::string, std::string> picture() {
    std::map<std::string, std::string> all;
    for (const std::string folder : {"", "checkpoints", "journal", "segments", "orphans"}) {
      for (const auto& base : *files.list(folder)) {
        const std::string name = folder.empty() ? base : folder + "/" + base;
        if (const auto file = files.open(name, OpenMode::read_only)) all[name] = content(**file);
      }
    }
    return all;
  }
  static std::string content(File& file) {
    std::string bytes(*file.size(), '\0');
    EXPECT_TRUE(file.read_at(0, bytes.data(), bytes.size()));
    return bytes;
  }
  void write(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE((*files.open(name, OpenMode::read_write))->write_at(0, bytes));
  }

  // The superblocks name the checkpoint by its checksum.
  void name_anew(const std::string& was, const std::string& is) {
    for (const char* slot : {"superblock.0", "superblock.1"}) {
      auto block = *decode_superblock(content(**files.open(slot, OpenMode::read_only)));
      for (CheckpointRef* ref : {&block.newest, &block.previous}) {
        if (ref->crc == crc32c(was)) ref->crc = crc32c(is);
      }
      write(slot, encode_superblock(block));
    }
  }

  // The newest of the kind's files; the oldest of the journal, whose newest is ready and empty.
  std::string chosen() {
    std::string found;
    for (const auto& base : *files.list(GetParam().folder)) {
      const bool fits = GetParam().folder.empty() ? base.starts_with("superblock.")
                                                  : !is_spare_name(base);
      if (fits && (found.empty() || GetParam().folder != "journal"))
        found = GetParam().folder.empty() ? base : GetParam().folder + "/" + base;
    }
    return found;
  }

  MemoryFileSystem files;
  std::optional<EngineRig> rig;
  std::optional<Result<RecoveryReport>> report;
};

TEST_P(AFileOfANewerTwofold, RefusesTheStartByNameAndChangesNothing) {
  ASSERT_NO_FATAL_FAILURE(live());
  const std::string name = chosen();
  ASSERT_FALSE(name.empty());
  std::string bytes = content(**files.open(name, OpenMode::read_only));
  const std::string was = bytes;
  GetParam().patch(bytes);
  write(name, bytes);
  if (GetParam().in_superblock) name_anew(was, bytes);
  const auto before = picture();

  start();
  ASSERT_FALSE(*report);
  EXPECT_EQ(report->error().code, Errc::newer_version);
  EXPECT_NE(report->error().detail.find(name), std::string::npos) << report->error().detail;
  EXPECT_NE(report->error().detail.find(GetParam().told), std::string::npos)
      << report->error().detail;
  EXPECT_NE(report->error().hint.find("a newer Twofold wrote it"), std::string::npos);
  EXPECT_EQ(picture(), before);
}

TEST_P(AFileOfANewerTwofold, IsDamageWhenItsChecksumIsWrongAndNoRefusal) {
  ASSERT_NO_FATAL_FAILURE(live());
  const std::string name = chosen();
  std::string bytes = content(**files.open(name, OpenMode::read_only));
  const std::string was = bytes;
  GetParam().patch(bytes);
  // The version as patched, the checksum as it was.
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool is_version = bytes[i] == static_cast<char>(kNewer) || bytes[i] == 0;
    if (bytes[i] != was[i] && !is_version) bytes[i] = was[i];
  }
  write(name, bytes);
  start();
  EXPECT_TRUE(*report) << report->error().detail;
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, AFileOfANewerTwofold, ::testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(FormatVersion, ALaterBlockOfANewerVersionIsNoEndOfTheJournal) {
  MemoryFileSystem files;
  EngineRig rig(files);
  ASSERT_TRUE(rig.start());
  for (const char* key : {"log/1", "log/2", "log/3"})
    rig.turn([&] { ASSERT_TRUE(rig.core().catalog().put_if(key, "", 0)); });
  rig.kill();

  const auto file = *files.open(journal_file_name(1), OpenMode::read_write);
  const std::uint64_t place = kJournalFirstPlace + kBlockAlignment;
  std::string header(kBlockHeaderBytes, '\0');
  ASSERT_TRUE(file->read_at(place, header.data(), header.size()));
  ASSERT_TRUE(read_block_header(header));
  store_le(header.data() + 4, kNewer);
  store_crc(header, 0, kBlockHeaderBytes - 4);
  ASSERT_TRUE(file->write_at(place, header));

  const auto report = EngineRig(files).start();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().detail,
            "journal/00000001.wal at 8192: journal block of format version 77; this program reads "
            "1 to 2");
}

TEST(FormatVersion, WhatIsTooOldSaysToGoThroughAVersionInBetween) {
  const auto refused = refuse_version("segments/a", "segment", 3, FormatVersions{4, 6});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->detail, "segments/a: segment of format version 3; this program reads 4 to 6");
  EXPECT_NE(refused->hint.find("start a version in between first"), std::string::npos);
  EXPECT_FALSE(refuse_version("segments/a", "segment", 4, FormatVersions{4, 6}));
  EXPECT_FALSE(refuse_version("segments/a", "segment", 6, FormatVersions{4, 6}));
}

}  // namespace
}  // namespace twofold::engine
