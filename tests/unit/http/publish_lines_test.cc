// One line at fault is one line's answer.
#include <gtest/gtest.h>

#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

class PublishLines : public testing::Test {
 protected:
  void create(std::string_view config) { rig_.ask("PUT", "/v1/topics/t", config); }
  std::vector<boost::json::value> lines(std::string_view body) {
    const auto answer = rig_.ask("POST", "/v1/topics/t/records", body, Media::ndjson);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<boost::json::value> lines;
    std::string_view rest = answer.body;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      lines.push_back(boost::json::parse(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    return lines;
  }
  static bool was_published(const boost::json::value& line) {
    return line.as_object().contains("offset");
  }
  CallRig rig_;
};

TEST_F(PublishLines, AnIdThatComesTwiceIsADuplicateAndTheOthersArePublished) {
  create(R"({"dedup":{"window":"10m"}})");
  const auto answers = lines(R"({"value":1}
{"value":2,"dedup_id":"x"}
{"value":2,"dedup_id":"x"}
{"value":3}
)");
  ASSERT_EQ(answers.size(), 4u);
  for (const auto& line : answers) EXPECT_TRUE(was_published(line)) << line;
  EXPECT_EQ(answers[2].at("offset"), answers[1].at("offset"));
  EXPECT_TRUE(answers[2].at("duplicate").as_bool());
  EXPECT_EQ(answers[3].at("offset").as_int64(), 2);
}

TEST_F(PublishLines, AnIdForATopicThatRemembersNoneRefusesItsLineOnly) {
  create("{}");
  const auto answers = lines(R"({"value":1}
{"value":2,"dedup_id":"x"}
{"value":3}
)");
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_TRUE(was_published(answers[0]));
  EXPECT_EQ(answers[1].at("code"), "invalid-request");
  EXPECT_EQ(answers[1].at("index").as_int64(), 1);
  EXPECT_TRUE(was_published(answers[2]));
}

TEST_F(PublishLines, ALineWithAProducerAndAnIdRefusesItselfOnly) {
  create(R"({"dedup":{"window":"10m"}})");
  const auto answers = lines(R"({"value":1}
{"value":2,"dedup_id":"x","producer":{"id":"p","epoch":0,"seq":0}}
{"value":3}
)");
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_TRUE(was_published(answers[0]));
  EXPECT_EQ(answers[1].at("index").as_int64(), 1);
  EXPECT_TRUE(was_published(answers[2]));
}

TEST_F(PublishLines, WhatIsPublishedTogetherIsToldWhichRecordIsAtFault) {
  create(R"({"dedup":{"window":"10m"}})");
  const auto refused = rig_.ask("POST", "/v1/topics/t/records", R"({"records":[
      {"value":1},{"value":2,"dedup_id":"x"},{"value":2,"dedup_id":"x"}]})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.json().at("index").as_int64(), 2);
  EXPECT_TRUE(rig_.json("GET", "/v1/topics/t/records").at("records").as_array().empty());
}

}  // namespace
}  // namespace twofold::http
