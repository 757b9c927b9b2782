#include <gtest/gtest.h>

#include "engine/block.h"
#include "engine/journal_files.h"
#include "engine/superblock.h"
#include "tests/support/one_log.h"

namespace twofold::engine {
namespace {

using test::OneLog;

using Image = std::map<std::string, std::string>;

const std::vector<std::string> kDirectories = {"journal", "segments", "checkpoints", "orphans"};

Image take_image(SimulatedFileSystem& disk) {
  Image image;
  for (const auto& directory : {std::string(), kDirectories[0], kDirectories[1], kDirectories[2]}) {
    const auto names = disk.list(directory);
    for (const auto& base : *names) {
      const auto name = directory.empty() ? base : directory + "/" + base;
      const bool is_directory = std::find(kDirectories.begin(), kDirectories.end(), name) !=
                                kDirectories.end();
      if (!is_directory) image[name] = disk.contents(name);
    }
  }
  return image;
}

void put_image(SimulatedFileSystem& disk, const Image& image) {
  for (const auto& directory : kDirectories) ASSERT_TRUE(disk.make_directory(directory));
  for (const auto& [name, bytes] : image) {
    auto file = disk.open(name, OpenMode::create);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write_at(0, bytes));
    ASSERT_TRUE((*file)->sync());
  }
}

TEST(EngineDamage, ATornLastBlockIsCutOffWhereverItTore) {
  SeededRandom random(1);
  SimulatedFileSystem first(random);
  OneLog story(first);
  ASSERT_TRUE(story.start());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(story.publish(9000));
  story.kill();
  const auto image = take_image(first);
  const auto& journal = image.at("journal/00000001.wal");
  std::size_t last = 0;
  for (std::size_t at = kJournalFirstPlace; at < journal.size(); at += kBlockAlignment) {
    if (read_block_header(std::string_view(journal).substr(at))) last = at;
  }
  const auto header = read_block_header(std::string_view(journal).substr(last));
  const auto used = kBlockHeaderBytes + header->payload_bytes;
  for (std::size_t cut = 0; cut < header->stored_bytes(); cut += cut < 200 ? 1 : 13) {
    SimulatedFileSystem disk(random);
    auto torn = image;
    auto& bytes = torn["journal/00000001.wal"];
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(last + cut),
              bytes.begin() + static_cast<std::ptrdiff_t>(last + header->stored_bytes()), '\0');
    put_image(disk, torn);
    OneLog log(disk);
    const auto report = log.start();
    ASSERT_TRUE(report) << "cut at " << cut << ": " << report.error().detail;
    EXPECT_TRUE(report->damaged.empty()) << "cut at " << cut;
    const std::vector<int> whole{0, 1, 2};
    const std::vector<int> without_last{0, 1};
    ASSERT_EQ(log.read(), cut >= used ? whole : without_last) << "cut at " << cut;
    ASSERT_TRUE(log.publish()) << "and it goes on";
  }
}

TEST(EngineDamage, ADamagedAcknowledgedBlockIsReportedAndCostsOnlyItself) {
  SeededRandom random(1);
  SimulatedFileSystem disk(random);
  OneLog log(disk);
  ASSERT_TRUE(log.start());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(log.publish(5000));
  log.kill();
  const auto journal = disk.contents("journal/00000001.wal");
  // The fourth value's first bytes: the block around it has witnesses after it.
  const auto place = journal.find("3:xxxx");
  ASSERT_NE(place, std::string::npos);
  disk.rot("journal/00000001.wal", place, "?");
  const auto report = log.start();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->damaged.size(), 1u) << report->blocks << " blocks";
  EXPECT_EQ(log.read(), (std::vector<int>{0, 1, 2, 4, 5}));
  EXPECT_EQ(log.damaged_reads(), 1) << "the reader is told, once, and can go on";
}

// The other slot names no checkpoint: it needs the whole journal.
TEST(EngineDamage, ARottenSuperblockBehindTheFirstCheckpointCostsNothing) {
  SeededRandom random(1);
  SimulatedFileSystem disk(random);
  OneLog log(disk);
  ASSERT_TRUE(log.start());
  const auto name = [](int thing) { return "thing/" + std::to_string(thing); };
  int things = 0;
  for (; things < 200 && log.rig().core().stats().checkpoints == 0; ++things) {
    log.rig().turn([&] {
      ASSERT_TRUE(log.rig().core().catalog().put_if(name(things), std::string(3000, 'x'), 0));
    });
  }
  ASSERT_EQ(log.rig().core().stats().checkpoints, 1u);
  log.kill();
  const auto generation = [&](const std::string& slot) {
    return decode_superblock(disk.contents(slot))->generation;
  };
  const bool second = generation("superblock.1") > generation("superblock.0");
  disk.flip_bit(second ? "superblock.1" : "superblock.0", 100 * 8);
  const auto report = log.start();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report->damaged.empty());
  for (int thing = 0; thing < things; ++thing)
    EXPECT_NE(log.rig().core().catalog().get(name(thing)), nullptr) << thing;
}

TEST(EngineDamage, NoFlippedBitIsTakenForTheTruth) {
  SeededRandom random(1);
  SimulatedFileSystem first(random);
  OneLog story(first);
  ASSERT_TRUE(story.start());
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(story.publish(3000));
    if (i % 12 == 11) story.pass(std::chrono::seconds{2});
  }
  story.kill();
  const auto image = take_image(first);
  std::vector<int> all(60);
  for (int i = 0; i < 60; ++i) all[static_cast<std::size_t>(i)] = i;

  int kinds_of_files = 0;
  int repaired = 0;
  int detected = 0;
  for (const auto& [name, bytes] : image) {
    ++kinds_of_files;
    const auto stride = std::max<std::size_t>(1, bytes.size() / 150);
    for (std::size_t at = random.below(stride); at < bytes.size(); at += stride) {
      SimulatedFileSystem disk(random);
      put_image(disk, image);
      disk.flip_bit(name, at * 8 + random.below(8));
      OneLog log(disk);
      const auto report = log.start();
      if (!report) {
        ++detected;
        continue;
      }
      const auto found = log.read();
      if (!found) {
        ++detected;
        continue;
      }
      EXPECT_TRUE(std::is_sorted(found->begin(), found->end())) << name << " byte " << at;
      if (*found == all) {
        ++repaired;
      } else {
        ++detected;
        EXPECT_TRUE(!report->damaged.empty() || log.damaged_reads() > 0)
            << name << " byte " << at << ": records are missing and nobody is told";
      }
    }
  }
  EXPECT_GT(kinds_of_files, 5);
  EXPECT_GT(repaired, 0);
  EXPECT_GT(detected, 0);
}

}  // namespace
}  // namespace twofold::engine
