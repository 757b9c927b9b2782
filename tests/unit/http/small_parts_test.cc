// Parts too small for a file of their own: answers' heads, media types, cursors of groups, metrics.
#include <map>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "http/media.h"
#include "http/metrics.h"
#include "http/response_head.h"
#include "http/rest/group_cursor.h"
#include "http/rest/json_request.h"
#include "http/retry_later.h"

namespace twofold::http {
namespace {

TEST(ResponseHead, IsWrittenByHand) {
  Reply reply;
  reply.field("ETag", "\"1\"");
  HeadOptions options;
  const std::string date = date_line(engine::WallTime{1'795'257'000'123});
  EXPECT_EQ(date, "Date: Sat, 21 Nov 2026 10:30:00 GMT\r\n");
  options.date_line = date;
  options.request_id = "q_x";
  options.body_bytes = 7;
  std::string out;
  append_response_head(out, reply, options);
  EXPECT_EQ(
      out,
      "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:30:00 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: 7\r\nTwofold-Request-Id: q_x\r\nETag: \"1\"\r\n\r\n");
}

TEST(ResponseHead, EveryStatusHasAReason) {
  for (const ProblemInfo& row : problem_table()) {
    Reply reply;
    reply.status = row.status;
    std::string out;
    append_response_head(out, reply, {});
    EXPECT_TRUE(out.starts_with("HTTP/1.1 " + std::to_string(row.status) + " ")) << out;
    EXPECT_EQ(out.find("Unknown"), std::string::npos) << row.status;
  }
}

TEST(ResponseHead, NothingFromOutsideBeginsALine) {
  Reply reply;
  reply.field("Link", "</a\r\nSet-Cookie: x\n\0>");
  EXPECT_EQ(reply.fields, "Link: </a  Set-Cookie: x \r\n");
  std::string out;
  reply.status = 204;
  append_response_head(out, reply, {});
  EXPECT_EQ(out.find("Content-Length"), std::string::npos) << "204 has no body and says no length";
}

TEST(Media, IsReadWithoutItsParameters) {
  EXPECT_EQ(media_of("application/json; charset=utf-8"), Media::json);
  EXPECT_EQ(media_of("APPLICATION/JSON"), Media::json);
  EXPECT_EQ(media_of("application/problem+json"), Media::json);
  EXPECT_EQ(media_of("application/x-protobuf"), Media::protobuf);
  EXPECT_EQ(media_of("application/x-ndjson"), Media::ndjson);
  EXPECT_EQ(media_of(""), Media::none);
  EXPECT_EQ(media_of("text/plain"), Media::other);
  EXPECT_EQ(accepted("text/html, application/protobuf;q=0.9, application/json", Media::json),
            Media::protobuf);
  EXPECT_EQ(accepted("*/*", Media::json), Media::json);
  EXPECT_EQ(accepted("", Media::protobuf), Media::protobuf);
}

TEST(GroupCursor, IsReadBack) {
  const std::vector<TopicCursor> cursors{
      {"orders",  "c1.AQ"},
      {"a.b-c_d", "c1.AZ"}
  };
  const auto read = decode_group_cursor(encode_group_cursor(cursors));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[1].topic, "a.b-c_d");
  EXPECT_EQ((*read)[1].cursor, "c1.AZ");
  for (const std::string_view bad :
       {"", "g1.", "c1.AQ", "g1.orders", "g1.:c1.AQ", "g1.a b:c1.AQ", "g1.a:b,", "g1.a@1:c1.AQ"}) {
    EXPECT_FALSE(decode_group_cursor(bad)) << bad;
  }
}

TEST(Metrics, AreSummedOverTheThreads) {
  LaneMetrics one(2);
  LaneMetrics two(2);
  one.request(0, 200, std::chrono::microseconds{40});
  one.request(0, 200, std::chrono::milliseconds{3});
  two.request(0, 503, std::chrono::seconds{20});
  two.request(1, 299, std::chrono::microseconds{50});
  one.connections_accepted.add(3);
  two.connections_closed.add();
  const LaneMetrics* lanes[] = {&one, &two};
  const OperationName names[] = {
      {"native", "publish"},
      {"native", "read"   }
  };
  metrics::Text text;
  append_http_metrics(text, lanes, names);
  const std::string out = text.take();
  const auto has = [&](std::string_view line) {
    return out.find(std::string(line) + "\n") != std::string::npos;
  };
  EXPECT_TRUE(has(R"(twofold_http_requests_total{api="native",op="publish",code="200"} 2)"));
  EXPECT_TRUE(has(R"(twofold_http_requests_total{api="native",op="publish",code="503"} 1)"));
  EXPECT_TRUE(has(
      R"(twofold_http_request_duration_seconds_bucket{api="native",op="publish",le="0.00005"} 1)"));
  EXPECT_TRUE(
      has(R"(twofold_http_request_duration_seconds_bucket{api="native",op="publish",le="10"} 2)"));
  EXPECT_TRUE(has(
      R"(twofold_http_request_duration_seconds_bucket{api="native",op="publish",le="+Inf"} 3)"));
  EXPECT_TRUE(has(R"(twofold_http_request_duration_seconds_count{api="native",op="publish"} 3)"));
  EXPECT_TRUE(has(
      R"(twofold_http_request_duration_seconds_bucket{api="native",op="read",le="0.00005"} 1)"));
  EXPECT_TRUE(has(R"(twofold_connections{listener="http"} 2)"));
}

TEST(Sizes, AreNumbersOrTextsWithUnits) {
  const auto size = [](std::string_view json_text) -> std::optional<std::uint64_t> {
    TextStore keep;
    JsonReader json(json_text, keep);
    auto read = read_size(json);
    if (!read) return std::nullopt;
    return *read;
  };
  EXPECT_EQ(size("1024"), 1024u);
  EXPECT_EQ(size("\"50GiB\""), 53'687'091'200u);
  EXPECT_EQ(size("\"10MB\""), 10'000'000u);
  EXPECT_EQ(size("\"7\""), 7u);
  for (const std::string_view bad : {"-1", "1.5", "\"\"", "\"GiB\"", "\"5 GiB\"", "\"-5B\"",
                                     "\"5gib\"", "\"9000000000TiB\"", "true"}) {
    EXPECT_FALSE(size(bad)) << bad;
  }
}

// Thousands that were refused at the same moment came back at the same moment.
TEST(RetryLater, SpreadsThoseWhoWereSentAwayTogether) {
  engine::SeededRandom random(7);
  std::map<std::string, int> told;
  for (int client = 0; client < 3'000; ++client) ++told[retry_later(random)];
  ASSERT_EQ(told.size(), 3u);
  for (const char* seconds : {"1", "2", "3"}) EXPECT_GT(told[seconds], 800) << seconds;
}

}  // namespace
}  // namespace twofold::http
