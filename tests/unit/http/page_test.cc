// What one answer holds: how much, in which order, and what it says of damage.
#include "http/rest/page.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

using Values = std::vector<std::int64_t>;

class Pages : public testing::Test {
 protected:
  void create(std::string_view name, std::string_view config) {
    ASSERT_EQ(rig_.ask("PUT", "/v1/topics/" + std::string(name), config).status, 201);
  }
  void publish(std::string_view topic, std::string_view body) {
    const auto answer = rig_.ask("POST", "/v1/topics/" + std::string(topic) + "/records", body);
    ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 500);
  }
  void publish(std::string_view topic, int value, int partition) {
    publish(topic, R"({"value":)" + std::to_string(value) + R"(,"partition":)" +
                       std::to_string(partition) + "}");
  }
  static Values values(const boost::json::value& answer) {
    Values values;
    for (const auto& record : answer.at("records").as_array())
      values.push_back(record.at("value").as_int64());
    return values;
  }
  void damage(std::string_view topic, int partition, std::int64_t from, std::int64_t upto) {
    const auto logs = rig_.broker.topics.find(std::string(topic))->logs;
    rig_.core().damage(logs[static_cast<std::size_t>(partition)], engine::Offset{from},
                       engine::Offset{upto});
  }
  struct Polled {
    Values values;
    boost::json::array gaps;
  };
  /// What a group gets of `orders` that polls so often, each time behind the answer before.
  Polled poll(int times, std::string_view more = "") {
    Polled polled;
    std::string cursor;
    for (; times > 0; --times) {
      const auto answer = rig_.ask("POST", "/v1/groups/g/poll",
                                   R"({"topics":["orders"])" + std::string(more) + cursor + "}");
      EXPECT_EQ(answer.status, 200) << answer.body;
      const auto page = answer.json();
      for (const auto value : values(page)) polled.values.push_back(value);
      if (page.as_object().contains("gaps"))
        for (const auto& gap : page.at("gaps").as_array()) polled.gaps.push_back(gap);
      cursor = R"(,"cursor":")" + std::string(page.at("cursor").as_string()) + '"';
    }
    return polled;
  }
  CallRig rig_;
};

TEST_F(Pages, RecordsWithoutBytesOfTheirOwnFillAnAnswerToo) {
  create("nothing", R"({"partitions":2})");
  std::string batch = R"({"records":[)";
  for (int i = 0; i < 1'000; ++i) batch += i == 0 ? R"({"value":null})" : R"(,{"value":null})";
  batch += "]}";
  for (int i = 0; i < 24; ++i) publish("nothing", batch);
  for (const std::string order : {"partition", "total"}) {
    const std::string path = "/v1/topics/nothing/records?order=" + order;
    EXPECT_EQ(rig_.json("GET", path + "&bytes=1").at("records").as_array().size(), 1u);
    const auto full = rig_.ask("GET", path + "&bytes=4194304");
    EXPECT_EQ(full.json().at("records").as_array().size(), 10'000u);
    EXPECT_LT(full.body.size(), 4u << 20);
    const auto some = rig_.ask("GET", path + "&bytes=100000&limit=1000");
    EXPECT_LT(some.body.size(), 200'000u);
    EXPECT_GT(some.json().at("records").as_array().size(), 500u);
  }
}

TEST_F(Pages, ALargeRecordIsNotAnsweredBeforeAnOlderOneElsewhere) {
  create("orders", R"({"partitions":2,"record_bytes_max":8388608})");
  for (int round = 0; round < 2; ++round) {
    publish("orders", R"({"value":)" + std::to_string(round * 2) + R"(,"partition":1})");
    publish("orders", R"({"value":)" + std::to_string(round * 2 + 1) +
                          R"(,"partition":0,"headers":{"h":"x"}})");
    const std::string large(3 << 20, 'x');
    publish("orders", R"({"partition":0,"text":")" + large + R"("})");
  }
  // Which partition is looked at first changes from read to read.
  for (int time = 0; time < 4; ++time) {
    std::vector<std::int64_t> seqs;
    std::string cursor;
    while (seqs.size() < 6) {
      const auto page =
          rig_.json("GET", "/v1/topics/orders/records?order=total&bytes=1024&limit=1" + cursor);
      ASSERT_FALSE(page.at("records").as_array().empty());
      for (const auto& record : page.at("records").as_array())
        seqs.push_back(record.at("seq").as_int64());
      cursor = "&cursor=" + std::string(page.at("cursor").as_string());
    }
    EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end()));
  }
}

TEST_F(Pages, TotalOrderIsForAsManyPartitionsAsAreRead) {
  create("wide", R"({"partitions":100})");
  publish("wide", 7, 3);
  EXPECT_EQ(rig_.ask("GET", "/v1/topics/wide/records?order=total").status, 400);
  const auto one = rig_.json("GET", "/v1/topics/wide/records?order=total&partition=3");
  EXPECT_EQ(values(one), Values{7});
}

TEST_F(Pages, DamageInOnePartitionStopsNoGroup) {
  create("orders", R"({"partitions":2})");
  for (int i = 0; i < 6; ++i) publish("orders", i, i % 2);
  damage("orders", 0, 1, 2);
  auto [seen, gaps] = poll(3);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (Values{0, 1, 3, 4, 5})) << "all but the damaged one";
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(boost::json::serialize(gaps[0]), R"({"topic":"orders","partition":0,"from":1,"to":2})");
}

TEST_F(Pages, InTotalOrderNothingPassesADamagedStretch) {
  create("orders", R"({"partitions":2})");
  for (int i = 0; i < 6; ++i) publish("orders", i, i % 2);
  damage("orders", 0, 0, 2);
  EXPECT_EQ(poll(3, R"(,"order":"total")").values, (Values{1, 3, 4, 5}));
}

TEST_F(Pages, AReadIsToldWhatIsDamagedAndHowToGoOn) {
  create("orders", R"({"partitions":2})");
  for (int i = 0; i < 8; ++i) publish("orders", i, i % 2);
  damage("orders", 0, 1, 3);
  const auto before = rig_.json("GET", "/v1/topics/orders/records?limit=2");
  EXPECT_EQ(values(before), (Values{0, 1}));
  const auto refused = rig_.ask(
      "GET", "/v1/topics/orders/records?cursor=" + std::string(before.at("cursor").as_string()));
  EXPECT_EQ(refused.status, 500);
  const auto problem = refused.json();
  EXPECT_EQ(problem.at("code"), "data-damaged");
  EXPECT_EQ(boost::json::serialize(problem.at("gap")), R"({"partition":0,"from":1,"to":3})");
  const auto behind = rig_.json(
      "GET", "/v1/topics/orders/records?cursor=" + std::string(problem.at("cursor").as_string()));
  EXPECT_EQ(values(behind), (Values{3, 5, 6, 7}));
}

TEST_F(Pages, AStreamSaysADamagedStretchAndGoesOn) {
  create("orders", R"({"partitions":1})");
  for (int i = 0; i < 4; ++i) publish("orders", i, 0);
  damage("orders", 0, 1, 3);
  rig_.begin("GET", "/v1/topics/orders/records", "", Media::none, Media::events);
  for (int i = 0; i < 20; ++i) rig_.turn();
  const std::string sent = rig_.take_sent();
  const auto gap = sent.find("event: gap\ndata: {\"partition\":0,\"from\":1,\"to\":3}");
  ASSERT_NE(gap, std::string::npos) << sent;
  EXPECT_LT(sent.find("\"value\":0"), gap);
  EXPECT_NE(sent.find("\"value\":3", gap), std::string::npos) << sent;
  rig_.leave();
}

}  // namespace
}  // namespace twofold::http
