// What needs a clock that is told what time it is, or a client that is gone.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

using namespace std::chrono_literals;

class SqsActions : public ::testing::Test {
 protected:
  void start(std::string action, std::string_view body) {
    target_ = "AmazonSQS." + std::move(action);
    rig_.fields = {
        {"X-Amz-Target", target_}
    };
    rig_.begin("POST", "/", body);
  }
  CallRig::Answer ask(std::string action, std::string_view body) {
    start(std::move(action), body);
    for (int i = 0; i < 100 && !rig_.done(); ++i) rig_.turn();
    return rig_.finish();
  }
  std::string body_of(const CallRig::Answer& answer) {
    const auto value = answer.json();
    const auto* const messages = value.as_object().if_contains("Messages");
    return messages ? std::string(messages->at(0).at("Body").as_string()) : "";
  }
  void queue_with(std::string_view text) {
    EXPECT_EQ(ask("CreateQueue", R"({"QueueName":"jobs"})").status, 200);
    const std::string body = R"({"QueueUrl":"jobs","MessageBody":")" + std::string(text) + "\"}";
    EXPECT_EQ(ask("SendMessage", body).status, 200);
  }

  CallRig rig_;
  std::string target_;
};

TEST_F(SqsActions, ALongPollIsAnsweredWhenAMessageComesFree) {
  queue_with("a");
  ask("ReceiveMessage", R"({"QueueUrl":"jobs","VisibilityTimeout":5})");
  start("ReceiveMessage", R"({"QueueUrl":"jobs","WaitTimeSeconds":20})");
  EXPECT_TRUE(rig_.waits());
  rig_.pass(5s + 8ms);
  rig_.turn();
  ASSERT_TRUE(rig_.done());
  EXPECT_EQ(body_of(rig_.finish()), "a");
}

TEST_F(SqsActions, AQueueThatIsThereButCouldBeLostIsNotAnsweredAsCreated) {
  rig_.commits = false;
  rig_.broker.queues.create("jobs", {}, std::nullopt, true, [](const auto&) {});
  start("CreateQueue", R"({"QueueName":"jobs"})");
  rig_.turn();
  EXPECT_FALSE(rig_.done());
  rig_.commits = true;
  rig_.turn();
  ASSERT_TRUE(rig_.done());
  EXPECT_EQ(rig_.finish().status, 200);
}

TEST_F(SqsActions, ALongPollEndsEmptyAfterItsTime) {
  ask("CreateQueue", R"({"QueueName":"jobs","Attributes":{"ReceiveMessageWaitTimeSeconds":"3"}})");
  EXPECT_EQ(ask("ReceiveMessage", R"({"QueueUrl":"jobs","WaitTimeSeconds":0})").body, "{}");
  start("ReceiveMessage", R"({"QueueUrl":"jobs"})");
  EXPECT_TRUE(rig_.waits());
  rig_.pass(3s + 8ms);
  rig_.turn();
  ASSERT_TRUE(rig_.done());
  EXPECT_EQ(rig_.finish().body, "{}");
}

TEST_F(SqsActions, AnAnswerThatDidNotArriveGivesItsMessagesBack) {
  queue_with("a");
  ask("ReceiveMessage", R"({"QueueUrl":"jobs"})");
  rig_.lose_answer();
  const auto again = ask("ReceiveMessage", R"({"QueueUrl":"jobs","AttributeNames":["All"]})");
  EXPECT_EQ(body_of(again), "a");
  EXPECT_NE(again.body.find(R"("ApproximateReceiveCount":"1")"), std::string::npos) << again.body;
}

TEST_F(SqsActions, AClientThatVanishesWhileItWaitsGetsNothingAndTakesNothing) {
  ask("CreateQueue", R"({"QueueName":"jobs"})");
  start("ReceiveMessage", R"({"QueueUrl":"jobs","WaitTimeSeconds":20})");
  rig_.interrupt();
  for (int i = 0; i < 10 && !rig_.done(); ++i) rig_.turn();
  EXPECT_EQ(rig_.finish().body, "{}");
  queue_with("a");
  EXPECT_EQ(body_of(ask("ReceiveMessage", R"({"QueueUrl":"jobs"})")), "a");
}

TEST_F(SqsActions, ADrainRefusesSendsAndTakesDeletes) {
  queue_with("a");
  const auto received = ask("ReceiveMessage", R"({"QueueUrl":"jobs"})").json();
  const std::string handle(received.at("Messages").at(0).at("ReceiptHandle").as_string());
  rig_.broker.shared.health = Health::draining;
  const auto refused = ask("SendMessage", R"({"QueueUrl":"jobs","MessageBody":"b"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.fields.find("x-amzn-query-error: ServiceUnavailable;Receiver"),
            std::string::npos);
  const std::string body = R"({"QueueUrl":"jobs","ReceiptHandle":")" + handle + "\"}";
  const auto deleted = ask("DeleteMessage", body);
  EXPECT_EQ(deleted.status, 200);
  EXPECT_EQ(deleted.body, "");
}

TEST_F(SqsActions, ThatThereIsNoQueueIsSaidBeforeAnythingElse) {
  const auto refused = ask("SendMessage", R"({"QueueUrl":"none"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("#QueueDoesNotExist"), std::string::npos) << refused.body;
  EXPECT_NE(ask("SendMessage", R"({"MessageBody":"x"})").body.find("#QueueDoesNotExist"),
            std::string::npos);
}

// Thousands of queues that the caller does not see hold up nobody else.
TEST(SqsLists, OthersHaveTheirTurnsWhileNamesAreWalked) {
  ServerOptions options;
  options.sqs.regions = sqs::Regions::separate;
  CallRig rig(std::move(options));
  constexpr int kOthers = 3'500;
  for (int i = 0; i < kOthers; ++i) {
    const std::string name = fmt::format("q{}.111111111111.eu-west-1", i);
    rig.broker.queues.create(name, {}, std::nullopt, true, [](const auto&) {});
  }
  rig.broker.queues.create("zebra", {}, std::nullopt, true, [](const auto&) {});
  rig.turn();
  rig.fields = {
      {"X-Amz-Target", "AmazonSQS.ListQueues"}
  };
  int turns = 1;
  for (rig.begin("POST", "/", "{}"); !rig.done(); ++turns) {
    ASSERT_LT(turns, 100);
    rig.turn();
  }
  EXPECT_GE(turns, kOthers / 1'001 + 1);
  EXPECT_EQ(rig.finish().body, R"({"QueueUrls":["http://localhost:9324/000000000000/zebra"]})");
}

TEST(SqsLists, OthersHaveTheirTurnsWhileSourcesAreWalked) {
  CallRig rig;
  const auto create = [&](const std::string& name, const queue::QueueConfig& config) {
    rig.broker.queues.create(name, config, std::nullopt, true, [](const auto&) {});
  };
  create("dead", {});
  queue::QueueConfig dying;
  dying.dead_letter = "dead";
  dying.max_receives = 1;
  constexpr int kSources = 2'500;
  for (int i = 0; i < kSources; ++i) create(fmt::format("q{:04}", i), dying);
  rig.turn();
  rig.fields = {
      {"X-Amz-Target", "AmazonSQS.ListDeadLetterSourceQueues"}
  };
  const std::string token = "cTI0OTc=";  // q2497
  int turns = 1;
  for (rig.begin("POST", "/", R"({"QueueUrl":"dead","NextToken":")" + token + "\"}"); !rig.done();
       ++turns) {
    ASSERT_LT(turns, 100);
    rig.turn();
  }
  EXPECT_GE(turns, 3);
  EXPECT_EQ(rig.finish().json().at("queueUrls").as_array().size(), 2U);
}

}  // namespace
}  // namespace twofold::http
