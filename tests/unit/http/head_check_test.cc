#include "http/head_check.h"

#include <gtest/gtest.h>

#include <boost/beast/http.hpp>

#include "tests/unit/http/hostile_heads.h"

namespace twofold::http {
namespace {

std::optional<HeadRefusal> refusal_of(std::string_view raw) {
  Head head;
  return check_head(raw, head);
}

std::string plain(std::string_view fields = "") {
  return std::string("POST /v1/topics/orders/records HTTP/1.1\r\nHost: localhost\r\n")
      .append(fields)
      .append("\r\n");
}

// Whether Beast's parser takes a head: everything that we take must be sound for it too.
bool beast_takes(std::string_view raw) {
  namespace http = boost::beast::http;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(64 << 10);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(raw.data(), raw.size()), error);
  return !error && parser.is_header_done();
}

TEST(HeadCheck, ReadsAnOrdinaryRequest) {
  const std::string raw =
      "POST /v1/topics/orders/records?x=1 HTTP/1.1\r\nHost: localhost:8080\r\n"
      "content-TYPE:application/json\r\nContent-Length:  256 \r\nX-Other: a, b\r\n\r\n";
  Head head;
  ASSERT_FALSE(check_head(raw, head));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/topics/orders/records?x=1");
  EXPECT_EQ(head.host, "localhost:8080");
  EXPECT_EQ(head.content_type, "application/json");
  EXPECT_EQ(head.content_length, 256u);
  EXPECT_EQ(head.field("x-other"), "a, b");
  EXPECT_EQ(head.field("absent"), "");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(beast_takes(raw));
}

TEST(HeadCheck, KeepAliveFollowsVersionAndConnection) {
  const auto keeps = [](std::string_view version, std::string_view connection) {
    const std::string raw = std::string("GET / ").append(version).append("\r\nHost: a\r\n").append(connection) + "\r\n";
    Head head;
    EXPECT_FALSE(check_head(raw, head)) << raw;
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive, CLOSE\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(HeadCheck, AHeadIsReusedWithoutTracesOfTheLast) {
  Head head;
  ASSERT_FALSE(check_head(plain("Transfer-Encoding: chunked\r\nOrigin: http://x\r\nExpect: 100-continue\r\n"), head));
  ASSERT_TRUE(head.chunked && head.expects_continue);
  const std::string raw = plain();
  ASSERT_FALSE(check_head(raw, head));
  EXPECT_FALSE(head.chunked);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_TRUE(head.origin.empty());
  EXPECT_EQ(head.fields.size(), 1u);
}

TEST(HeadCheck, RefusesEveryHostileHead) {
  for (const HostileHead& hostile : hostile_heads()) {
    const auto refusal = refusal_of(hostile.raw);
    ASSERT_TRUE(refusal) << hostile.name;
    EXPECT_EQ(info(refusal->kind).status, hostile.status) << hostile.name;
    EXPECT_FALSE(refusal->detail.empty());
  }
}

TEST(HeadCheck, TakesTheLastFieldThatFits) {
  std::string fields;
  for (std::size_t i = 1; i < kFieldsMax; ++i) fields += "A: b\r\n";
  EXPECT_FALSE(refusal_of(plain(fields)));
  fields += "A: b\r\n";
  EXPECT_EQ(refusal_of(plain(fields))->kind, ProblemKind::headers_too_large);
}

TEST(HeadCheck, SizesAreHeldToTheByte) {
  const auto with_target = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_FALSE(refusal_of(with_target(kTargetBytesMax)));
  EXPECT_EQ(refusal_of(with_target(kTargetBytesMax + 1))->kind, ProblemKind::target_too_long);
  const std::string frame = plain("X: \r\n");
  const auto of_size = [&](std::size_t bytes) {
    return plain("X: " + std::string(bytes - frame.size(), 'x') + "\r\n");
  };
  EXPECT_FALSE(refusal_of(of_size(kHeadBytesMax)));
  EXPECT_EQ(refusal_of(of_size(kHeadBytesMax + 1))->kind, ProblemKind::headers_too_large);
}

TEST(HeadCheck, EveryCutIsRefused) {
  const std::string raw = plain("Content-Length: 3\r\nContent-Type: application/json\r\n");
  ASSERT_FALSE(refusal_of(raw));
  for (std::size_t cut = 0; cut < raw.size(); ++cut) {
    EXPECT_TRUE(refusal_of(raw.substr(0, cut))) << cut;
  }
}

// Two readers that disagree are a hole: what we take, Beast takes, byte by byte.
TEST(HeadCheck, WhatIsTakenWithAnyByteChangedIsSoundForBeastToo) {
  const std::string raw = plain("Content-Length: 12\r\nX-A: b\r\n");
  for (std::size_t i = 0; i < raw.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = raw;
      changed[i] = static_cast<char>(byte);
      if (refusal_of(changed)) continue;
      EXPECT_TRUE(beast_takes(changed)) << i << " " << byte;
    }
  }
}

TEST(Tokens, AreFoundInLists) {
  EXPECT_TRUE(lists_token("keep-alive , Upgrade", "upgrade"));
  EXPECT_FALSE(lists_token("keep-alive2", "keep-alive"));
  EXPECT_FALSE(lists_token("", "close"));
}

}  // namespace
}  // namespace twofold::http
