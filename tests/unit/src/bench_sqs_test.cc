#include <gtest/gtest.h>
#include <unistd.h>

#include "http/server_common.h"
#include "src/bench/http_text.h"
#include "src/bench/sqs_ledger.h"
#include "src/bench/sqs_text.h"
#include "src/cli/process_usage.h"

namespace twofold::bench {
namespace {

TEST(SqsText, RequestsSayTheirLength) {
  const SqsCall call(Target{"h", "80", "h:80", ""}, "SendMessage");
  std::string out = "left over";
  const std::string_view request = call.render("{\"a\":1}", out);
  EXPECT_TRUE(request.starts_with("POST / HTTP/1.1\r\nHost: h:80\r\n"));
  EXPECT_NE(request.find("X-Amz-Target: AmazonSQS.SendMessage\r\n"), std::string_view::npos);
  EXPECT_TRUE(request.ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"));
}

TEST(SqsText, WithAKeyRequestsAreSignedAsTheBrokerChecksThem) {
  http::access::Keyring keyring;
  http::access::Key key;
  key.id = "AKIABENCH";
  key.sqs_secret = "s/e+c=ret";
  keyring.replace({key});
  const http::ServerOptions options;
  const http::sqs::Authenticator authenticator(keyring, options);

  Target to{"h", "80", "h:80", ""};
  to.sqs_key = std::make_shared<const SqsKey>(SqsKey{key.id, key.sqs_secret, "eu-west-1"});
  const SqsCall call(to, "SendMessage");
  std::string out;
  const std::string_view request = call.render("{\"a\":1}", out);
  const std::size_t body_at = request.find("\r\n\r\n") + 4;
  http::Head head;
  ASSERT_FALSE(http::check_head(request.substr(0, body_at), head));
  http::Target path;
  ASSERT_TRUE(path.parse(head.target));
  const engine::WallTime now = engine::SystemClock().wall();
  const auto who = authenticator.check(head, path, request.substr(body_at), now);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->principal->id, "AKIABENCH");
  EXPECT_EQ(who->region, "eu-west-1");
  EXPECT_FALSE(authenticator.check(head, path, "{\"a\":2}", now)) << "the body is signed, too";
}

TEST(SqsText, BodiesHaveTheSizeAskedForAndSayWhoTheyAre) {
  std::string body;
  append_numbered(Numbered{7, 123456}, 40, body);
  EXPECT_EQ(body.size(), 40U);
  EXPECT_TRUE(body.starts_with("7.123456.x"));
}

TEST(SqsText, MessagesAreFoundHoweverAServerWritesThem) {
  const std::string_view answers[] = {
      R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r1","MD5OfBody":"d","Body":"3.14.xx"},)"
      R"({"MessageId":"m","ReceiptHandle":"r2","MD5OfBody":"d","Body":"0.1."}]})",
      R"({"Messages": [{"Body": "3.14.xx", "MD5OfBody": "d", "ReceiptHandle": "r1"}, )"
      R"({"Body": "0.1.", "Attributes": {}, "ReceiptHandle": "r2"}]})",
  };
  for (const std::string_view answer : answers) {
    std::vector<SqsHanded> handed;
    ASSERT_TRUE(scan_sqs_received(answer, handed)) << answer;
    ASSERT_EQ(handed.size(), 2U);
    EXPECT_EQ(handed[0].receipt, "r1");
    EXPECT_EQ(handed[0].message.stream, 3U);
    EXPECT_EQ(handed[0].message.number, 14U);
    EXPECT_EQ(handed[1].receipt, "r2");
    EXPECT_EQ(handed[1].message.number, 1U);
  }
  std::vector<SqsHanded> handed;
  EXPECT_TRUE(scan_sqs_received("{}", handed));
  EXPECT_TRUE(scan_sqs_received(R"({"Messages":[]})", handed));
  EXPECT_TRUE(handed.empty());
}

TEST(SqsText, MessagesOfOthersAreNotUnderstood) {
  for (const std::string_view answer :
       {R"({"Messages":[{"ReceiptHandle":"r","Body":"hello"}]})",
        R"({"Messages":[{"ReceiptHandle":"r"}]})", R"({"Messages":[{"Body":"1.2."}]})",
        R"({"Messages":[{"ReceiptHandle":"","Body":"1.2."}]})"}) {
    std::vector<SqsHanded> handed;
    EXPECT_FALSE(scan_sqs_received(answer, handed)) << answer;
  }
}

TEST(SqsText, ABatchCountsOnlyWhenNothingOfItFailed) {
  EXPECT_EQ(count_sqs_successful(R"({"Successful":[{"Id":"0"},{"Id": "1"}],"Failed":[]})"), 2U);
  EXPECT_EQ(count_sqs_successful(
                R"({"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","SenderFault":true}]})"),
            0U);
}

TEST(SqsLedger, AStandardQueueHasNoOrderButEveryMessageOnce) {
  SqsLedger ledger(0, 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ledger.next(i % 2).message.number, unsigned(i));
  for (const std::uint64_t number : {2, 0, 1}) ledger.received({0, number});
  EXPECT_EQ(ledger.duplicated() + ledger.misordered(), 0U);
  ledger.received({0, 1});
  EXPECT_EQ(ledger.duplicated(), 1U);
  ledger.received({0, 3});
  EXPECT_EQ(ledger.duplicated(), 2U) << "nobody sent it";
}

TEST(SqsLedger, EachGroupHasOneSenderWhenThereAreEnough) {
  constexpr std::size_t kLanes = 3;
  SqsLedger ledger(7, kLanes);
  std::vector<int> sender(7, -1);
  for (int round = 0; round < 4; ++round) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto sent = ledger.next(lane);
      ASSERT_LT(sent.group, 7U);
      EXPECT_EQ(sent.message.stream, sent.group);
      int& known = sender[sent.group];
      EXPECT_TRUE(known == -1 || known == static_cast<int>(lane));
      known = static_cast<int>(lane);
    }
  }
  for (const int lane : sender) EXPECT_NE(lane, -1) << "every group is sent to";
}

TEST(SqsLedger, ConnectionsThatShareGroupsAreSpreadOverThem) {
  constexpr std::size_t kLanes = 6;
  SqsLedger ledger(3, kLanes);
  for (int turn = 0; turn < 4; ++turn) {
    std::vector<int> senders(3, 0);
    for (std::size_t lane = 0; lane < kLanes; ++lane) ++senders[ledger.next(lane).group];
    EXPECT_EQ(senders, std::vector<int>(3, 2)) << "in every turn each group has as many";
  }
}

TEST(SqsLedger, OrderIsJudgedPerGroupAndSender) {
  SqsLedger ledger(1, 2);
  const auto a0 = ledger.next(0).message, b0 = ledger.next(1).message, a1 = ledger.next(0).message;
  EXPECT_NE(a0.stream, b0.stream);
  for (const Numbered& message : {b0, a0, a1}) ledger.received(message);
  EXPECT_EQ(ledger.misordered() + ledger.duplicated(), 0U);
  const auto a2 = ledger.next(0).message, a3 = ledger.next(0).message;
  ledger.received(a3);
  EXPECT_EQ(ledger.misordered(), 1U);
  ledger.received(a2);
  EXPECT_EQ(ledger.duplicated(), 1U);
}

TEST(AnswerHead, SaysThatTheServerCloses) {
  Head head;
  ASSERT_EQ(read_head("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", head),
            HeadState::complete);
  EXPECT_TRUE(head.closes);
  ASSERT_EQ(
      read_head("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", head),
      HeadState::complete);
  EXPECT_FALSE(head.closes);
}

TEST(Process, TellsOfItselfAndNothingOfNobody) {
  using namespace twofold::cli;
  const auto before = cpu_seconds_of(::getpid());
  ASSERT_TRUE(before);
  EXPECT_GE(*before, 0);
  EXPECT_GT(*resident_bytes_of(::getpid()), 1U << 20);
  EXPECT_FALSE(cpu_seconds_of(0));
  EXPECT_FALSE(resident_bytes_of(0));
}

}  // namespace
}  // namespace twofold::bench
