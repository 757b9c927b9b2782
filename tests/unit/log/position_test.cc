#include "log/position.h"

#include <limits>

#include "engine/record_batch.h"
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

constexpr WallTime kNow{1'795'257'000'000};  // 2026-11-21T10:30:00Z

template <class T>
std::optional<T> read_as(std::string_view text) {
  const auto position = parse_position(text, kNow);
  if (!position || !std::holds_alternative<T>(*position)) return std::nullopt;
  return std::get<T>(*position);
}

std::vector<PartitionOffsets> two_partitions() {
  const auto offsets = [](std::int32_t partition, std::int64_t start, std::int64_t visible,
                          std::int64_t end) {
    return PartitionOffsets{
        PartitionId{partition   },
        { Offset{start}, Offset{visible}, Offset{end}, 0, WallTime{0}}
    };
  };
  return {offsets(0, 5, 40, 41), offsets(1, 0, 0, 0)};
}

std::vector<std::int64_t> placed(const Position& position) {
  const auto places = place(position, two_partitions());
  std::vector<std::int64_t> offsets;
  for (const PartitionPosition& at : *places) offsets.push_back(at.offset.value());
  return offsets;
}

TEST(PositionText, ReadsWords) {
  EXPECT_TRUE(read_as<Earliest>("earliest"));
  EXPECT_TRUE(read_as<Latest>("latest"));
}

TEST(PositionText, ReadsTimesBeforeNowAndOfTheCalendar) {
  EXPECT_EQ(read_as<WallTime>("-15m"), kNow - 15min);
  EXPECT_EQ(read_as<WallTime>("-250ms"), kNow - 250ms);
  EXPECT_EQ(read_as<WallTime>("-30"), kNow - 30s) << "a bare number is seconds";
  EXPECT_EQ(read_as<WallTime>("2026-11-21T10:30:00.000Z"), kNow);
  EXPECT_EQ(read_as<WallTime>("2026-11-21"), kNow - (10h + 30min));
}

TEST(PositionText, ReadsOffsetsAndRecordIds) {
  EXPECT_EQ(read_as<Offset>("0"), Offset{0});
  EXPECT_EQ(read_as<Offset>("9223372036854775807"),
            Offset{std::numeric_limits<std::int64_t>::max()});
  const auto id = read_as<PartitionPosition>("2-41");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->partition, PartitionId{2});
  EXPECT_EQ(id->offset, Offset{41});
}

TEST(PositionText, RefusesEverythingElse) {
  for (const char* text :
       {"", "-", "newest", "Earliest", "+5", "5 ", "9223372036854775808", "-5x", "--5s", "2-",
        "2-41-1", "2147483648-1", "2--41", "c1.AQcC", "orders:2-41", "2026-11-21T10:30"}) {
    const auto position = parse_position(text, kNow);
    ASSERT_FALSE(position) << text;
    EXPECT_EQ(position.error().code, Errc::invalid_request);
    EXPECT_FALSE(position.error().hint.empty());
  }
}

TEST(RecordId, IsPartitionAndOffset) {
  EXPECT_EQ(format_record_id(PartitionId{2}, Offset{41}), "2-41");
  const auto id = parse_record_id("2-41");
  EXPECT_EQ(format_record_id(id->partition, id->offset), "2-41");
  EXPECT_FALSE(parse_record_id("41"));
  EXPECT_FALSE(parse_record_id("-1-2"));
}

TEST(Place, SpeaksAboutEveryPartition) {
  EXPECT_EQ(placed(Earliest{}), (std::vector<std::int64_t>{5, 0}));
  EXPECT_EQ(placed(Latest{}), (std::vector<std::int64_t>{40, 0}));
  EXPECT_EQ(placed(Offset{0}), (std::vector<std::int64_t>{0, 0})) << "trimmed is not our business";
}

TEST(Place, OfARecordIdIsInItsPartitionOnly) {
  const auto places = place(at(0, 41), two_partitions());
  ASSERT_EQ(places->size(), 1u);
  EXPECT_EQ((*places)[0].partition, PartitionId{0});
  EXPECT_EQ((*places)[0].offset, Offset{41});
  EXPECT_EQ(place(at(2, 0), two_partitions()).error().code, Errc::partition_not_found);
}

TEST(Place, PastTheEndOfAPartitionIsRefused) {
  EXPECT_EQ(place(Offset{41}, two_partitions()).error().code, Errc::invalid_request);
  EXPECT_EQ(place(at(0, 42), two_partitions()).error().code, Errc::invalid_request);
}

// One batch of three records at offsets 10 to 12, with times that go back and forth.
ReadablePartition three_records(std::int64_t from) {
  engine::BatchBuilder builder(Offset{10});
  const std::int64_t times[] = {1'000, 3'000, 2'000};
  for (std::int64_t i = 0; i < 3; ++i) {
    builder.add(Offset{10 + i}, {std::nullopt, "v", {}, WallTime{times[i]}});
  }
  auto bytes = std::make_shared<std::string>();
  builder.finish(*bytes);
  engine::ReadPlan plan(LogId{1});
  plan.add({
      Offset{from },
      Offset{           13     },
      { bytes, *bytes, Seq{1}},
      nullptr, bytes->size()
  });
  return {PartitionId{0}, Offset{from}, Offset{10}, Offset{13}, std::move(plan)};
}

TEST(FindTime, IsTheFirstRecordAtOrAfterIt) {
  EXPECT_EQ(*find_time(three_records(10), WallTime{1'000}), Offset{10});
  EXPECT_EQ(*find_time(three_records(10), WallTime{1'001}), Offset{11});
  EXPECT_EQ(*find_time(three_records(10), WallTime{3'000}), Offset{11});
  EXPECT_EQ(*find_time(three_records(10), WallTime{3'001}), Offset{13}) << "none: the end";
}

TEST(FindTime, NeverGoesBeforeWhereThePlanBegins) {
  EXPECT_EQ(*find_time(three_records(12), WallTime{0}), Offset{12});
  EXPECT_EQ(*find_time(three_records(12), WallTime{2'500}), Offset{13});
}

TEST(FindTime, IsEarlyRatherThanLateWhenThePlanDoesNotReachTheEnd) {
  ReadablePartition partition = three_records(12);
  partition.end = Offset{99};
  EXPECT_EQ(*find_time(partition, WallTime{2'500}), Offset{13});
}

TEST(FindTime, OfAnEmptyPartitionIsItsEnd) {
  const ReadablePartition empty{PartitionId{0}, Offset{7}, Offset{7}, Offset{7},
                                engine::ReadPlan(LogId{1})};
  EXPECT_EQ(*find_time(empty, WallTime{0}), Offset{7});
}

}  // namespace
}  // namespace twofold::log
