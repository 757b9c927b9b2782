// Requests of groups: what is named too often is refused at once.
#include <gtest/gtest.h>

#include "engine/base/stopwatch.h"
#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

class GroupRequests : public testing::Test {
 protected:
  void SetUp() override { rig_.ask("PUT", "/v1/topics/t", R"({"partitions":2})"); }
  // The time that the broker is not there for anybody else.
  std::chrono::nanoseconds refused_in(std::string_view target, std::string_view body) {
    const engine::Stopwatch watch;
    EXPECT_EQ(rig_.ask("POST", target, body).status, 400);
    return watch.elapsed();
  }
  CallRig rig_;
};

TEST_F(GroupRequests, AHundredThousandPartitionsOrTopicsAreRefusedAtOnce) {
  using std::chrono_literals::operator""s;
  std::string offsets;
  std::string topics;
  std::string by_topic;
  for (int i = 0; i < 100'000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    offsets += comma + '"' + std::to_string(i) + "\":1";
    topics += comma + "\"t" + std::to_string(i) + '"';
    by_topic += comma + "\"t" + std::to_string(i) + "\":{\"0\":1}";
  }
  by_topic += R"(,"t7":{"0":1})";
  // A hundred thousand compared with each other take several times as long.
  EXPECT_LT(refused_in("/v1/groups/g/commit", R"({"offsets":{"t":{)" + offsets + "}}}"), 3s);
  EXPECT_LT(refused_in("/v1/groups/g/commit", R"({"offsets":{)" + by_topic + "}}"), 3s);
  EXPECT_LT(refused_in("/v1/groups/g/seek", R"({"topic":"t","to":{)" + offsets + "}}"), 3s);
  EXPECT_LT(refused_in("/v1/groups/g/poll", R"({"topics":[)" + topics + "]}"), 3s);
  EXPECT_LT(refused_in("/v1/commit", R"({"offsets":[{"group":"g","offsets":{)" + by_topic + "}}]}"),
            3s);
}

TEST_F(GroupRequests, APartitionIsGivenOnceHoweverItsTopicIsNamed) {
  for (const char* body :
       {R"({"offsets":{"t":{"0":0,"1":0,"0":0}}})", R"({"offsets":{"t":{"0":0},"t":{"0":0}}})"}) {
    const auto refused = rig_.ask("POST", "/v1/groups/g/commit", body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.body.find("given twice"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(rig_.ask("POST", "/v1/groups/g/commit", R"({"offsets":{"t":{"0":0,"1":0}}})").status,
            200);
}

}  // namespace
}  // namespace twofold::http
