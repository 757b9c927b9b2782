#include "http/gate.h"

#include <gtest/gtest.h>

namespace twofold::http {
namespace {

ServerOptions options() {
  ServerOptions options;
  options.hosts_allowed = {"broker.example.org"};
  options.origins_allowed = std::vector<std::string>{"https://app.example.org"};
  return options;
}

Head head(std::string_view method, std::string_view host, std::string_view origin = "") {
  Head head;
  head.method = method;
  head.host = host;
  head.origin = origin;
  return head;
}

TEST(Gate, AnswersToAddressesLocalNamesAndConfiguredOnes) {
  for (const std::string_view good :
       {"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "twofold",
        "twofold:8080", "10.1.2.3", "broker.example.org", "BROKER.example.org:443",
        "sqs.localhost:9324", "sqs.eu-west-1.localhost", "Queue.LocalHost", "localhost.localstack.cloud:4566",
        "sqs.eu-west-1.localhost.localstack.cloud:4566"}) {
    EXPECT_TRUE(host_allowed(good, options())) << good;
  }
  for (const std::string_view bad :
       {"evil.example.org", "localhost.evil.org:8080", "127.0.0.1.evil.org", "1.2.3", "1.2.3.4.5", "[::1",
        "", ":8080", ".localhost", "evillocalhost.evil.org", "localhost.localstack.cloud.evil.org",
        "localstack.cloud", "evil-localhost.localstack.cloud", "broker.example.org.evil"}) {
    EXPECT_FALSE(host_allowed(bad, options())) << bad;
  }
}

TEST(Gate, ProbesAreAnsweredUnderAnyName) {
  Head probe = head("GET", "broker.monitoring.svc:8080");
  for (const std::string_view target : {"/livez", "/readyz?verbose", "/startupz", "/health"}) {
    probe.target = target;
    EXPECT_FALSE(check_admission(probe, options())) << target;
  }
  for (const std::string_view target : {"/v1/topics", "/metrics", "/livezz", "/v1/topics?x=/livez"}) {
    probe.target = target;
    ASSERT_TRUE(check_admission(probe, options())) << target;
    EXPECT_EQ(check_admission(probe, options())->kind, ProblemKind::host_not_allowed);
  }
}

TEST(Gate, PagesOfOtherSitesMayNotWrite) {
  EXPECT_FALSE(check_admission(head("POST", "localhost:8080"), options()));
  EXPECT_FALSE(check_admission(head("POST", "localhost:8080", "http://localhost:8080"), options()));
  EXPECT_FALSE(check_admission(head("PUT", "localhost", "https://app.example.org"), options()));
  for (const std::string_view origin : {"http://evil.org", "null", "https://localhost:8080",
                                        "http://localhost:8081", "https://app.example.org.evil.org"}) {
    const auto problem = check_admission(head("POST", "localhost:8080", origin), options());
    ASSERT_TRUE(problem) << origin;
    EXPECT_EQ(problem->kind, ProblemKind::origin_not_allowed);
  }
  EXPECT_FALSE(check_admission(head("GET", "localhost", "http://evil.org"), options()))
      << "reading is harmless: without CORS the page never sees the answer";
}

TEST(Gate, ACrossSiteRequestWithoutOriginMayNotWriteEither) {
  Head request = head("POST", "localhost");
  request.fields.push_back({"sec-fetch-site", "cross-site"});
  EXPECT_EQ(check_admission(request, options())->kind, ProblemKind::origin_not_allowed);
}

const Route& route(std::string_view operation) {
  for (const Route& route : route_table()) {
    if (route.operation == operation) return route;
  }
  throw std::runtime_error("no such operation");
}

TEST(Gate, WhatIsServedWhen) {
  EXPECT_FALSE(check_served(route("livez"), Health::starting));
  EXPECT_EQ(check_served(route("publish"), Health::starting)->kind, ProblemKind::starting);
  EXPECT_FALSE(check_served(route("publish"), Health::ready));
  EXPECT_EQ(check_served(route("receive"), Health::draining)->kind, ProblemKind::draining);
  EXPECT_FALSE(check_served(route("ack"), Health::draining)) << "what is in hand can be settled";
  EXPECT_FALSE(check_served(route("read"), Health::failed)) << "the core decides what still works";
}

TEST(Gate, SizesAreRefusedFromTheHead) {
  Head request = head("PUT", "localhost");
  request.content_length = (1 << 20) + 1;
  EXPECT_EQ(check_body(route("put_topic"), request, options())->kind, ProblemKind::batch_too_large);
  EXPECT_FALSE(check_body(route("publish"), request, options()));
  request.content_length = (10 << 20) + 1;
  EXPECT_EQ(check_body(route("publish"), request, options())->kind, ProblemKind::batch_too_large);
}

TEST(Gate, CompressedBodiesAreRefused) {
  Head request = head("POST", "localhost");
  request.fields.push_back({"Content-Encoding", "gzip"});
  EXPECT_EQ(check_body(route("publish"), request, options())->kind,
            ProblemKind::unsupported_media_type);
}

}  // namespace
}  // namespace twofold::http
