#include "http/rest/record_out.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/rest/record_in.h"
#include "schemas/api.pb.h"

namespace twofold::http {
namespace {

engine::StoredRecord stored(std::optional<std::string_view> value,
                            std::string_view content_type = "") {
  engine::StoredRecord record{engine::Offset{41},
                              engine::Seq{9001},
                              engine::WallTime{1'795'257'000'123},
                              "bill_123",
                              value,
                              {}};
  if (!content_type.empty()) record.headers.push_back({kContentTypeHeader, content_type});
  return record;
}

std::string as_json(const engine::StoredRecord& record,
                    RecordWriter::Values values = RecordWriter::Values::as_stored,
                    const MessagePart* message = nullptr) {
  std::string out;
  JsonWriter json(out);
  RecordWriter writer("orders", values);
  writer.json(json, engine::PartitionId{2}, record, message);
  EXPECT_NO_THROW(boost::json::parse(out)) << out;
  return out;
}

TEST(RecordOut, SplicesJsonInByteForByte) {
  EXPECT_EQ(
      as_json(stored(R"({"amount": 120.0})")),
      R"({"id":"2-41","topic":"orders","partition":2,"offset":41,"seq":9001,"key":"bill_123",)"
      R"("value":{"amount": 120.0},"content_type":"application/json","timestamp":"2026-11-21T10:30:00.123Z"})");
}

TEST(RecordOut, WhatClaimsToBeJsonMustProveIt) {
  const auto value = [](std::string_view bytes, std::string_view type = "") {
    auto json = boost::json::parse(as_json(stored(bytes, type))).as_object();
    for (const char* member : {"value", "text", "bytes"}) {
      if (json.contains(member)) return std::string(member);
    }
    return std::string();
  };
  EXPECT_EQ(value("{}"), "value");
  EXPECT_EQ(value("{}", "application/vnd.x+json"), "value");
  EXPECT_EQ(value("{", "application/json"), "text");
  EXPECT_EQ(value("\",\"injected\":true"), "text");
  EXPECT_EQ(value("\xff", "application/json"), "bytes");
  EXPECT_EQ(value("{}", "text/plain"), "text") << "stored as text, shown as text";
  EXPECT_EQ(value("\xff", "text/plain"), "bytes");
  EXPECT_EQ(value("hello", "application/octet-stream"), "bytes");
  EXPECT_EQ(value(""), "text");
}

TEST(RecordOut, WhatWeKeepInHeadersIsShownAsMembers) {
  engine::StoredRecord record = stored("{}");
  record.headers = {
      {"region",           "EU"           },
      {"twofold-group",    "g"            },
      {"twofold-dedup-id", "d"            },
      {"twofold-expires",  "1795257000123"},
      {"twofold-expires",  "soon"         },
      {"twofold-origin",   "q:0-1"        }
  };
  const auto json = boost::json::parse(as_json(record)).as_object();
  EXPECT_EQ(json.at("group"), "g");
  EXPECT_EQ(json.at("dedup_id"), "d");
  EXPECT_EQ(json.at("expires_at"), "2026-11-21T10:30:00.123Z");
  EXPECT_EQ(json.at("headers").as_object().size(), 3u) << "what is no note of ours stays a header";
  std::string bytes;
  RecordWriter("orders").protobuf(bytes, engine::PartitionId{2}, record);
  v1::Record proto;
  ASSERT_TRUE(proto.ParseFromString(bytes));
  EXPECT_EQ(proto.group(), "g");
  EXPECT_EQ(proto.dedup_id(), "d");
  EXPECT_EQ(proto.expires_at_ms(), 1'795'257'000'123);
  EXPECT_EQ(proto.headers_size(), 3);
}

TEST(RecordOut, TombstonesAndForcedBase64) {
  EXPECT_NE(as_json(stored(std::nullopt)).find(R"("value":null)"), std::string::npos);
  EXPECT_NE(as_json(stored("{}"), RecordWriter::Values::base64).find(R"("bytes":"e30=")"),
            std::string::npos);
}

TEST(RecordOut, KeysAndHeadersOfAnyBytes) {
  auto record = stored("1");
  record.key = "\xff";
  record.headers = {
      {"region", "EU"        },
      {"blob",   "\xff"      },
      {"none",   std::nullopt},
      {"\xff",   "x"         }
  };
  const auto json = boost::json::parse(as_json(record)).as_object();
  EXPECT_EQ(json.at("key").at("base64"), "/w==");
  const auto& headers = json.at("headers").as_object();
  EXPECT_EQ(headers.at("region"), "EU");
  EXPECT_EQ(headers.at("blob").at("base64"), "/w==");
  EXPECT_TRUE(headers.at("none").is_null());
  EXPECT_EQ(headers.at("base64:/w=="), "x");
  record.key.reset();
  EXPECT_FALSE(boost::json::parse(as_json(record)).as_object().contains("key"));
}

TEST(RecordOut, AMessageCarriesItsReceipt) {
  MessagePart part;
  part.receipt = "r1.9f";
  part.receive_count = 3;
  part.visible_at = engine::WallTime{1'795'257'120'123};
  const auto json =
      boost::json::parse(as_json(stored("1"), RecordWriter::Values::as_stored, &part)).as_object();
  EXPECT_EQ(json.at("receipt"), "r1.9f");
  EXPECT_EQ(json.at("receive_count"), 3);
  EXPECT_EQ(json.at("visible_at"), "2026-11-21T10:32:00.123Z");
  EXPECT_FALSE(json.contains("state"));
}

TEST(RecordOut, ProtobufIsReadBackByTheGeneratedClasses) {
  auto record = stored("hi", "text/plain");
  record.headers.push_back({"region", "EU"});
  record.headers.push_back({"empty", ""});
  std::string out;
  RecordWriter writer("orders");
  writer.protobuf(out, 1, engine::PartitionId{0}, record);
  record.key = "\xff";
  record.value.reset();
  writer.protobuf(out, 1, engine::PartitionId{300}, record);
  v1::ReadResponse read;
  ASSERT_TRUE(read.ParseFromString(out));
  ASSERT_EQ(read.records_size(), 2);
  const v1::Record& first = read.records(0);
  EXPECT_EQ(first.key_text(), "bill_123");
  EXPECT_EQ(first.value(), "hi");
  EXPECT_EQ(first.content_type(), "text/plain");
  EXPECT_EQ(first.headers().at("region"), "EU");
  EXPECT_EQ(first.headers().at("empty"), "");
  EXPECT_EQ(first.headers().size(), 2u);
  EXPECT_EQ(first.timestamp_ms(), 1'795'257'000'123);
  EXPECT_TRUE(first.has_partition());
  EXPECT_EQ(first.offset(), 41);
  EXPECT_EQ(first.seq(), 9001);
  EXPECT_FALSE(first.tombstone());
  EXPECT_EQ(read.records(1).key_bytes(), "\xff");
  EXPECT_EQ(read.records(1).partition(), 300);
  EXPECT_TRUE(read.records(1).tombstone());
}

TEST(RecordOut, AProtobufMessageIsReadBack) {
  MessagePart part;
  part.receipt = "r1.9f";
  part.receive_count = 2;
  part.visible_at = engine::WallTime{1'795'257'120'123};
  std::string out;
  RecordWriter writer("");
  writer.protobuf(out, 1, engine::PartitionId{2}, stored("x"), &part);
  v1::ReceiveResponse read;
  ASSERT_TRUE(read.ParseFromString(out));
  const v1::Message& message = read.messages(0);
  EXPECT_EQ(message.id(), "2-41");
  EXPECT_EQ(message.receipt(), "r1.9f");
  EXPECT_EQ(message.receive_count(), 2);
  EXPECT_EQ(message.visible_at_ms(), 1'795'257'120'123);
  EXPECT_EQ(message.record().value(), "x");
  EXPECT_EQ(message.record().partition(), 2);
}

TEST(TimeWriter, FollowsTheSecondsInBothDirections) {
  TimeWriter writer;
  const auto written = [&](std::int64_t ms) {
    std::string out;
    writer.append(out, engine::WallTime{ms});
    return out;
  };
  EXPECT_EQ(written(1'795'257'000'007), "\"2026-11-21T10:30:00.007Z\"");
  EXPECT_EQ(written(1'795'257'000'999), "\"2026-11-21T10:30:00.999Z\"");
  EXPECT_EQ(written(1'795'257'001'000), "\"2026-11-21T10:30:01.000Z\"");
  EXPECT_EQ(written(0), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(written(-1), "\"1969-12-31T23:59:59.999Z\"");
}

}  // namespace
}  // namespace twofold::http
