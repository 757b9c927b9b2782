// Memory that all answers share, and what a reader is told when there is none left.
#include "http/account.h"

#include <gtest/gtest.h>

#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST(Account, WhatOneHasNobodyElseHas) {
  Account account(10 * kMiB);
  Share first(account);
  Share second(account);
  EXPECT_TRUE(first.grow_to(6 * kMiB));
  EXPECT_FALSE(second.grow_to(5 * kMiB));
  EXPECT_EQ(account.used(), 6 * kMiB) << "what was refused is not counted";
  EXPECT_TRUE(second.grow_to(4 * kMiB));
  first.set(0);
  EXPECT_TRUE(second.grow_to(10 * kMiB));
}

TEST(Account, AShareGoesBackWithItsEnd) {
  Account account(kMiB);
  {
    Share share(account);
    ASSERT_TRUE(share.claim(1'000));
    Share moved = std::move(share);
    EXPECT_EQ(moved.bytes(), 1'000u);
    EXPECT_EQ(account.used(), 1'000u);
  }
  EXPECT_EQ(account.used(), 0u);
}

TEST(Account, NothingIsTooLargeForWhoeverIsAlone) {
  Account account(kMiB);
  Share share(account);
  EXPECT_TRUE(share.grow_to(50 * kMiB));
  EXPECT_TRUE(share.grow_to(60 * kMiB));
  EXPECT_FALSE(Share(account).grow_to(kMiB));
}

TEST(Account, LittleThingsAreNotCountedAndNotRefusedUntilItIsFarBeyond) {
  Account account(8 * kMiB);
  Share large(account);
  large.set(9 * kMiB);
  EXPECT_TRUE(Share(account).grow_to(Share::kFree));
  EXPECT_EQ(account.used(), 9 * kMiB);
  large.set(11 * kMiB);
  EXPECT_FALSE(Share(account).grow_to(1));
}

class CrowdedReads : public testing::Test {
 protected:
  static ServerOptions options() {
    ServerOptions options;
    options.answer_bytes_total_max = 8 * kMiB;
    return options;
  }
  void SetUp() override {
    ASSERT_EQ(rig_.ask("PUT", "/v1/topics/large", "{}").status, 201);
    ASSERT_EQ(rig_.ask("PUT", "/v1/queues/work", "{}").status, 201);
    const std::string text = R"({"text":")" + std::string(500'000, 'x') + R"("})";
    for (int i = 0; i < 8; ++i) {
      ASSERT_EQ(rig_.ask("POST", "/v1/topics/large/records", text).status, 200);
      ASSERT_EQ(rig_.ask("POST", "/v1/queues/work/messages", text).status, 200);
    }
  }
  std::int64_t ready() {
    return rig_.json("GET", "/v1/queues/work").at("messages").at("ready").as_int64();
  }
  CallRig rig_{options()};
  Share others_{rig_.common.answers};
};

TEST_F(CrowdedReads, APageIsShorterWhereThereIsLittleRoom) {
  const auto all = rig_.ask("GET", "/v1/topics/large/records?from=earliest&bytes=4194304");
  const std::size_t usual = all.json().at("records").as_array().size();
  EXPECT_GE(usual, 4u);
  others_.set(6 * kMiB);
  const auto some = rig_.ask("GET", "/v1/topics/large/records?from=earliest&bytes=4194304");
  const std::size_t fewer = some.json().at("records").as_array().size();
  EXPECT_LT(fewer, usual);
  const auto cursor = std::string(some.json().at("cursor").as_string());
  others_.set(0);
  const auto rest = rig_.json("GET", "/v1/topics/large/records?cursor=" + cursor);
  EXPECT_EQ(rest.at("records").as_array().front().at("offset").as_int64(),
            static_cast<std::int64_t>(fewer));
}

TEST_F(CrowdedReads, WithoutRoomNothingIsReadAndTheClientIsTold) {
  others_.set(8 * kMiB);
  const auto page = rig_.ask("GET", "/v1/topics/large/records?from=earliest");
  EXPECT_EQ(page.status, 503) << page.body.substr(0, 300);
  EXPECT_NE(page.body.find("overloaded"), std::string::npos);
  EXPECT_EQ(rig_.ask("POST", "/v1/groups/g/poll", R"({"topics":["large"]})").status, 503);
  EXPECT_EQ(rig_.ask("GET", "/v1/queues/work/messages").status, 503);
  others_.set(0);
  const auto polled = rig_.json("POST", "/v1/groups/g/poll", R"({"topics":["large"]})");
  EXPECT_EQ(polled.at("records").as_array().front().at("offset").as_int64(), 0) << "nothing was lost";
}

TEST_F(CrowdedReads, AMessageThatThereIsNoRoomForIsTheQueuesAgain) {
  others_.set(8 * kMiB);
  EXPECT_EQ(rig_.ask("POST", "/v1/queues/work/receive", R"({"max":4})").status, 503);
  EXPECT_EQ(ready(), 8);
  others_.set(7 * kMiB);
  const auto some = rig_.json("POST", "/v1/queues/work/receive", R"({"max":4})");
  ASSERT_EQ(some.at("messages").as_array().size(), 1u);
  EXPECT_EQ(some.at("messages").at(0).at("receive_count").as_int64(), 1) << "the refusal did not count";
  EXPECT_EQ(ready(), 7);
}

TEST_F(CrowdedReads, ABrowseGoesOnWhereThereWasNoRoomForMore) {
  others_.set(6 * kMiB);
  std::size_t seen = 0;
  std::string from = "?from=earliest";
  for (int page = 0; page < 8 && !from.empty(); ++page) {
    const auto answer = rig_.ask("GET", "/v1/queues/work/messages" + from);
    ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 300);
    const auto json = answer.json();
    seen += json.at("items").as_array().size();
    const auto& members = json.as_object();
    from = members.contains("next") ? "?cursor=" + std::string(members.at("next").as_string()) : "";
  }
  EXPECT_EQ(seen, 8u);
}

TEST_F(CrowdedReads, SmallAnswersGoOnWhateverLargeOnesTake) {
  ASSERT_EQ(rig_.ask("PUT", "/v1/topics/small", "{}").status, 201);
  ASSERT_EQ(rig_.ask("POST", "/v1/topics/small/records", R"({"value":1})").status, 200);
  others_.set(8 * kMiB);
  EXPECT_EQ(rig_.ask("GET", "/v1/topics/small/records?from=earliest").status, 200);
  EXPECT_EQ(rig_.common.answers.used(), 8 * kMiB);
}

}  // namespace
}  // namespace twofold::http
