// The waits and limits of AWS that only the strict profile has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/sqs/recent_names.h"
#include "tests/unit/http/call_rig.h"

namespace twofold::http::sqs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

ServerOptions with(Profile profile) {
  ServerOptions options;
  options.sqs.profile = profile;
  return options;
}

class SqsStrict : public testing::Test {
 protected:
  CallRig::Answer ask(std::string_view action, std::string_view body) {
    target_ = "AmazonSQS." + std::string(action);
    rig_.fields = {
        {"X-Amz-Target", target_}
    };
    return rig_.ask("POST", "/", body);
  }
  void fill(std::size_t count) {
    queue::Send send;
    send.queue = "jobs";
    for (std::size_t i = 0; i < count; ++i) {
      send.messages.push_back(
          queue::SendMessage{{std::nullopt, "x", {}, rig_.broker.clock.wall()}, {}, {}});
    }
    rig_.broker.queues.send(std::move(send), [](auto sent) { ASSERT_TRUE(sent); });
    rig_.turn();
  }
  void take(std::size_t count) {
    queue::Receive receive{"jobs", count, 1 << 30, std::nullopt};
    std::size_t got = 0;
    rig_.broker.queues.receive(std::move(receive), rig_.broker.clock.now(), [&got](auto received) {
      ASSERT_TRUE(received);
      got = received->messages.size();
    });
    rig_.turn();
    ASSERT_EQ(got, count);
  }

  std::string target_;
  CallRig rig_{with(Profile::strict)};
};

TEST_F(SqsStrict, AQueueIsPurgedOnceAMinute) {
  ask("CreateQueue", R"({"QueueName":"jobs"})");
  EXPECT_EQ(ask("PurgeQueue", R"({"QueueUrl":"jobs"})").status, 200);
  const auto again = ask("PurgeQueue", R"({"QueueUrl":"jobs"})");
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.body, HasSubstr("com.amazonaws.sqs#PurgeQueueInProgress"));
  EXPECT_THAT(again.body,
              HasSubstr("Only one PurgeQueue operation on jobs is allowed every 60 seconds."));
  EXPECT_THAT(again.fields, HasSubstr("AWS.SimpleQueueService.PurgeQueueInProgress;Sender"));
  rig_.pass(59'999ms);
  EXPECT_EQ(ask("PurgeQueue", R"({"QueueUrl":"jobs"})").status, 403);
  rig_.pass(1ms);
  EXPECT_EQ(ask("PurgeQueue", R"({"QueueUrl":"jobs"})").status, 200);
}

TEST_F(SqsStrict, APurgeThatFailedDoesNotCount) {
  EXPECT_THAT(ask("PurgeQueue", R"({"QueueUrl":"jobs"})").body, HasSubstr("#QueueDoesNotExist"));
  ask("CreateQueue", R"({"QueueName":"jobs"})");
  EXPECT_EQ(ask("PurgeQueue", R"({"QueueUrl":"jobs"})").status, 200);
}

TEST_F(SqsStrict, ANameIsFreeAMinuteAfterItsQueueWasDeleted) {
  ask("CreateQueue", R"({"QueueName":"jobs"})");
  EXPECT_EQ(ask("CreateQueue", R"({"QueueName":"jobs"})").status, 200) << "it is there";
  EXPECT_EQ(ask("DeleteQueue", R"({"QueueUrl":"jobs"})").status, 200);
  const auto refused = ask("CreateQueue", R"({"QueueName":"jobs"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("com.amazonaws.sqs#QueueDeletedRecently"));
  EXPECT_THAT(refused.body, HasSubstr("You must wait 60 seconds after deleting a queue"));
  EXPECT_EQ(ask("CreateQueue", R"({"QueueName":"other"})").status, 200);
  rig_.pass(60s);
  EXPECT_EQ(ask("CreateQueue", R"({"QueueName":"jobs"})").status, 200);
}

TEST_F(SqsStrict, SoManyMessagesAreInFlightAndNoMore) {
  ask("CreateQueue", R"({"QueueName":"jobs"})");
  fill(120'010);
  take(119'998);
  const auto last = ask("ReceiveMessage", R"({"QueueUrl":"jobs","MaxNumberOfMessages":10})").json();
  EXPECT_EQ(last.at("Messages").as_array().size(), 2u) << "as many as there is room for";
  const auto refused = ask("ReceiveMessage", R"({"QueueUrl":"jobs"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("com.amazonaws.sqs#OverLimit"));
  EXPECT_EQ(ask("ReceiveMessage", R"({"QueueUrl":"jobs","WaitTimeSeconds":5})").body, "{}");
  const std::string handle(last.at("Messages").at(0).at("ReceiptHandle").as_string());
  ask("DeleteMessage", R"({"QueueUrl":"jobs","ReceiptHandle":")" + handle + "\"}");
  EXPECT_EQ(ask("ReceiveMessage", R"({"QueueUrl":"jobs"})").status, 200);
}

TEST(SqsLenient, NothingWaitsForNothing) {
  CallRig rig(with(Profile::lenient));
  const auto ask = [&rig](std::string_view target, std::string_view body) {
    rig.fields = {
        {"X-Amz-Target", target}
    };
    return rig.ask("POST", "/", body).status;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask("AmazonSQS.CreateQueue", R"({"QueueName":"jobs"})"), 200);
    EXPECT_EQ(ask("AmazonSQS.PurgeQueue", R"({"QueueUrl":"jobs"})"), 200);
    EXPECT_EQ(ask("AmazonSQS.PurgeQueue", R"({"QueueUrl":"jobs"})"), 200);
    EXPECT_EQ(ask("AmazonSQS.DeleteQueue", R"({"QueueUrl":"jobs"})"), 200);
  }
}

TEST(RecentNames, AreForgottenInTimeAndWhenThereAreTooMany) {
  RecentNames names;
  const engine::Instant start{1'000};
  names.add("a", start);
  names.add("a", start + 30s);
  EXPECT_TRUE(names.holds("a", start + 89s));
  EXPECT_FALSE(names.holds("a", start + 90s));
  for (std::size_t i = 0; i <= RecentNames::kNamesMax; ++i)
    names.add(std::to_string(i), start + 31s);
  EXPECT_FALSE(names.holds("0", start + 31s)) << "the oldest";
  EXPECT_TRUE(names.holds(std::to_string(RecentNames::kNamesMax), start + 31s));
  names.forget("5");
  EXPECT_FALSE(names.holds("5", start + 31s));
}

}  // namespace
}  // namespace twofold::http::sqs
