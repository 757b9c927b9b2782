#include <array>
#include <set>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "http/route.h"
#include "http/trace/otlp.h"
#include "http/trace/tracer.h"
#include "http/transaction.h"

namespace twofold::http::trace {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, AParentIsReadAndWrittenAsItCame) {
  const auto context = parse_traceparent(kParent);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->trace.front(), 0x0A);
  EXPECT_EQ(context->span.back(), 0x31);
  EXPECT_EQ(traceparent_of(*context), kParent);
}

TEST(TraceContext, OnlyTheLowestFlagSaysWhetherItIsSampled) {
  const std::string without_flags(kParent.substr(0, 53));
  EXPECT_FALSE(parse_traceparent(without_flags + "00")->sampled);
  EXPECT_FALSE(parse_traceparent(without_flags + "fe")->sampled);
  EXPECT_TRUE(parse_traceparent(without_flags + "ff")->sampled);
}

TEST(TraceContext, WhateverIsCutShortIsNone) {
  for (std::size_t length = 0; length < kParent.size(); ++length)
    EXPECT_FALSE(parse_traceparent(kParent.substr(0, length))) << length;
}

TEST(TraceContext, AWrongByteAnywhereIsNone) {
  for (std::size_t i = 0; i < kParent.size(); ++i) {
    std::string wrong(kParent);
    wrong[i] = 'G';
    EXPECT_FALSE(parse_traceparent(wrong)) << wrong;
  }
}

TEST(TraceContext, LaterVersionsMayAddSomething) {
  const std::string body(kParent.substr(2));
  EXPECT_FALSE(parse_traceparent("00" + body + "-more"));
  EXPECT_TRUE(parse_traceparent("01" + body + "-more"));
  EXPECT_FALSE(parse_traceparent("01" + body + "more"));
  EXPECT_FALSE(parse_traceparent("ff" + body));
}

TEST(TraceContext, IdsOfZerosAreNone) {
  const std::string zeros(32, '0');
  EXPECT_FALSE(parse_traceparent("00-" + zeros + "-b7ad6b7169203331-01"));
  EXPECT_FALSE(
      parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-" + zeros.substr(16) + "-01"));
}

TEST(TraceContext, OfXRayInAnyOrder) {
  const auto context = parse_aws_trace(
      "Sampled=1; Parent=53995c3f42cd8ad8;Root=1-5759e988-bd862e3fe1be46a994272793");
  ASSERT_TRUE(context);
  EXPECT_EQ(traceparent_of(*context), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
  EXPECT_FALSE(parse_aws_trace("Root=1-5759e988-bd862e3fe1be46a994272793"));  // who called?
  EXPECT_FALSE(parse_aws_trace("Root=1-5759e988;Parent=53995c3f42cd8ad8"));
  EXPECT_FALSE(parse_aws_trace(""));
}

std::size_t route_named(std::string_view operation) {
  for (std::size_t i = 0; i < operation_count(); ++i)
    if (operation_name(i).name == operation) return i;
  ADD_FAILURE() << operation;
  return 0;
}

TEST(Tracer, WhoComesWithATraceIsFollowedWhateverTheRatio) {
  engine::SeededRandom random(1);
  Tracer never(random, {0});
  Tracer always(random, {1});
  Context parent = *parse_traceparent(kParent);
  const auto followed = never.begin(route_named("send"), parent);
  ASSERT_TRUE(followed);
  EXPECT_EQ(followed->context.trace, parent.trace);
  EXPECT_EQ(followed->parent, parent.span);
  EXPECT_NE(followed->context.span, parent.span);
  parent.sampled = false;
  EXPECT_FALSE(always.begin(route_named("send"), parent));
}

TEST(Tracer, ARatioOfTheOthersBeginATrace) {
  engine::SeededRandom random(2);
  Tracer tracer(random, {0.25});
  int begun = 0;
  for (int i = 0; i < 10'000; ++i) begun += tracer.begin(route_named("send"), {}) ? 1 : 0;
  EXPECT_NEAR(begun, 2'500, 200);
  Tracer never(random, {0});
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(never.begin(route_named("send"), {}));
}

TEST(Tracer, OnlyWhatMessagesGoThroughIsTraced) {
  engine::SeededRandom random(3);
  Tracer tracer(random, {1});
  std::set<std::string_view> traced;
  for (std::size_t i = 0; i < operation_count(); ++i)
    if (tracer.begin(i, {})) traced.insert(operation_name(i).name);
  EXPECT_EQ(traced.size(), 19u) << "every line of its table names an operation that there is";
  EXPECT_TRUE(traced.contains("SendMessageBatch"));
  EXPECT_FALSE(traced.contains("list_queues"));
}

TEST(Tracer, WhatFindsNoRoomIsDroppedAndCounted) {
  engine::SeededRandom random(4);
  Tracer tracer(random, {1, 3});
  for (int i = 0; i < 5; ++i) tracer.end(std::move(*tracer.begin(Operation::send, "send", {})));
  EXPECT_EQ(tracer.counts().full, 2u);
  EXPECT_EQ(tracer.take(2, 0ms).size(), 2u);
  EXPECT_EQ(tracer.take(10, 0ms).size(), 1u);
  tracer.stop();
  EXPECT_TRUE(tracer.take(10, 1h).empty()) << "nobody waits any more";
}

TEST(Tracer, LinksHaveABound) {
  Span span;
  const std::array headers{
      engine::Header{kTraceparent, kParent}
  };
  engine::StoredRecord record{
      engine::Offset{0}, engine::Seq{0}, engine::WallTime{0}, std::nullopt, std::nullopt, {}};
  record.headers.assign(headers.begin(), headers.end());
  for (std::size_t i = 0; i < Span::kLinksMax + 2; ++i) span.link(record);
  EXPECT_EQ(span.links.size(), Span::kLinksMax);
  EXPECT_EQ(span.links_left_out, 2u);
}

TEST(Tracer, ATransactionNamesWhereItGoesWhenThatIsOnePlace) {
  const std::array headers{
      engine::Header{kTraceparent, kParent}
  };
  const engine::NewRecord record{std::nullopt, "x", headers, engine::WallTime{0}};
  log::Publish publish;
  publish.topic = "orders";
  publish.records = {{record, std::nullopt}, {record, std::nullopt}};
  Transaction transaction;
  transaction.ack = {
      {"jobs", {"r1", "r2", "r3"}}
  };
  Span settles;
  settles.operation = Operation::send;
  settles.tell(transaction);
  EXPECT_EQ(settles.operation, Operation::settle);
  EXPECT_EQ(settles.destination, "jobs");
  EXPECT_EQ(settles.messages, 3u);
  EXPECT_FALSE(context_in(transaction));

  transaction.publish.push_back(publish);
  Span one;
  one.operation = Operation::send;
  one.tell(transaction);
  EXPECT_EQ(one.operation, Operation::send);
  EXPECT_EQ(one.destination, "orders");
  EXPECT_EQ(one.messages, 2u);
  EXPECT_EQ(context_in(transaction)->span, parse_traceparent(kParent)->span);

  publish.topic = "bills";
  transaction.publish.push_back(publish);
  Span two;
  two.tell(transaction);
  EXPECT_EQ(two.destination, "") << "there are two";
  EXPECT_EQ(two.messages, 4u);
}

boost::json::value told(const Span& span) {
  return boost::json::parse(to_otlp({"kitchens", "1", "i"}, {&span, 1}));
}

TEST(Otlp, ASpanIsWrittenAsTheProtocolWantsIt) {
  Span span;
  span.context = *parse_traceparent(kParent);
  span.parent = span.context.span;
  span.operation = Operation::receive;
  span.name = "receive";
  span.destination = "kit\"chen";
  span.messages = 2;
  span.links = {span.context};
  span.links_left_out = 1;
  span.host = "[::1]:8080";
  span.began_ns = 1'700'000'000'000'000'001;
  span.ended_ns = 1'700'000'000'000'000'002;
  span.error = "queue-not-found";
  const auto all = told(span);
  const auto& resource = all.at("resourceSpans").at(0);
  EXPECT_EQ(resource.at("resource").at("attributes").at(0).at("value").at("stringValue"),
            "kitchens");
  const auto& one = resource.at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_EQ(one.at("traceId"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(one.at("spanId"), "b7ad6b7169203331");
  EXPECT_EQ(one.at("parentSpanId"), "b7ad6b7169203331");
  EXPECT_EQ(one.at("name"), "receive kit\"chen");
  EXPECT_EQ(one.at("kind"), 5);
  EXPECT_EQ(one.at("startTimeUnixNano"), "1700000000000000001") << "64 bits are a string";
  EXPECT_EQ(one.at("links").as_array().size(), 1u);
  EXPECT_EQ(one.at("droppedLinksCount"), 1);
  EXPECT_EQ(one.at("status").at("code"), 2);
  std::map<std::string, std::string> attributes;
  for (const auto& attribute : one.at("attributes").as_array())
    attributes[attribute.at("key").as_string().c_str()] =
        boost::json::serialize(attribute.at("value"));
  EXPECT_EQ(attributes["messaging.batch.message_count"], R"({"intValue":"2"})");
  EXPECT_EQ(attributes["server.address"], R"({"stringValue":"[::1]"})");
  EXPECT_EQ(attributes["server.port"], R"({"intValue":"8080"})");
  EXPECT_FALSE(attributes.contains("messaging.consumer.group.name"));
}

TEST(Otlp, WhatBeginsATraceHasNoParent) {
  Span span;
  span.context = *parse_traceparent(kParent);
  const auto all = told(span);
  const auto& one = all.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_FALSE(one.as_object().contains("parentSpanId"));
  EXPECT_FALSE(one.as_object().contains("status"));
}

}  // namespace
}  // namespace twofold::http::trace
