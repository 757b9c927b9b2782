#include <gtest/gtest.h>

#include "src/net/http_url.h"
#include "src/serve/otel_exporter.h"

namespace twofold {
namespace {

TEST(HttpUrl, IsTakenApart) {
  const auto plain = parse_http_url("http://127.0.0.1:4318");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->authority(), "127.0.0.1:4318");
  EXPECT_EQ(plain->path, "/");
  EXPECT_FALSE(plain->secure);
  const auto six = parse_http_url("https://[::1]/a/b");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->authority(), "[::1]:443");
  EXPECT_EQ(six->path, "/a/b");
  EXPECT_TRUE(six->secure);
}

TEST(TracesUrl, ABaseGetsThePathOfTracesAndAPathOfTracesStays) {
  EXPECT_EQ(traces_url("http://c:4318")->path, "/v1/traces");
  EXPECT_EQ(traces_url("http://c:4318/")->path, "/v1/traces");
  EXPECT_EQ(traces_url("http://c/otel/")->path, "/otel/v1/traces");
  EXPECT_EQ(traces_url("http://c/v1/traces")->path, "/v1/traces");
  EXPECT_FALSE(traces_url("c:4318"));
}

}  // namespace
}  // namespace twofold
