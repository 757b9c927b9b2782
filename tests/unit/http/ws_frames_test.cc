#include <deque>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/ws/batch_writer.h"
#include "http/ws/client_frame.h"
#include "http/ws/server_frame.h"
#include "http/ws/subscription.h"
#include "schemas/stream.pb.h"

namespace twofold::http::ws {
namespace {

constexpr engine::WallTime kNow{1'700'000'000'000};

ReadFrame json(std::string_view text) { return read_json_frame(text, kNow); }
// What was read are views: the bytes stay.
ReadFrame proto(const v1::ClientFrame& frame) {
  static std::deque<std::string> kept;
  return read_proto_frame(kept.emplace_back(frame.SerializeAsString()), kNow);
}

template <class Op>
Op& op(ReadFrame& read) {
  EXPECT_EQ(read.kind, ReadFrame::Kind::frame) << (read.problem ? read.problem->detail : "");
  return std::get<Op>(read.frame.op);
}

TEST(WsClientFrame, TheTypeMayComeAnywhereAndTheIdComesBackAsItCame) {
  auto first = json(R"({"type":"ping","id":1.50})");
  op<Ping>(first);
  EXPECT_EQ(first.frame.id.json, "1.50");
  auto last = json(R"({"id":"a\u0041","sub":7,"type":"ping"})");
  op<Ping>(last);
  EXPECT_EQ(last.frame.id.json, R"("a\u0041")");
  EXPECT_EQ(last.frame.sub, 7U);
}

TEST(WsClientFrame, WhatIsNoObjectIsNonsenseAndWhatIsOneIsAnswered) {
  for (const char* text : {"", "1", "[]", "null", "{", "{}x", "{\"type\":}", "\"type\"",
                           "{\"type\":\"ping\",}", "{\"type\":\"ping\"}{}"}) {
    EXPECT_EQ(json(text).kind, ReadFrame::Kind::nonsense) << text;
  }
  for (const char* text : {"{}", R"({"type":5})", R"({"type":"dance"})", R"({"type":"ping","x":1})",
                           R"({"type":"ping","type":"ping"})", R"({"type":"ack","receipts":"x"})",
                           R"({"type":"credit","sub":0})"}) {
    const auto read = json(text);
    EXPECT_EQ(read.kind, ReadFrame::Kind::refused) << text;
    EXPECT_TRUE(read.problem.has_value()) << text;
  }
}

TEST(WsClientFrame, ARefusalKnowsWhomToAnswerWhereverThatStands) {
  const auto read = json(R"({"type":"subscribe","topic":5,"id":"late","sub":3})");
  EXPECT_EQ(read.kind, ReadFrame::Kind::refused);
  EXPECT_EQ(read.frame.id.json, "\"late\"");
  EXPECT_EQ(read.frame.sub, 3U);
}

TEST(WsClientFrame, EveryCutOfAFrameIsNonsenseAndNothingWorse) {
  const std::string whole =
      R"({"type":"publish","id":1,"topic":"t","records":[{"key":"k","value":{"a":[1,"\u00e4"]}}]})";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(json(std::string_view(whole).substr(0, cut)).kind, ReadFrame::Kind::nonsense) << cut;
  }
  auto read = json(whole);
  EXPECT_EQ(op<PublishFrame>(read).batch.records.size(), 1U);
}

TEST(WsClientFrame, RecordsMayComeBeforeTheirDestination) {
  auto read = json(R"({"type":"publish","records":[{"text":"a\nb","delay":"5s"}],"queue":"q"})");
  const auto& publish = op<PublishFrame>(read);
  EXPECT_EQ(publish.queue, "q");
  ASSERT_EQ(publish.batch.records.size(), 1U);
  EXPECT_EQ(publish.batch.records[0].value, "a\nb");
  EXPECT_EQ(publish.batch.records[0].delay, std::chrono::seconds{5});
  EXPECT_EQ(json(R"({"type":"publish","records":[{"text":"a","delay":"5s"}],"topic":"t"})").kind,
            ReadFrame::Kind::refused);
}

TEST(WsClientFrame, ASubscriptionSaysWhatItWants) {
  auto read = json(R"({"type":"subscribe","sub":1,"topic":"t","from":12,"filter":"value > 1",)"
                   R"("order":"total","credit":{"messages":5,"bytes":100},"max_batch":9})");
  const auto& topic = op<Subscribe>(read);
  EXPECT_EQ(topic.from, "12");
  EXPECT_TRUE(topic.total_order);
  EXPECT_EQ(topic.credit.messages, 5);
  EXPECT_EQ(topic.credit.bytes, 100);
  EXPECT_EQ(topic.batch_max, 9U);

  v1::ClientFrame frame;
  frame.set_id(4);
  frame.set_sub(2);
  auto* subscribe = frame.mutable_subscribe();
  subscribe->set_queue("q");
  subscribe->mutable_credit()->set_messages(3);
  subscribe->mutable_credit()->set_manual(true);
  subscribe->set_visibility_timeout_ms(2'000);
  subscribe->set_ack("on_send");
  auto binary = proto(frame);
  const auto& queue = op<Subscribe>(binary);
  EXPECT_EQ(binary.frame.id.number, 4U);
  EXPECT_EQ(binary.frame.sub, 2U);
  EXPECT_EQ(queue.queue, "q");
  EXPECT_EQ(queue.credit.messages, 3);
  EXPECT_TRUE(queue.credit.manual);
  EXPECT_EQ(queue.visibility_timeout, std::chrono::seconds{2});
  EXPECT_TRUE(queue.ack_on_send);
}

TEST(WsClientFrame, AMemberOfAGroupSaysHowLongItsSessionIs) {
  auto read = json(R"({"type":"subscribe","sub":1,"topic":"t","group":"g","session":"90s"})");
  EXPECT_EQ(op<Subscribe>(read).session, std::chrono::seconds{90});
  for (const std::string_view bad :
       {R"("group":"g","session":"999ms")", R"("group":"g","session":"31m")",
        R"("group":"g","session":"soon")", R"("session":"90s")"}) {
    const auto refused =
        json(std::string(R"({"type":"subscribe","sub":1,"topic":"t",)").append(bad).append("}"));
    ASSERT_EQ(refused.kind, ReadFrame::Kind::refused) << bad;
    EXPECT_EQ(refused.problem->param, "session") << bad;
  }

  v1::ClientFrame frame;
  frame.mutable_subscribe()->set_topic("t");
  frame.mutable_subscribe()->set_group("g");
  frame.mutable_subscribe()->set_session_ms(1'500);
  auto binary = proto(frame);
  EXPECT_EQ(op<Subscribe>(binary).session, std::chrono::milliseconds{1'500});
  frame.mutable_subscribe()->set_session_ms(999);
  EXPECT_EQ(proto(frame).kind, ReadFrame::Kind::refused);
}

TEST(WsClientFrame, ProtobufReadsWhatTheGeneratedClassesWrite) {
  v1::ClientFrame publish;
  publish.mutable_publish()->set_topic("t");
  publish.mutable_publish()->set_durability(v1::OS);
  publish.mutable_publish()->add_records()->set_value("v");
  auto read = proto(publish);
  EXPECT_EQ(op<PublishFrame>(read).batch.records.at(0).value, "v");
  EXPECT_EQ(op<PublishFrame>(read).batch.durability, engine::Durability::os);

  v1::ClientFrame nack;
  auto* item = nack.mutable_nack()->add_items();
  item->set_receipt("r");
  item->set_dead(true);
  auto nacked = proto(nack);
  EXPECT_TRUE(op<NackFrame>(nacked).items.at(0).dead);

  v1::ClientFrame unsubscribe;
  unsubscribe.mutable_unsubscribe()->set_release(false);
  auto left = proto(unsubscribe);
  EXPECT_FALSE(op<Unsubscribe>(left).release);

  EXPECT_EQ(proto(v1::ClientFrame()).kind, ReadFrame::Kind::refused) << "no op";
  const std::string bytes = publish.SerializeAsString();
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_NE(read_proto_frame(bytes.substr(0, cut), kNow).kind, ReadFrame::Kind::frame) << cut;
  }
}

TEST(WsServerFrame, BothFormatsSayTheSame) {
  FrameId id;
  id.json = "7";
  id.number = 7;
  const log::Published published{
      {{engine::PartitionId{2}, engine::LogId{1}, engine::Offset{41}, engine::Seq{9}}},
      engine::Durability::disk};
  EXPECT_EQ(
      published_frame(Format::json, id, published),
      R"({"type":"published","id":7,"records":[{"id":"2-41","partition":2,"offset":41,"seq":9}],"durability":"disk"})");
  v1::ServerFrame frame;
  ASSERT_TRUE(frame.ParseFromString(published_frame(Format::protobuf, id, published)));
  EXPECT_EQ(frame.id(), 7U);
  EXPECT_EQ(frame.published().records(0).id(), "2-41");
  EXPECT_EQ(frame.published().records(0).seq(), 9);
  EXPECT_EQ(frame.published().durability(), v1::DISK);

  const Problem problem(ProblemKind::cursor_stale, "It was created anew.", "resume");
  const auto error = boost::json::parse(error_frame(Format::json, id, 3, problem, "s_1"));
  EXPECT_EQ(error.at("sub").as_int64(), 3);
  EXPECT_EQ(error.at("problem").at("code").as_string(), "cursor-stale");
  ASSERT_TRUE(frame.ParseFromString(error_frame(Format::protobuf, id, 3, problem, "s_1")));
  EXPECT_EQ(frame.error().code(), "cursor-stale");
  EXPECT_EQ(frame.sub(), 3U);

  const std::vector<queue::Settled> results = {queue::Settled::acked, queue::Settled::unknown};
  ASSERT_TRUE(frame.ParseFromString(acked_frame(Format::protobuf, id, 1, results)));
  EXPECT_EQ(frame.acked().results(1), v1::UNKNOWN);

  SubState state;
  state.sub = 4;
  state.lag = 11;
  state.cursor = "c1.x";
  state.credit_messages = 0;
  const std::vector<SubState> subs = {state};
  EXPECT_EQ(
      heartbeat_frame(Format::json, subs),
      R"({"type":"heartbeat","subs":[{"sub":4,"lag":{"count":11},"cursor":"c1.x","credit":{"messages":0}}]})");
  ASSERT_TRUE(frame.ParseFromString(heartbeat_frame(Format::protobuf, subs)));
  EXPECT_TRUE(frame.heartbeat().subs(0).has_credit_messages());
}

TEST(WsBatch, PrefixAndTailAreOneFrameInBothFormats) {
  engine::StoredRecord record{engine::Offset{5}, engine::Seq{6}, kNow, "k", "{}", {}};
  for (const Format format : {Format::json, Format::protobuf}) {
    Account account(1 << 20);
    BatchWriter writer(format, "orders", account);
    for (int round = 0; round < 2; ++round) {
      writer.add(engine::PartitionId{1}, record);
      writer.add(engine::PartitionId{1}, record);
      const std::size_t bytes = writer.bytes();
      const Batch batch = writer.finish("c1.abc");
      EXPECT_EQ(batch.messages, 2U);
      EXPECT_EQ(batch.bytes, bytes);
      const std::size_t commas = format == Format::json ? 1 : 0;
      EXPECT_EQ(batch.bytes_of_last * 2, bytes + commas);
      const std::string whole =
          std::string(messages_prefix(format, 4'294'967'295).view()).append(batch.message.tail);
      if (format == Format::json) {
        const auto frame = boost::json::parse(whole);
        EXPECT_EQ(frame.at("sub").to_number<std::uint32_t>(), 4'294'967'295U);
        EXPECT_EQ(frame.at("messages").as_array().size(), 2U);
        EXPECT_EQ(frame.at("cursor").as_string(), "c1.abc");
      } else {
        v1::ServerFrame frame;
        ASSERT_TRUE(frame.ParseFromString(whole));
        EXPECT_EQ(frame.sub(), 4'294'967'295U);
        EXPECT_EQ(frame.messages().records_size(), 2);
        EXPECT_EQ(frame.messages().records(1).offset(), 5);
        EXPECT_EQ(frame.messages().cursor(), "c1.abc");
      }
    }
  }
}

TEST(WsCredit, OneMessageMayTakeTheBytesBelowZeroAndNoneThereafter) {
  CreditGrant grant;
  grant.messages = 10;
  grant.bytes = 100;
  Credit credit(grant);
  EXPECT_FALSE(credit.automatic());
  EXPECT_TRUE(credit.covers(2, 99));
  EXPECT_FALSE(credit.covers(2, 100));
  EXPECT_FALSE(credit.covers(11, 0));
  credit.spend(1, 5'000);
  EXPECT_FALSE(credit.any());
  credit.add(0, 4'900);
  EXPECT_FALSE(credit.any()) << "zero is not enough";
  credit.add(0, 1);
  EXPECT_TRUE(credit.any());
  EXPECT_EQ(credit.messages(), 9);
  credit.add(INT64_MAX, INT64_MAX);
  EXPECT_EQ(credit.messages(), INT64_MAX) << "it does not wrap around";
}

TEST(WsCredit, WhatIsNotCountedHasNoEnd) {
  Credit credit((CreditGrant()));
  EXPECT_TRUE(credit.automatic());
  credit.spend(1'000'000, 1'000'000);
  EXPECT_TRUE(credit.any());
  EXPECT_TRUE(credit.covers(1'000'000, 1'000'000'000));
  CreditGrant manual;
  manual.messages = 1;
  manual.manual = true;
  Credit by_hand(manual);
  by_hand.spend(1, 1);
  by_hand.settled(1, 1);
  EXPECT_FALSE(by_hand.any());
}

}  // namespace
}  // namespace twofold::http::ws
