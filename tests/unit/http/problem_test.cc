#include "http/problem.h"

#include <gtest/gtest.h>

#include <set>

#include <boost/json.hpp>

#include "schemas/api.pb.h"

namespace twofold::http {
namespace {

TEST(Problem, IsWrittenAsRfc9457) {
  Problem problem(ProblemKind::topic_not_found, "There is no topic named orderz.", "topic");
  problem.with_hint("Did you mean orders?");
  problem.index = 3;
  std::string out;
  append_problem_json(out, problem, "q_abc");
  const auto json = boost::json::parse(out).as_object();
  EXPECT_EQ(json.at("type"), "/errors/topic-not-found");
  EXPECT_EQ(json.at("title"), "No such topic");
  EXPECT_EQ(json.at("status"), 404);
  EXPECT_EQ(json.at("detail"), "There is no topic named orderz.");
  EXPECT_EQ(json.at("code"), "topic-not-found");
  EXPECT_EQ(json.at("hint"), "Did you mean orders?");
  EXPECT_EQ(json.at("param"), "topic");
  EXPECT_EQ(json.at("index"), 3);
  EXPECT_EQ(json.at("request_id"), "q_abc");
  EXPECT_EQ(json.at("retryable"), false);
  EXPECT_FALSE(json.contains("oldest"));
}

TEST(Problem, SaysTheSameInProtobuf) {
  engine::Error trimmed(engine::Errc::offset_trimmed, "gone");
  trimmed.number = 42;
  std::string out;
  append_problem_protobuf(out, trimmed, "q_abc");
  v1::Problem read;
  ASSERT_TRUE(read.ParseFromString(out));
  EXPECT_EQ(read.code(), "offset-trimmed");
  EXPECT_EQ(read.status(), 410);
  EXPECT_EQ(read.oldest(), 42);
  EXPECT_FALSE(read.has_index());
  EXPECT_EQ(read.request_id(), "q_abc");
}

TEST(Problem, WhatTheSystemSaidStaysInside) {
  const Problem problem(engine::Error(engine::Errc::io, "open(/var/lib/twofold/secret): denied"));
  EXPECT_EQ(problem.detail.find("/var"), std::string::npos);
}

TEST(ProblemTable, CodesAreUniqueAndFound) {
  std::set<std::string_view> codes;
  for (const ProblemInfo& row : problem_table()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_EQ(find_problem(row.code), &row);
    EXPECT_GE(row.status, 400);
    EXPECT_FALSE(row.title.empty());
    EXPECT_GT(row.meaning.size(), 20u) << row.code;
  }
  EXPECT_EQ(find_problem("no-such-code"), nullptr);
}

TEST(ProblemTable, RetryableMeansNothingWasWritten) {
  EXPECT_TRUE(retryable(ProblemKind::overloaded));
  EXPECT_TRUE(retryable(ProblemKind::draining));
  EXPECT_TRUE(retryable(ProblemKind::storage_full));
  EXPECT_FALSE(retryable(ProblemKind::storage_failed)) << "the outcome is unknown";
  EXPECT_FALSE(retryable(ProblemKind::invalid_request));
}

}  // namespace
}  // namespace twofold::http
