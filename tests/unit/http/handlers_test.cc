// What handlers do when the broker behind them refuses, fails, waits or loses its client. The plain
// stories are told over real sockets in tests/wire.
#include <gtest/gtest.h>

#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

std::string code_of(const CallRig::Answer& answer) {
  return std::string(answer.json().at("code").as_string());
}

TEST(Handlers, APublishIsAnsweredOnceItsBlockIsDurable) {
  CallRig rig;
  ASSERT_EQ(rig.ask("PUT", "/v1/topics/orders").status, 201);
  rig.commits = false;
  rig.begin("POST", "/v1/topics/orders/records", R"({"value":1})");
  rig.turn();
  EXPECT_FALSE(rig.done()) << "nothing is acknowledged before it is synced";
  rig.commits = true;
  rig.turn();
  ASSERT_TRUE(rig.done());
  EXPECT_EQ(rig.finish().json().at("durability"), "disk");
}

TEST(Handlers, AFailedSyncIsAnUnknownOutcome) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders");
  rig.commits = false;
  rig.begin("POST", "/v1/topics/orders/records", R"({"value":1})");
  rig.core().fail_commit();
  rig.turn();
  ASSERT_TRUE(rig.done());
  const auto answer = rig.finish();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(code_of(answer), "storage-failed");
  EXPECT_EQ(answer.json().at("retryable"), false);
}

TEST(Handlers, AFullDiskRefusesPublishesAndTakesAcks) {
  CallRig rig;
  rig.ask("PUT", "/v1/queues/work");
  rig.ask("POST", "/v1/queues/work/messages", R"({"value":1})");
  rig.core().refuse(engine::Admission::publish, engine::Errc::storage_full);
  EXPECT_EQ(rig.ask("POST", "/v1/queues/work/messages", R"({"value":2})").status, 507);
  const auto received = rig.json("POST", "/v1/queues/work/receive");
  const auto& receipt = received.at("messages").at(0).at("receipt").as_string();
  const auto acked = rig.json("POST", "/v1/queues/work/ack",
                              "{\"receipts\":[\"" + std::string(receipt) + "\"]}");
  EXPECT_EQ(acked.at("results").at(0), "acked");
}

TEST(Handlers, AReaderWaitsUntilSomethingShows) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders");
  rig.begin("GET", "/v1/topics/orders/records?from=latest&wait=20s", "");
  rig.turn();
  EXPECT_FALSE(rig.done());
  EXPECT_TRUE(rig.waits());
  rig.pass(std::chrono::seconds{19});
  EXPECT_FALSE(rig.done());
  rig.pass(std::chrono::seconds{2});
  ASSERT_TRUE(rig.done());
  const auto answer = rig.finish();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.json().at("records").as_array().empty());
  EXPECT_FALSE(rig.waits()) << "nobody watches an answered poll";
}

TEST(Handlers, AnInterruptedReaderIsAnsweredEmptyWithItsCursor) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders");
  rig.begin("GET", "/v1/topics/orders/records?wait=60s", "");
  rig.turn();
  rig.interrupt();
  rig.turn();
  ASSERT_TRUE(rig.done());
  const auto json = rig.finish().json();
  EXPECT_TRUE(json.at("records").as_array().empty());
  EXPECT_EQ(json.at("caught_up"), true);
  EXPECT_TRUE(json.at("cursor").as_string().starts_with("c1."));
}

TEST(Handlers, AnInterruptedReceiverIsHandedNothing) {
  CallRig rig;
  rig.ask("PUT", "/v1/queues/work");
  rig.begin("POST", "/v1/queues/work/receive", R"({"wait":"60s"})");
  rig.turn();
  rig.interrupt();
  rig.turn();
  ASSERT_TRUE(rig.done());
  EXPECT_TRUE(rig.finish().json().at("messages").as_array().empty());
  rig.ask("POST", "/v1/queues/work/messages", R"({"value":1})");
  EXPECT_EQ(rig.json("POST", "/v1/queues/work/receive").at("messages").at(0).at("receive_count"), 1);
}

TEST(Handlers, MessagesOfALostAnswerAreReadyAgainAndDoNotCount) {
  CallRig rig;
  rig.ask("PUT", "/v1/queues/work");
  rig.ask("POST", "/v1/queues/work/messages", R"({"messages":[{"value":1},{"value":2}]})");
  rig.ask("POST", "/v1/queues/work/receive", R"({"max":10})");
  rig.lose_answer();
  const auto again = rig.json("POST", "/v1/queues/work/receive", R"({"max":10})");
  ASSERT_EQ(again.at("messages").as_array().size(), 2u);
  EXPECT_EQ(again.at("messages").at(0).at("receive_count"), 1);
}

TEST(Handlers, APollOverTwoTopicsWakesForEither) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/left");
  rig.ask("PUT", "/v1/topics/right");
  rig.ask("POST", "/v1/topics/right/records", R"({"value":"old"})");
  const auto first = rig.json("POST", "/v1/groups/g/poll", R"({"topics":["left","right"],"wait":"20s"})");
  EXPECT_EQ(first.at("records").as_array().size(), 1u) << "answered at once";
  const std::string body = R"({"topics":["left","right"],"wait":"20s","cursor":")" +
                           std::string(first.at("cursor").as_string()) + "\"}";
  rig.begin("POST", "/v1/groups/g/poll", body);
  rig.turn();
  EXPECT_FALSE(rig.done());
  rig.pass(std::chrono::seconds{21});
  ASSERT_TRUE(rig.done());
  EXPECT_TRUE(rig.finish().json().at("records").as_array().empty());
}

TEST(Handlers, AnInterruptedPollKeepsItsCursor) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders");
  rig.begin("POST", "/v1/groups/g/poll", R"({"topics":["orders"],"wait":"20s"})");
  rig.turn();
  rig.interrupt();
  rig.turn();
  ASSERT_TRUE(rig.done());
  EXPECT_TRUE(rig.finish().json().at("cursor").as_string().starts_with("g1.orders:c1."));
}

TEST(Handlers, OrderTotalHoldsAcrossPages) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders", R"({"partitions":3})");
  for (int i = 0; i < 30; ++i) {
    rig.ask("POST", "/v1/topics/orders/records",
            R"({"value":)" + std::to_string(i) + R"(,"partition":)" + std::to_string(i * 7 % 3) + "}");
  }
  std::vector<std::int64_t> seqs;
  std::string path = "/v1/topics/orders/records?order=total&limit=4";
  for (;;) {
    const auto page = rig.json("GET", path);
    for (const auto& record : page.at("records").as_array()) {
      seqs.push_back(record.at("seq").as_int64());
    }
    if (page.at("caught_up").as_bool()) break;
    path = "/v1/topics/orders/records?order=total&limit=4&cursor=" +
           std::string(page.at("cursor").as_string());
  }
  EXPECT_EQ(seqs.size(), 30u);
  EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end()));
}

TEST(Handlers, ATopicRecreatedMakesOldCursorsStale) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders");
  const auto page = rig.json("GET", "/v1/topics/orders/records");
  rig.ask("DELETE", "/v1/topics/orders");
  rig.ask("PUT", "/v1/topics/orders");
  const auto answer = rig.ask("GET", "/v1/topics/orders/records?cursor=" +
                                         std::string(page.at("cursor").as_string()));
  EXPECT_EQ(answer.status, 410);
  EXPECT_EQ(code_of(answer), "cursor-stale");
  EXPECT_EQ(code_of(rig.ask("GET", "/v1/topics/orders/records?cursor=c1.AAAA")), "invalid-cursor");
}

TEST(Handlers, AConfigurationThatGetGaveCanBePutBack) {
  CallRig rig;
  rig.ask("PUT", "/v1/topics/orders", R"({"partitions":2,"retention":{"time":"3d"}})");
  const auto topic = rig.ask("GET", "/v1/topics/orders");
  EXPECT_EQ(rig.ask("PUT", "/v1/topics/orders", topic.body).status, 200);
  rig.ask("PUT", "/v1/queues/billing", R"({"source":{"topic":"orders","from":"earliest"},"max_receives":3})");
  const auto queue = rig.ask("GET", "/v1/queues/billing");
  EXPECT_EQ(rig.ask("PUT", "/v1/queues/billing", queue.body).status, 200) << queue.body;
}

TEST(Handlers, PatchIsAMergePatch) {
  CallRig rig;
  rig.ask("PUT", "/v1/queues/q", R"({"max_receives":3,"visibility_timeout":"10s"})");
  auto patched = rig.json("PATCH", "/v1/queues/q", R"({"visibility_timeout":"20s"})");
  EXPECT_EQ(patched.at("max_receives"), 3);
  EXPECT_EQ(patched.at("visibility_timeout"), "20s");
  patched = rig.json("PATCH", "/v1/queues/q", R"({"max_receives":null})");
  EXPECT_EQ(patched.at("max_receives"), 0) << "null is the default";
  EXPECT_EQ(code_of(rig.ask("PATCH", "/v1/queues/q", R"({"source":{"topic":"t"}})")), "invalid-request");
}

TEST(Handlers, HealthFollowsTheBroker) {
  CallRig rig;
  EXPECT_EQ(rig.ask("GET", "/readyz").status, 200);
  rig.broker.shared.checks = [] {
    return std::vector<HealthCheck>{{"disk", true, "1 GiB free", true}};
  };
  const auto degraded = rig.ask("GET", "/readyz?verbose");
  EXPECT_EQ(degraded.status, 200) << "consumers must be able to make room";
  EXPECT_EQ(degraded.json().at("status"), "degraded");
  EXPECT_NE(degraded.fields.find("Twofold-Degraded: disk\r\n"), std::string::npos);
  rig.broker.shared.checks = [] { return std::vector<HealthCheck>{{"disk", false, "gone"}}; };
  EXPECT_EQ(rig.ask("GET", "/readyz").status, 503);
  rig.broker.shared.checks = nullptr;
  rig.broker.shared.health = Health::draining;
  EXPECT_EQ(rig.ask("GET", "/readyz").status, 503);
  EXPECT_EQ(rig.ask("GET", "/livez").status, 200);
  rig.broker.shared.health = Health::failed;
  EXPECT_EQ(rig.ask("GET", "/livez").status, 503);
  rig.broker.shared.health = Health::starting;
  const auto starting = rig.ask("GET", "/startupz");
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(starting.json().at("phase"), "starting");
}

}  // namespace
}  // namespace twofold::http
