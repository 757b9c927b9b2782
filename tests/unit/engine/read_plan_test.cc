#include "engine/read_plan.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

using Offsets = std::vector<std::int64_t>;
constexpr LogId kLog{3};

/// Answers every read with the same batches, or with an error, and remembers what was asked.
class Source : public ColdSource {
 public:
  explicit Source(std::vector<StoredBatch> batches) : batches_(std::move(batches)) {}
  explicit Source(Error error) : error_(std::move(error)) {}

  Result<std::vector<StoredBatch>> read(LogId log, Offset from, Offset upto,
                                        std::size_t bytes_max) const override {
    EXPECT_EQ(log, kLog);
    asked.push_back({from, upto, bytes_max});
    if (error_) return *error_;
    return batches_;
  }
  struct Question {
    Offset from;
    Offset upto;
    std::size_t bytes_max;
  };
  mutable std::vector<Question> asked;

 private:
  std::vector<StoredBatch> batches_;
  std::optional<Error> error_;
};

ReadPlan::Piece in_memory(std::int64_t first, int count) {
  return {Offset{first}, Offset{first + count}, make_batch(first, count), nullptr, 1 << 20};
}
ReadPlan::Piece cold(std::int64_t from, std::int64_t upto, std::shared_ptr<const Source> source) {
  return {
      Offset{from                                                                                            },
      Offset{ upto   },
      {                                                                                        nullptr, {}, Seq{0}},
      std::move(source), 5000
  };
}

TEST(ReadPlan, AnEmptyPlanIsInMemoryAndFetchesNothing) {
  const ReadPlan plan(kLog);
  EXPECT_TRUE(plan.empty());
  EXPECT_TRUE(plan.in_memory());
  EXPECT_TRUE(plan.fetch()->empty());
}

TEST(ReadPlan, FetchesItsPiecesInOrder) {
  const auto source = std::make_shared<Source>(std::vector{make_batch(0, 5), make_batch(5, 5)});
  ReadPlan plan(kLog);
  plan.add(cold(2, 10, source));
  EXPECT_FALSE(plan.in_memory());
  plan.add(in_memory(10, 3));
  EXPECT_EQ(bases(*plan.fetch()), (Offsets{0, 5, 10}));
  ASSERT_EQ(source->asked.size(), 1u);
  EXPECT_EQ(source->asked[0].from, Offset{2});
  EXPECT_EQ(source->asked[0].upto, Offset{10});
  EXPECT_EQ(source->asked[0].bytes_max, 5000u);
}

TEST(ReadPlan, StopsWhereASourceStoppedShortAndLeavesNoGap) {
  const auto source = std::make_shared<Source>(std::vector{make_batch(0, 5)});
  ReadPlan plan(kLog);
  plan.add(cold(0, 10, source));
  plan.add(in_memory(10, 3));
  EXPECT_EQ(bases(*plan.fetch()), Offsets{0});
}

TEST(ReadPlan, SalvagesWhatStandsBehindDamageAndSaysWhatIsMissing) {
  Error error(Errc::data_damaged, "offsets 10 to 14 were damaged");
  error.number = 15;
  ReadPlan plan(kLog);
  plan.add(in_memory(0, 10));
  plan.add(cold(10, 15, std::make_shared<Source>(error)));
  plan.add(cold(15, 20, std::make_shared<Source>(std::vector{make_batch(15, 5)})));
  EXPECT_EQ(bases(*plan.fetch()), Offsets{0}) << "a reader of all stops before the gap";
  const auto salvaged = plan.salvage();
  EXPECT_EQ(bases(salvaged.batches), (Offsets{0, 15}));
  ASSERT_TRUE(salvaged.trouble);
  EXPECT_EQ(salvaged.trouble->code, Errc::data_damaged);
}

TEST(ReadPlan, SalvagingGoesOnInASourceThatStoppedShort) {
  /// Gives one batch of five records at a time.
  class OneAtATime final : public ColdSource {
   public:
    Result<std::vector<StoredBatch>> read(LogId, Offset from, Offset, std::size_t) const override {
      return std::vector{make_batch(from.value() / 5 * 5, 5)};
    }
  };
  ReadPlan plan(kLog);
  plan.add({Offset{2}, Offset{15}, {nullptr, {}, Seq{0}}, std::make_shared<OneAtATime>(), 1});
  plan.add(in_memory(15, 3));
  const auto salvaged = plan.salvage();
  EXPECT_EQ(bases(salvaged.batches), (Offsets{0, 5, 10, 15}));
  EXPECT_FALSE(salvaged.trouble);
}

TEST(ReadPlan, SalvagingReadsNoMoreOnceItHasItsBytesAndSaysWhereItEnded) {
  const auto first = std::make_shared<Source>(std::vector{make_batch(0, 5)});
  const auto second = std::make_shared<Source>(std::vector{make_batch(5, 5)});
  ReadPlan plan(kLog);
  plan.add(cold(0, 5, first));
  plan.add(cold(5, 10, second));
  plan.add(in_memory(10, 3));
  const auto some = plan.salvage(1);
  EXPECT_EQ(bases(some.batches), Offsets{0}) << "the first always comes";
  EXPECT_EQ(some.cut, Offset{5});
  EXPECT_EQ(first->asked.back().bytes_max, 1u);
  EXPECT_TRUE(second->asked.empty());
  const auto all = plan.salvage(1 << 20);
  EXPECT_EQ(bases(all.batches), (Offsets{0, 5, 10}));
  EXPECT_FALSE(all.cut);
}

TEST(ReadPlan, GoesOnOverAStretchInWhichNothingIsLeft) {
  const auto nothing = std::make_shared<Source>(std::vector<StoredBatch>{});
  ReadPlan plan(kLog);
  plan.add(cold(0, 10, nothing));
  plan.add(in_memory(10, 3));
  EXPECT_EQ(bases(*plan.fetch()), Offsets{10});
}

TEST(ReadPlan, GivesWhatIsSoundBeforeDamageAndTheDamageNextTime) {
  const auto damaged = std::make_shared<Source>(Error(Errc::data_damaged, "segment 7"));
  ReadPlan plan(kLog);
  plan.add(in_memory(0, 5));
  plan.add(cold(5, 10, damaged));
  EXPECT_EQ(bases(*plan.fetch()), Offsets{0});

  ReadPlan next(kLog);
  next.add(cold(5, 10, damaged));
  next.add(in_memory(10, 3));
  const auto fetched = next.fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Errc::data_damaged);
}

}  // namespace
}  // namespace twofold::engine
