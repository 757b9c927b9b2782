#include "engine/clean.h"

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/base/memory_file_system.h"
#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

constexpr LogId kLog{1};
constexpr WallTime kNow{1'000'000};
constexpr WallTime kHorizon{2'000'000};

/// "a b -a ?": records of these keys, from an offset on; "-": a tombstone, "?": without a key.
StoredBatch batch_of(std::int64_t first, const std::vector<std::string>& words,
                     const BatchMarks& marks = {}) {
  BatchBuilder builder(Offset{first}, marks);
  for (const std::string& word : words) {
    NewRecord record{word, "value", {}, WallTime{1000 + first}};
    const std::string_view key = word[0] == '-' ? std::string_view(word).substr(1) : word;
    record.key = key;
    if (word == "?") record.key.reset();
    if (word[0] == '-') record.value.reset();
    builder.add(Offset{first++}, record);
  }
  auto bytes = std::make_shared<std::string>();
  builder.finish(*bytes);
  const std::string_view view = *bytes;
  return {std::move(bytes), view, Seq{100}};
}

std::string text_of(const std::vector<StoredBatch>& batches) {
  std::string text;
  for (const StoredBatch& batch : batches) {
    EXPECT_TRUE(parse_batch(batch.bytes));
    text += text.empty() ? "[" : " [";
    BatchCursor cursor(batch.bytes, batch.base_seq);
    bool first = true;
    for (auto r = cursor.next(); r && *r; r = cursor.next()) {
      if (!std::exchange(first, false)) text += ' ';
      text += (*r)->value ? "" : "-";
      text += (*r)->key.value_or("?");
      text += std::to_string((*r)->offset.value());
    }
    text += ']';
  }
  return text;
}

class CleanTest : public ::testing::Test {
 protected:
  CleanTest() {
    auto opened = open_segments(files);
    TF_CHECK(opened.has_value());
    store = std::move(*opened);
  }

  CleanRules rules(std::int64_t upto, std::int64_t last = 1'000) {
    CleanRules rules{map, Offset{0}, Offset{upto}, Offset{last}, kNow, kHorizon};
    rules.all_clean = all_clean;
    return rules;
  }
  /// The map that a pass over these batches has.
  void see(const std::vector<StoredBatch>& batches, std::int64_t from, std::int64_t upto) {
    see_keys(batches, Offset{from}, Offset{upto}, *map);
  }
  CleanedGroup clean(const std::vector<StoredBatch>& batches, const CleanRules& by,
                     bool merge = false) {
    DrainLog group{kLog, ReadPlan(kLog), Offset{0}, Offset{0}, WallTime{5}, std::nullopt, nullptr};
    for (const StoredBatch& batch : batches) {
      const auto header = batch_header(batch.bytes);
      group.upto = advance(header.last_offset(), 1);
      group.plan.add(ReadPlan::Piece{Offset{header.base_offset}, group.upto, batch, nullptr,
                                     batch.bytes.size()});
    }
    auto cleaned = clean_group(*store, 1 + 10 * groups++, 1 << 20, group, by, merge);
    EXPECT_TRUE(cleaned);
    return std::move(*cleaned);
  }
  std::vector<StoredBatch> written(const CleanedGroup& group) {
    std::vector<StoredBatch> batches;
    for (const auto& made : group.written.segments) {
      const auto segment = store->open(made.id);
      EXPECT_TRUE(segment);
      for (const auto& range : made.ranges) {
        const auto read = (*segment)->read(kLog, range.first, range.upto, 1 << 20);
        EXPECT_TRUE(read);
        batches.insert(batches.end(), read->begin(), read->end());
      }
    }
    return batches;
  }

  MemoryFileSystem files;
  std::unique_ptr<SegmentStore> store;
  std::shared_ptr<OffsetMap> map = std::make_shared<OffsetMap>(1 << 16, OffsetMap::Secret{7});
  std::uint64_t groups = 0;
  bool all_clean = true;
};

struct Row {
  const char* says;
  std::vector<std::vector<std::string>> batches;  // from offset 0 on
  std::int64_t dirty, upto, last;
  std::string stays;    // nothing: the group is left as it is
  std::string removed;  // runs
};

TEST_F(CleanTest, WhatStaysAndWhatGoes) {
  const Row rows[] = {
      {"the newest of each key",                         {{"a", "b", "a"}, {"c", "a"}}, 0, 5, 4, "[b1] [c3 a4]",  "0-1 2-3"},
      {"nothing to do",                                  {{"a", "b"}, {"c"}},           0, 3, 2, "",              ""       },
      {"what is clean is superseded by what is dirty",
       {{"a", "b"}, {"a"}},
       2,                                                                                  3,
       2,                                                                                        "[b1] [a2]",
       "0-1"                                                                                                               },
      {"the head is not touched and supersedes nothing",
       {{"a", "a"}, {"a", "b"}},
       0,                                                                                  2,
       3,                                                                                        "[a1] [a2 b3]",
       "0-1"                                                                                                               },
      {"a batch may be cut by the head",                 {{"a", "a", "a"}},             0, 2, 2, "[a1 a2]",       "0-1"    },
      {"without a key nothing stays",                    {{"?", "a"}, {"?", "b"}},      0, 4, 3, "[a1] [b3]",     "0-1 2-3"},
      {"but the newest record does",                     {{"a"}, {"?"}},                0, 2, 1, "",              ""       },
      {"a batch may vanish",                             {{"a", "a"}, {"a"}},           0, 3, 2, "[a2]",          "0-2"    },
      {"a tombstone stays at first",                     {{"a", "b"}, {"-a", "c"}},     0, 4, 3, "[b1] [-a2 c3]", "0-1"    },
      {"a tombstone is superseded as others are",
       {{"-a", "a"}, {"-a", "a"}},
       0,                                                                                  4,
       3,                                                                                        "[a3]",
       "0-3"                                                                                                               },
  };
  for (const Row& row : rows) {
    map = std::make_shared<OffsetMap>(1 << 16, OffsetMap::Secret{7});
    std::vector<StoredBatch> batches;
    std::int64_t at = 0;
    for (const auto& words : row.batches) {
      batches.push_back(batch_of(at, words));
      at += static_cast<std::int64_t>(words.size());
    }
    see(batches, row.dirty, row.upto);
    const auto group = clean(batches, rules(row.upto, row.last));
    EXPECT_EQ(text_of(written(group)), row.stays) << row.says;
    EXPECT_EQ(group.rewritten, !row.stays.empty()) << row.says;
    std::string removed;
    for (const auto& [from, upto] : group.removed)
      removed += (removed.empty() ? "" : " ") + std::to_string(from.value()) + "-" +
                 std::to_string(upto.value());
    EXPECT_EQ(removed, row.removed) << row.says;
  }
}

TEST_F(CleanTest, OffsetsTimesAndSequenceNumbersStayWhatTheyWere) {
  BatchMarks marks;
  marks.producer_id = 4242;
  marks.producer_epoch = 3;
  marks.base_sequence = 10;
  const std::vector<StoredBatch> batches{batch_of(5, {"a", "b", "a"}, marks), batch_of(8, {"b"})};
  see(batches, 0, 9);
  const auto out = written(clean(batches, rules(9)));
  ASSERT_EQ(text_of(out), "[a7] [b8]");
  const auto header = batch_header(out[0].bytes);
  EXPECT_EQ(header.base_offset, 5);
  EXPECT_EQ(header.last_offset(), Offset{7});
  EXPECT_EQ(header.producer_id, 4242);
  EXPECT_EQ(header.producer_epoch, 3);
  EXPECT_EQ(header.base_sequence, 10);
  EXPECT_EQ(out[0].base_seq, Seq{100});
  BatchCursor cursor(out[0].bytes, out[0].base_seq);
  const auto record = cursor.next();
  ASSERT_TRUE(record && *record);
  EXPECT_EQ((*record)->seq, Seq{102});
  EXPECT_EQ((*record)->timestamp, WallTime{1007});
}

TEST_F(CleanTest, ATombstoneGoesOnceItsHorizonHasPassed) {
  std::vector<StoredBatch> batches{batch_of(0, {"a", "-a"}), batch_of(2, {"b"})};
  see(batches, 0, 3);
  auto first = clean(batches, rules(3));
  EXPECT_EQ(first.tombstones_due, kHorizon);
  auto once = written(first);
  ASSERT_EQ(text_of(once), "[-a1] [b2]");

  auto too_early = clean(once, rules(3));
  EXPECT_FALSE(too_early.rewritten) << "the horizon is in its batch already";
  EXPECT_EQ(too_early.tombstones_due, kHorizon) << "the first one counts";

  CleanRules later = rules(3);
  later.now = kHorizon;
  later.horizon = WallTime{9'000'000};
  auto second = clean(once, later);
  EXPECT_EQ(text_of(written(second)), "[b2]");
  EXPECT_EQ(second.tombstones_due, std::nullopt);
}

TEST_F(CleanTest, ATombstoneThatIsTheNewestRecordWaitsForAnotherOne) {
  const std::vector<StoredBatch> batches{batch_of(0, {"b"}), batch_of(1, {"-a"})};
  see(batches, 0, 2);
  const auto group = clean(batches, rules(2, 1));
  EXPECT_FALSE(group.rewritten);
  EXPECT_EQ(group.tombstones_due, std::nullopt) << "or it would be cleaned for again and again";
}

TEST_F(CleanTest, ATimestampFarFromTheHorizonSurvivesIt) {
  const std::vector<StoredBatch> batches{batch_of(0, {"a", "-a", "b"}), batch_of(3, {"c"})};
  see(batches, 0, 4);
  const auto out = written(clean(batches, rules(4)));
  BatchCursor cursor(out.at(0).bytes, out[0].base_seq);
  const auto tombstone = cursor.next();
  ASSERT_TRUE(tombstone && *tombstone);
  EXPECT_EQ((*tombstone)->timestamp, WallTime{1001});
  EXPECT_EQ(batch_header(out[0].bytes).base_timestamp, kHorizon.value());
  EXPECT_EQ(batch_header(out[0].bytes).max_timestamp, 1002);
}

TEST_F(CleanTest, BehindWhatWasLeftAloneNoTombstonesTimeRuns) {
  all_clean = false;
  const std::vector<StoredBatch> batches{batch_of(0, {"a", "-a"}), batch_of(2, {"b"})};
  see(batches, 0, 3);
  const auto group = clean(batches, rules(3));
  const auto out = written(group);
  EXPECT_EQ(text_of(out), "[-a1] [b2]");
  EXPECT_EQ(batch_header(out[0].bytes).attributes & 0x40, 0);
  EXPECT_EQ(group.tombstones_due, std::nullopt);
}

TEST_F(CleanTest, ACompressedBatchIsLeftAloneAndSaid) {
  auto closed = batch_of(0, {"a", "a"});
  auto bytes = std::make_shared<std::string>(closed.bytes);
  (*bytes)[22] = 2;  // snappy, as far as anybody here can see
  const StoredBatch compressed{bytes, *bytes, Seq{100}};
  const std::vector<StoredBatch> batches{compressed, batch_of(2, {"a", "a"})};
  see(batches, 0, 4);
  EXPECT_EQ(map->newest("a"), Offset{3});
  DrainLog group{kLog, ReadPlan(kLog), Offset{0}, Offset{4}, WallTime{5}, std::nullopt, nullptr};
  group.plan.add(ReadPlan::Piece{Offset{0}, Offset{2}, compressed, nullptr, 1});
  const auto cleaned = clean_group(*store, 99, 1 << 20, group, rules(4), false);
  ASSERT_TRUE(cleaned);
  EXPECT_FALSE(cleaned->rewritten);
  EXPECT_FALSE(cleaned->all_clean);
}

TEST_F(CleanTest, AFullMapSaysWhereItStopped) {
  map = std::make_shared<OffsetMap>(1, OffsetMap::Secret{7});
  const std::vector<StoredBatch> batches{batch_of(0, {"a", "a", "b", "a"})};
  const auto seen = see_keys(batches, Offset{0}, Offset{4}, *map);
  EXPECT_TRUE(seen.full);
  EXPECT_EQ(seen.upto, Offset{2});
  const auto group = clean(batches, rules(2, 3));
  EXPECT_EQ(text_of(written(group)), "[a1 b2 a3]");
}

TEST_F(CleanTest, SmallNeighboursBecomeOneWhenAskedTo) {
  const std::vector<StoredBatch> batches{batch_of(0, {"a"}), batch_of(1, {"b"})};
  see(batches, 0, 2);
  const auto group = clean(batches, rules(2), /*merge=*/true);
  EXPECT_TRUE(group.rewritten);
  EXPECT_EQ(text_of(written(group)), "[a0] [b1]");
  EXPECT_EQ(group.written.segments.size(), 1u);
}

}  // namespace
}  // namespace twofold::engine
