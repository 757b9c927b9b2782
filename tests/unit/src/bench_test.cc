#include <gtest/gtest.h>

#include "schemas/api.pb.h"
#include "src/bench/histogram.h"
#include "src/bench/http_text.h"
#include "src/bench/payload.h"
#include "src/bench/stage.h"

namespace twofold::bench {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, PercentilesAreWithinOnePercent) {
  Histogram histogram;
  for (int i = 1; i <= 100'000; ++i) histogram.record(std::chrono::microseconds(i));
  const auto close = [&](double percent, double micros) {
    const double got = static_cast<double>(histogram.percentile(percent).count()) / 1000;
    EXPECT_NEAR(got, micros, micros * 0.01) << percent;
  };
  close(50, 50'000);
  close(90, 90'000);
  close(99, 99'000);
  close(99.9, 99'900);
  EXPECT_EQ(histogram.max(), 100ms);
  EXPECT_EQ(histogram.percentile(100), 100ms);
  EXPECT_EQ(histogram.count(), 100'000U);
}

TEST(Histogram, HoldsTheShortestAndTheLongest) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(50), 0ns);
  histogram.record(0ns);
  histogram.record(-5ns);
  EXPECT_EQ(histogram.percentile(99), 0ns);
  histogram.record(std::chrono::hours(24 * 365));
  EXPECT_EQ(histogram.percentile(100), std::chrono::hours(24 * 365));
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
}

TEST(AnswerHead, IsReadOnlyWhenItIsWhole) {
  const std::string_view answer =
      "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 12\r\nA: b\r\n\r\n{\"records\"";
  Head head;
  const std::size_t head_size = answer.find("\r\n\r\n") + 4;
  for (std::size_t cut = 0; cut < head_size; ++cut) {
    EXPECT_EQ(read_head(answer.substr(0, cut), head), HeadState::incomplete) << cut;
  }
  ASSERT_EQ(read_head(answer, head), HeadState::complete);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.head_size, head_size);
  EXPECT_EQ(head.body_size, 12U);
}

TEST(AnswerHead, WhatIsNotOursIsUnreadable) {
  Head head;
  EXPECT_EQ(read_head("SSH-2.0-OpenSSH", head), HeadState::unreadable);
  EXPECT_EQ(read_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", head),
            HeadState::unreadable);
  EXPECT_EQ(read_head("HTTP/1.1 204 No Content\r\n\r\n", head), HeadState::complete);
}

TEST(Payload, ValuesHaveTheSizeAskedFor) {
  Shape shape;
  shape.encoding = Encoding::protobuf;
  shape.batch = 3;
  v1::PublishRequest request;
  ASSERT_TRUE(request.ParseFromString(publish_body(shape)));
  ASSERT_EQ(request.records_size(), 3);
  EXPECT_EQ(request.records(0).value().size(), 256U);
  shape.encoding = Encoding::json;
  shape.durability = "os";
  const std::string json = publish_body(shape);
  EXPECT_NE(json.find("\"value\":" + request.records(0).value()), std::string::npos);
  EXPECT_NE(json.find("\"durability\":\"os\""), std::string::npos);
}

TEST(Scan, FindsReceiptsInBothEncodings) {
  const std::string_view json =
      R"({"messages":[{"id":"0-41","receipt":"r1.a","receive_count":1,"value":{"pad":"x"}},)"
      R"({"id":"2-7","receipt":"r1.b","receive_count":1,"value":{}}],"queue":{"ready":0}})";
  v1::ReceiveResponse response;
  for (const auto& [id, receipt] : {
           std::pair{"0-41", "r1.a"},
           std::pair{"2-7",  "r1.b"}
  }) {
    v1::Message* message = response.add_messages();
    message->set_id(id);
    message->set_receipt(receipt);
    message->mutable_record()->set_value("{}");
  }
  response.mutable_queue()->set_ready(3);
  const std::string protobuf = response.SerializeAsString();
  for (const auto& [encoding, body] : {
           std::pair{Encoding::json,     std::string(json)},
           std::pair{Encoding::protobuf, protobuf         }
  }) {
    std::vector<Handed> handed;
    ASSERT_TRUE(scan_received(encoding, body, handed));
    ASSERT_EQ(handed.size(), 2U);
    EXPECT_EQ(handed[0].receipt, "r1.a");
    EXPECT_EQ(handed[0].offset, 41U);
    EXPECT_EQ(handed[1].partition, 2U);
    EXPECT_EQ(handed[1].offset, 7U);
  }
  std::vector<Handed> none;
  EXPECT_TRUE(scan_received(Encoding::json, R"({"messages":[],"why":{}})", none));
  EXPECT_TRUE(none.empty());
}

TEST(Scan, CountsRecordsAndFindsTheCursor) {
  v1::ReadResponse response;
  response.add_records()->set_value("x");
  response.add_records()->set_value("y");
  response.set_cursor("c1.A");
  response.set_caught_up(true);
  const std::string_view json =
      R"({"records":[{"id":"0-1","value":1},{"id":"0-2","value":2}],"cursor":"c1.A","caught_up":true,"lag":{}})";
  for (const auto& [encoding, body] : {
           std::pair{Encoding::json,     std::string(json)           },
           std::pair{Encoding::protobuf, response.SerializeAsString()}
  }) {
    PageSeen page;
    ASSERT_TRUE(scan_page(encoding, body, 1, page));
    EXPECT_EQ(page.records, 2U);
    EXPECT_EQ(page.cursor, "c1.A");
    EXPECT_TRUE(page.caught_up);
  }
  PageSeen page;
  EXPECT_FALSE(scan_page(Encoding::protobuf, "\x0a\x7f", 1, page)) << "a length beyond the end";
}

struct Pages final : Workload {
  std::string_view next(std::size_t) override { return claim(10) == 0 ? "" : "GET"; }
  Outcome<Done> answered(std::size_t, const Reply& reply) override {
    count_request(reply.body.size());
    count(10, reply.latency);
    return Done{};
  }
};

TEST(Workload, PagesOfTheWarmUpDoNotMakeTheMeasuredOnesLarger) {
  Pages pages;
  pages.begin(std::nullopt, 1h);
  ASSERT_TRUE(pages.answered(0, Reply{200, std::string(5000, 'x'), 1ms}));
  pages.begin(100, std::nullopt);
  ASSERT_TRUE(pages.answered(0, Reply{200, std::string(200, 'x'), 1ms}));
  EXPECT_EQ(pages.answer_bytes() / pages.requests(), 200U);
}

TEST(Scan, CountsAcks) {
  EXPECT_EQ(count_acked(Encoding::json, R"({"results":["acked","stale","acked"]})"), 2U);
  v1::SettleResponse response;
  response.add_results(v1::ACKED);
  response.add_results(v1::STALE);
  EXPECT_EQ(count_acked(Encoding::protobuf, response.SerializeAsString()), 1U);
}

TEST(Payload, AcksCarryTheReceipts) {
  EXPECT_EQ(ack_body(Encoding::json, {"a", "b"}), R"({"receipts":["a","b"]})");
  v1::AckRequest request;
  ASSERT_TRUE(request.ParseFromString(ack_body(Encoding::protobuf, {"a", "b"})));
  EXPECT_EQ(request.receipts(1), "b");
}

}  // namespace
}  // namespace twofold::bench
