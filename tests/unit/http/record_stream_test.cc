#include <gtest/gtest.h>

#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

class RecordStream : public testing::Test {
 protected:
  void SetUp() override { rig_.ask("PUT", "/v1/topics/t", "{}"); }
  void publish(std::string_view body) { rig_.ask("POST", "/v1/topics/t/records", body); }
  void listen(std::string_view target) {
    rig_.begin("GET", target, "", Media::none, Media::events);
    for (int i = 0; i < 10; ++i) rig_.turn();
  }
  std::string sent_after(engine::Duration time) {
    rig_.pass(time);
    for (int i = 0; i < 10; ++i) rig_.turn();
    return rig_.take_sent();
  }

  struct MatchesNothing final : queue::RecordFilter {
    bool matches(const engine::StoredRecord&) const override { return false; }
  };
  CallRig rig_;
};

TEST_F(RecordStream, AnIdleStreamSaysEveryFifteenSecondsThatItLives) {
  listen("/v1/topics/t/records");
  EXPECT_NE(rig_.take_sent().find("event: caught_up"), std::string::npos);
  EXPECT_EQ(sent_after(std::chrono::milliseconds{14'900}), "");
  EXPECT_TRUE(sent_after(std::chrono::milliseconds{200}).starts_with(": hb\nid: c1."));
  EXPECT_EQ(sent_after(std::chrono::seconds{14}), "");
  EXPECT_TRUE(sent_after(std::chrono::seconds{2}).starts_with(": hb\n"));
  rig_.leave();
  EXPECT_TRUE(rig_.done());
}

TEST_F(RecordStream, AHeartbeatMovesThePlaceOfAReaderWhoseFilterLetsNothingThrough) {
  rig_.broker.shared.compile_filter =
      [](std::string_view) -> Result<std::shared_ptr<const queue::RecordFilter>> {
    return std::shared_ptr<const queue::RecordFilter>(std::make_shared<MatchesNothing>());
  };
  for (int i = 0; i < 3; ++i) publish(R"({"value":1})");
  listen("/v1/topics/t/records?filter=value%20%3D%202");
  const std::string first = rig_.take_sent();
  EXPECT_EQ(first.find("event: record"), std::string::npos) << first;
  const std::string beat = sent_after(std::chrono::seconds{16});
  ASSERT_TRUE(beat.starts_with(": hb\nid: ")) << beat;
  rig_.leave();
  const std::string id = beat.substr(9, beat.find('\n', 9) - 9);
  const auto rest = rig_.json("GET", "/v1/topics/t/records?cursor=" + id);
  EXPECT_TRUE(rest.at("records").as_array().empty());
}

TEST_F(RecordStream, ALineEndInAValueDoesNotEndTheEvent) {
  publish("{\"value\":[1,\n2]}");
  listen("/v1/topics/t/records");
  const std::string sent = rig_.take_sent();
  EXPECT_NE(sent.find("\"value\":[1, 2]"), std::string::npos) << sent;
  rig_.leave();
}

}  // namespace
}  // namespace twofold::http
