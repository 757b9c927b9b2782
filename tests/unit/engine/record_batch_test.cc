#include "engine/record_batch.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "tests/unit/engine/hex.h"

namespace twofold::engine {
namespace {

constexpr WallTime kTime{1'700'000'000'000};

// Built twice elsewhere: by kafka-python's builder and by an independent encoder.
const std::string kTwoRecords = from_hex(
    "00000000000000000000005200000000026cca01680000000000010000018bcfe568000000018bcfe56805"
    "ffffffffffffffffffffffffffff000000021a000000046b310a68656c6c6f0024000a02010a776f726c64"
    "0402680276026e01");
const std::string kTransactional = from_hex(
    "0000000000000000000000390000000002bebed1870010000000000000018bcfe568000000018bcfe56800"
    "000000000000109200030000000a000000010e00000001026100");
const std::string kTombstone = from_hex(
    "00000000000000000000003a0000000002c700b71f0000000000000000018bcfe568000000018bcfe56800"
    "ffffffffffffffffffffffffffff0000000110000000046b310100");
const std::string kCommitMarker = from_hex(
    "0000000000000007000000420000000002699b56260030000000000000018bcfe568640000018bcfe56864"
    "00000000000010920003ffffffff000000012000000008000000010c00000000000000");
const std::string kAbortMarker = from_hex(
    "00000000000000070000004200000000029da5806e0030000000000000018bcfe568640000018bcfe56864"
    "00000000000010920003ffffffff000000012000000008000000000c00000000000000");

std::vector<StoredRecord> records_of(std::string_view batch, Seq base_seq = Seq{1}) {
  std::vector<StoredRecord> records;
  BatchCursor cursor(batch, base_seq);
  while (true) {
    auto record = cursor.next();
    EXPECT_TRUE(record) << record.error().detail;
    if (!record || !*record) return records;
    records.push_back(std::move(**record));
  }
}

/// Makes the checksum right again after a test changed what it covers.
std::string resealed(std::string batch) {
  store_be(batch.data() + 17, crc32c(std::string_view(batch).substr(21)));
  return batch;
}

TEST(RecordBatch, TwoRecordsComeOutAsKafkaWritesThem) {
  const std::vector<Header> headers{
      {"h", "v"         },
      {"n", std::nullopt}
  };
  BatchBuilder builder(Offset{0});
  builder.add(Offset{0}, {"k1", "hello", {}, kTime});
  builder.add(Offset{1}, {std::nullopt, "world", headers, kTime + Duration(5)});

  std::string batch;
  builder.finish(batch);
  EXPECT_EQ(to_hex(batch), to_hex(kTwoRecords));
  EXPECT_EQ(builder.bytes(), batch.size());
  EXPECT_EQ(builder.max_timestamp(), kTime + Duration(5));
}

TEST(RecordBatch, ATombstoneComesOutAsKafkaWritesIt) {
  BatchBuilder builder(Offset{0});
  builder.add(Offset{0}, {"k1", std::nullopt, {}, kTime});
  std::string batch;
  builder.finish(batch);
  EXPECT_EQ(to_hex(batch), to_hex(kTombstone));
}

TEST(RecordBatch, TheRecordsOfAnotherWriterAreReadInFull) {
  const auto header = parse_batch(kTwoRecords);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->size(), 94u);
  EXPECT_EQ(header->last_offset(), Offset{1});
  EXPECT_EQ(header->record_count, 2);
  EXPECT_EQ(header->producer_id, -1);

  const auto records = records_of(kTwoRecords, Seq{40});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].key, "k1");
  EXPECT_EQ(records[0].value, "hello");
  EXPECT_EQ(records[0].timestamp, kTime);
  EXPECT_EQ(records[0].seq, Seq{40});
  EXPECT_EQ(records[1].offset, Offset{1});
  EXPECT_EQ(records[1].seq, Seq{41});
  EXPECT_FALSE(records[1].key);
  EXPECT_EQ(records[1].timestamp, kTime + Duration(5));
  ASSERT_EQ(records[1].headers.size(), 2u);
  EXPECT_EQ(records[1].headers[0].name, "h");
  EXPECT_EQ(records[1].headers[0].value, "v");
  EXPECT_FALSE(records[1].headers[1].value);
}

TEST(RecordBatch, ProducerFieldsAndControlBatchesAreKeptAsTheyAre) {
  const auto transactional = parse_batch(kTransactional);
  ASSERT_TRUE(transactional);
  EXPECT_EQ(transactional->producer_id, 4242);
  EXPECT_EQ(transactional->producer_epoch, 3);
  EXPECT_EQ(transactional->base_sequence, 10);
  EXPECT_EQ(transactional->attributes, 0x10);
  EXPECT_EQ(records_of(kTransactional).at(0).value, "a");

  for (const auto& marker : {kCommitMarker, kAbortMarker}) {
    const auto header = parse_batch(marker);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->attributes, 0x30);
    EXPECT_EQ(header->base_offset, 7);
    EXPECT_EQ(records_of(marker).at(0).key->size(), 4u);
  }
}

TEST(RecordBatch, LeaderEpochAndBaseOffsetMayChangeWithoutANewChecksum) {
  auto batch = kTwoRecords;
  store_be<std::int64_t>(batch.data(), 1000);
  store_be<std::int32_t>(batch.data() + 12, -1);
  const auto header = parse_batch(batch);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->last_offset(), Offset{1001});
  EXPECT_EQ(records_of(batch).at(1).offset, Offset{1001});
}

TEST(RecordBatch, ABatchCutAtAnyByteIsDamaged) {
  for (const auto& whole : {kTwoRecords, kTransactional, kTombstone, kCommitMarker}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto parsed = parse_batch(std::string_view(whole).substr(0, size));
      ASSERT_FALSE(parsed) << "cut at " << size;
      ASSERT_EQ(parsed.error().code, Errc::data_damaged);
    }
    EXPECT_TRUE(parse_batch(whole + "what follows is not looked at"));
  }
}

TEST(RecordBatch, EveryFlippedBitThatTheChecksumCoversIsFound) {
  for (std::size_t bit = 0; bit < kTwoRecords.size() * 8; ++bit) {
    const auto at = bit / 8;
    const bool covered = at >= 16 || (at >= 8 && at < 12);
    if (!covered) continue;  // base offset and leader epoch: the entry around it covers them
    auto batch = kTwoRecords;
    batch[at] = static_cast<char>(batch[at] ^ (1 << (bit % 8)));
    ASSERT_FALSE(parse_batch(batch)) << "byte " << at << " bit " << bit % 8;
  }
}

TEST(RecordBatch, ASoundChecksumDoesNotMakeNonsenseSound) {
  const auto with = [](std::size_t at, auto value) {
    auto batch = kTwoRecords;
    store_be(batch.data() + at, value);
    return parse_batch(resealed(batch));
  };
  EXPECT_FALSE(with(21, std::int16_t{0x80})) << "an attribute nobody knows";
  EXPECT_FALSE(with(23, std::int32_t{-1})) << "a last offset before the first";
  EXPECT_FALSE(with(57, std::int32_t{-1})) << "fewer records than none";
  EXPECT_FALSE(with(57, std::int32_t{3})) << "more records than offsets";
  EXPECT_FALSE(with(0, std::int64_t{-1})) << "an offset before the first one";
  EXPECT_FALSE(with(0, std::int64_t{INT64_MAX})) << "an offset behind the last one there can be";
  EXPECT_FALSE(parse_batch(std::string(200, '\0')));
  EXPECT_FALSE(parse_batch(std::string(200, '\xFF')));

  auto crowded = kTwoRecords;
  store_be<std::int32_t>(crowded.data() + 23, 1'000'000);
  store_be<std::int32_t>(crowded.data() + 57, 1'000'000);
  EXPECT_FALSE(parse_batch(resealed(crowded))) << "a million records in 33 bytes";
}

TEST(RecordBatch, RecordsThatDoNotParseAreDamagedWhereverTheyWereBroken) {
  // Any one byte of the records turned into 0xFF, the checksum made right: never a crash, and
  // whatever is still read lies inside the batch.
  for (std::size_t at = kBatchHeaderBytes; at < kTwoRecords.size(); ++at) {
    auto broken = kTwoRecords;
    broken[at] = '\xFF';
    broken = resealed(broken);
    BatchCursor cursor(broken, Seq{1});
    for (int i = 0; i < 3; ++i) {
      const auto record = cursor.next();
      if (!record) {
        EXPECT_EQ(record.error().code, Errc::data_damaged);
        break;
      }
      if (!*record) break;
      EXPECT_LE((*record)->offset, Offset{1});
    }
  }
}

TEST(RecordBatch, BytesAfterTheLastRecordAreDamage) {
  auto batch = kTwoRecords;
  store_be<std::int32_t>(batch.data() + 57, 1);
  batch = resealed(batch);
  BatchCursor cursor(batch, Seq{1});
  EXPECT_TRUE(cursor.next());
  const auto end = cursor.next();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Errc::data_damaged);
}

TEST(RecordBatch, CompressedRecordsAreRefusedAndNotMisread) {
  auto batch = kTwoRecords;
  store_be<std::int16_t>(batch.data() + 21, 4);
  batch = resealed(batch);
  ASSERT_TRUE(parse_batch(batch));
  EXPECT_FALSE(BatchCursor(batch, Seq{1}).next());
}

TEST(RecordBatch, LogAppendTimeIsTheTimeOfEveryRecord) {
  auto batch = kTwoRecords;
  store_be<std::int16_t>(batch.data() + 21, 8);
  batch = resealed(batch);
  EXPECT_EQ(records_of(batch).at(0).timestamp, kTime + Duration(5));
}

TEST(RecordBatch, WhatWasDroppedLeavesItsOffsetsBehind) {
  BatchBuilder builder(Offset{100});
  builder.add(Offset{103}, {std::nullopt, "a", {}, kTime});
  builder.add(Offset{250}, {std::nullopt, "b", {}, kTime - Duration(9)});
  std::string batch = "before";
  builder.finish(batch, Offset{299});

  const auto stored = std::string_view(batch).substr(6);
  const auto header = parse_batch(stored);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->base_offset, 100);
  EXPECT_EQ(header->last_offset(), Offset{299});
  EXPECT_EQ(header->max_timestamp, kTime.value());
  const auto records = records_of(stored, Seq{1000});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].offset, Offset{103});
  EXPECT_EQ(records[0].seq, Seq{1003});
  EXPECT_EQ(records[1].offset, Offset{250});
  EXPECT_EQ(records[1].timestamp, kTime - Duration(9));
}

TEST(RecordBatch, ARecordNeverTakesMoreThanItsBound) {
  const std::string large(70'000, 'x');
  const std::vector<Header> headers{
      {"name", large       },
      {"",     std::nullopt}
  };
  for (const NewRecord& record : {
           NewRecord{std::nullopt, std::nullopt, {},      kTime      },
           NewRecord{"k",          large,        headers, kTime      },
           NewRecord{large,        std::nullopt, headers, WallTime{0}}
  }) {
    BatchBuilder builder(Offset{0});
    builder.add(Offset{0}, {std::nullopt, std::nullopt, {}, kTime});
    const auto before = builder.bytes();
    builder.add(Offset{2'000'000'000}, record);
    EXPECT_LE(builder.bytes() - before, record_bytes_max(record));
    EXPECT_GE(builder.bytes() - before + 32, record_bytes_max(record)) << "and the bound is close";
  }
}

TEST(RecordBatch, TimesAtBothEndsOfTheCalendarSurvive) {
  BatchBuilder builder(Offset{0});
  builder.add(Offset{0}, {std::nullopt, "a", {}, WallTime{INT64_MIN}});
  builder.add(Offset{1}, {std::nullopt, "b", {}, WallTime{INT64_MAX}});
  std::string batch;
  builder.finish(batch);
  const auto records = records_of(batch);
  EXPECT_EQ(records.at(0).timestamp, WallTime{INT64_MIN});
  EXPECT_EQ(records.at(1).timestamp, WallTime{INT64_MAX});
}

}  // namespace
}  // namespace twofold::engine
