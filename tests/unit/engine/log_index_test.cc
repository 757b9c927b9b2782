// What the core knows of one log, and what a checkpoint of any version says of it.
#include "engine/log_index.h"

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

class LogIndexTest : public ::testing::Test {
 protected:
  /// A log of 70 records that is cleaned up to 40, as a checkpoint of `version` has it.
  static std::string stored(std::uint64_t version) {
    std::string bytes;
    ByteWriter out(bytes);
    out.varint(7);     // start
    out.varint(70);    // end
    out.varint(1'000);  // last append
    if (version >= 3) out.uvarint(99);  // place of the newest record
    if (version >= 4) {
      out.varint(40);
      out.varint(2'000);
      out.varint(3'000);
      out.varint(38);
    }
    for (int part = 0; part < 3; ++part) out.uvarint(0);  // ranges, damage, batches
    return bytes;
  }
  static LogIndex restored(const std::string& bytes, std::uint64_t version) {
    LogIndex log(LogId{1});
    ByteReader in(bytes);
    const auto done = log.restore(in, version, 500, [](SegmentId) { return nullptr; });
    EXPECT_TRUE(done) << "version " << version;
    EXPECT_TRUE(in.done()) << "version " << version;
    return log;
  }
  LogIndex log{LogId{1}};
};

TEST_F(LogIndexTest, CheckpointsOfEveryVersionAreRead) {
  for (const std::uint64_t version : {2u, 3u, 4u, 5u}) {
    const LogIndex read = restored(stored(version), version);
    EXPECT_EQ(read.start, Offset{7});
    EXPECT_EQ(read.end, Offset{70});
    EXPECT_EQ(read.last_seq, version == 2 ? 500u : 99u) << "version " << version;
    EXPECT_EQ(read.cleaned_upto, Offset{version >= 4 ? 40 : 0}) << "version " << version;
    EXPECT_EQ(read.tombstones_due, WallTime{version >= 4 ? 3'000 : 0}) << "version " << version;
    EXPECT_EQ(read.holes_upto, Offset{version >= 4 ? 38 : 0}) << "version " << version;
  }
}

TEST_F(LogIndexTest, WhatItWritesItReads) {
  const std::string bytes = stored(4);
  std::string again;
  ByteWriter out(again);
  restored(bytes, 4).snapshot(out);
  EXPECT_EQ(again, bytes);
}

TEST_F(LogIndexTest, HolesThatWereTrimmedAreNone) {
  EXPECT_EQ(log.cleaning(Offset{0}).holes_upto, Offset{0});
  log.holes_upto = Offset{30};
  log.start = Offset{20};
  EXPECT_EQ(log.cleaning(Offset{50}).holes_upto, Offset{30});
  log.start = Offset{40};
  EXPECT_EQ(log.cleaning(Offset{50}).holes_upto, Offset{40});
}

}  // namespace
}  // namespace twofold::engine
