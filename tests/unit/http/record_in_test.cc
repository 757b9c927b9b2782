#include "http/rest/record_in.h"

#include <gtest/gtest.h>

#include "schemas/api.pb.h"
#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

class RecordIn : public testing::Test {
 protected:
  Try<IncomingBatch> read(std::string_view body, Destination destination = Destination::topic,
                          Media media = Media::json) {
    call_.clear();
    body_ = body;
    call_.body = body_;
    call_.media = media;
    return read_batch(call_, destination);
  }
  Problem refused(std::string_view body, Destination destination = Destination::topic,
                  Media media = Media::json) {
    auto batch = read(body, destination, media);
    EXPECT_FALSE(batch) << body;
    return std::move(batch).problem();
  }
  std::string_view header(const IncomingRecord& record, std::string_view name) {
    for (std::size_t i = 0; i < record.headers_count; ++i) {
      const auto& header = call_.scratch.headers[record.headers_begin + i];
      if (header.name == name) return header.value.value_or("(null)");
    }
    return "(absent)";
  }

  struct NoWatch final : Watch {
    void begin_wait(std::shared_ptr<Interruptible>) override {}
    void end_wait() override {}
  };
  CallRig rig_;
  NoWatch watch_;
  NoOutlet outlet_;
  Call call_{rig_.broker, rig_.common, watch_, outlet_};
  std::string body_;
};

TEST_F(RecordIn, AValueIsTheExactSliceOfTheBody) {
  auto batch = read(R"( { "key":"a", "value" :  {"n": 1.0 , "s":"\u00e9"} , "partition":3 } )");
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->records.size(), 1u);
  const IncomingRecord& record = batch->records[0];
  EXPECT_EQ(record.key, "a");
  EXPECT_EQ(record.value, R"({"n": 1.0 , "s":"\u00e9"})");
  EXPECT_EQ(record.partition, engine::PartitionId{3});
  EXPECT_EQ(record.headers_count, 0u) << "application/json is not stored";
  EXPECT_TRUE(batch->single);
}

TEST_F(RecordIn, KeysAndTextsWithEscapesOutliveTheReader) {
  auto batch =
      read(R"({"records":[{"key":"\u0041\n","text":"say \"hi\""},{"key":"b","text":"\t"}]})");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->records[0].key, "A\n");
  EXPECT_EQ(batch->records[0].value, "say \"hi\"");
  EXPECT_EQ(batch->records[1].value, "\t");
}

TEST_F(RecordIn, TextAndBytesSayWhatTheyAre) {
  auto batch = read(
      R"({"records":[{"text":"x"},{"bytes":"AP8="},{"text":"<a/>","content_type":"application/xml"},
                      {"value":{},"content_type":"application/json"},{"value":1,"headers":{"content-type":"application/a+json","z":null}}]})");
  ASSERT_TRUE(batch);
  EXPECT_EQ(header(batch->records[0], "content-type"), "text/plain");
  EXPECT_EQ(header(batch->records[1], "content-type"), "application/octet-stream");
  EXPECT_EQ(batch->records[1].value, std::string_view("\0\xff", 2));
  EXPECT_EQ(header(batch->records[2], "content-type"), "application/xml");
  EXPECT_EQ(header(batch->records[3], "content-type"), "(absent)");
  EXPECT_EQ(header(batch->records[4], "content-type"), "application/a+json");
  EXPECT_EQ(header(batch->records[4], "z"), "(null)");
}

TEST_F(RecordIn, NullIsATombstoneAndTextNullIsNot) {
  auto batch = read(R"({"records":[{"key":"k","value":null},{"text":"null"},{"value":"null"}]})");
  ASSERT_TRUE(batch);
  EXPECT_FALSE(batch->records[0].value);
  EXPECT_EQ(batch->records[1].value, "null");
  EXPECT_EQ(batch->records[2].value, "\"null\"");
}

TEST_F(RecordIn, WhatIsWrongIsNamedWithItsPlace) {
  struct Case {
    std::string_view body;
    ProblemKind kind;
    std::string_view param;
  };
  const Case cases[] = {
      {"{}",                                                  ProblemKind::invalid_request,  "value"     },
      {R"({"value":1,"text":"a"})",                           ProblemKind::value_and_bytes,  "text"      },
      {R"({"value":1,"value":2})",                            ProblemKind::invalid_request,  "value"     },
      {R"({"bytes":"%"})",                                    ProblemKind::invalid_request,  "bytes"     },
      {R"({"text":7})",                                       ProblemKind::invalid_request,  "text"      },
      {R"({"value":1,"partition":-1})",                       ProblemKind::invalid_request,  "partition" },
      {R"({"value":1,"partition":1.0})",                      ProblemKind::invalid_request,  "partition" },
      {R"({"value":1,"timestamp":"yesterday"})",              ProblemKind::invalid_request,  "timestamp" },
      {R"({"value":1,"headers":{"a":7}})",                    ProblemKind::invalid_request,  "headers"   },
      {R"({"value":1,"headers":{"a":"b","a":"c"}})",          ProblemKind::invalid_request,  "headers"   },
      {R"({"value":1,"key":{"base65":"YQ=="}})",              ProblemKind::invalid_request,  "base65"    },
      {R"({"value":1,"delay":"5s"})",                         ProblemKind::invalid_request,  "delay"     },
      {R"({"value":1,"ttl":"0s"})",                           ProblemKind::invalid_duration, "ttl"       },
      {R"({"value":1,"group":""})",                           ProblemKind::invalid_request,  "group"     },
      {R"({"value":1,"headers":{"twofold-origin":"q:0-1"}})", ProblemKind::invalid_request,
       "headers"                                                                                         },
      {R"({"value":1,"durability":"ram"})",                   ProblemKind::invalid_request,  "durability"},
      {R"({"value":1,"records":[{"value":2}]})",              ProblemKind::invalid_request,  "records"   },
      {R"({"records":[]})",                                   ProblemKind::invalid_request,  "records"   },
  };
  for (const Case& one : cases) {
    const Problem problem = refused(one.body);
    EXPECT_EQ(problem.kind, one.kind) << one.body;
    EXPECT_EQ(problem.param, one.param) << one.body << " " << problem.detail;
  }
}

TEST_F(RecordIn, ABatchNamesTheRecordAtFault) {
  const Problem problem = refused(R"({"records":[{"value":1},{"value":2},{"valu":3}]})");
  EXPECT_EQ(problem.index, 2u);
  EXPECT_EQ(problem.hint, "Did you mean value?");
}

TEST_F(RecordIn, SizesAreLimited) {
  std::string records;
  for (std::size_t i = 0; i < kRecordsMax; ++i) records += R"({"value":1},)";
  records.pop_back();
  EXPECT_TRUE(read("{\"records\":[" + records + "]}"));
  EXPECT_EQ(refused("{\"records\":[" + records + ",{\"value\":1}]}").kind,
            ProblemKind::batch_too_large);
  std::string headers;
  for (std::size_t i = 0; i < kHeadersMax; ++i) headers += "\"h" + std::to_string(i) + "\":\"\",";
  headers.pop_back();
  EXPECT_TRUE(read("{\"value\":1,\"headers\":{" + headers + "}}"));
  refused("{\"value\":1,\"headers\":{" + headers + ",\"x\":\"\"}}");
  refused("{\"value\":1,\"headers\":{\"x\":\"" + std::string(kHeaderBytesMax, 'y') + "\"}}");
}

TEST_F(RecordIn, QueuesTakeDelaysAndNoPartitions) {
  auto batch = read(
      R"({"messages":[{"value":1,"delay":"90s"},{"value":2,"delay":5},{"value":3,"deliver_at":"2026-11-21T10:30:00Z"}]})",
      Destination::queue);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->records[0].delay, std::chrono::seconds{90});
  EXPECT_EQ(batch->records[1].delay, std::chrono::seconds{5});
  EXPECT_EQ(batch->records[2].deliver_at, engine::WallTime{1'795'257'000'000});
  EXPECT_EQ(
      refused(R"({"value":1,"delay":"1s","deliver_at":"2026-11-21T10:30:00Z"})", Destination::queue)
          .param,
      "deliver_at");
  EXPECT_EQ(refused(R"({"value":1,"partition":0})", Destination::queue).param, "partition");
  EXPECT_EQ(refused(R"({"records":[{"value":1}]})", Destination::queue).param, "records");
}

TEST_F(RecordIn, WhatIsKeptOfARecordStandsInHeadersOfOurOwn) {
  const std::int64_t now = rig_.broker.clock.wall().value();
  auto batch = read(
      R"({"messages":[{"key":"k","group":"g","dedup_id":"d","ttl":"1m","value":1},{"key":"k","group":"k","value":2}]})",
      Destination::queue);
  ASSERT_TRUE(batch);
  EXPECT_EQ(header(batch->records[0], "twofold-group"), "g");
  EXPECT_EQ(header(batch->records[0], "twofold-dedup-id"), "d");
  EXPECT_EQ(header(batch->records[0], "twofold-expires"), std::to_string(now + 60'000));
  EXPECT_EQ(batch->records[1].headers_count, 0u) << "the key is the group anyway";
  const queue::Send send = to_send("q", *batch, call_.scratch, engine::WallTime{now});
  EXPECT_EQ(send.messages[0].dedup_id, "d");
  EXPECT_FALSE(send.messages[1].dedup_id);

  v1::SendRequest request;
  auto* message = request.add_messages();
  message->set_group("g");
  message->set_dedup_id("d");
  message->set_ttl_ms(60'000);
  auto proto = read(request.SerializeAsString(), Destination::queue, Media::protobuf);
  ASSERT_TRUE(proto);
  EXPECT_EQ(header(proto->records[0], "twofold-group"), "g");
  EXPECT_EQ(header(proto->records[0], "twofold-expires"), std::to_string(now + 60'000));
  message->set_ttl_ms(0);
  EXPECT_EQ(refused(request.SerializeAsString(), Destination::queue, Media::protobuf).param, "ttl");
}

TEST_F(RecordIn, EveryCutOfABodyIsRefused) {
  const std::string body =
      R"({"records":[{"key":"a","value":{"n":[1,2]},"headers":{"x":{"base64":"AA=="}}}],"durability":"disk"})";
  ASSERT_TRUE(read(body));
  for (std::size_t cut = 0; cut < body.size(); ++cut) refused(body.substr(0, cut));
}

TEST_F(RecordIn, ProtobufWrittenByTheGeneratedClassesIsReadTheSame) {
  v1::PublishRequest request;
  auto* first = request.add_records();
  first->set_key_text("bill");
  first->set_value("{}");
  (*first->mutable_headers())["region"] = "EU";
  first->set_timestamp_ms(1'700'000'000'000);
  first->set_partition(2);
  auto* second = request.add_records();
  second->set_key_bytes(std::string("\0", 1));
  second->set_tombstone(true);
  auto* third = request.add_records();
  third->set_value("hi");
  third->set_content_type("text/plain");
  request.set_durability(v1::OS);
  auto batch = read(request.SerializeAsString(), Destination::topic, Media::protobuf);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->records.size(), 3u);
  EXPECT_EQ(batch->records[0].key, "bill");
  EXPECT_EQ(batch->records[0].value, "{}");
  EXPECT_EQ(header(batch->records[0], "region"), "EU");
  EXPECT_EQ(batch->records[0].timestamp, engine::WallTime{1'700'000'000'000});
  EXPECT_EQ(batch->records[0].partition, engine::PartitionId{2});
  EXPECT_EQ(batch->records[1].key, std::string_view("\0", 1));
  EXPECT_FALSE(batch->records[1].value);
  EXPECT_FALSE(batch->records[2].key) << "unset is no key, not an empty one";
  EXPECT_EQ(header(batch->records[2], "content-type"), "text/plain");
  EXPECT_EQ(batch->durability, engine::Durability::os);
}

TEST_F(RecordIn, EveryCutOfAProtobufBodyIsRefusedOrAShorterMessage) {
  v1::SendRequest request;
  request.add_messages()->set_value("one");
  request.add_messages()->set_delay_ms(1'000);
  const std::string body = request.SerializeAsString();
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    v1::SendRequest oracle;
    const bool sound = oracle.ParseFromString(body.substr(0, cut)) && oracle.messages_size() > 0;
    const auto batch = read(body.substr(0, cut), Destination::queue, Media::protobuf);
    EXPECT_EQ(static_cast<bool>(batch), sound) << cut;
  }
}

TEST_F(RecordIn, PartitionsThatDoNotFitAreNotMadeToFit) {
  v1::PublishRequest request;
  request.add_records()->set_partition(-1);
  auto batch = read(request.SerializeAsString(), Destination::topic, Media::protobuf);
  ASSERT_TRUE(batch) << "whether a partition exists is for the topic to say";
  EXPECT_EQ(batch->records[0].partition, engine::PartitionId{-1});
}

}  // namespace
}  // namespace twofold::http
