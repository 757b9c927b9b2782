#include <gtest/gtest.h>

#include "http/sqs/message_attributes.h"
#include "http/sqs/stored.h"

namespace twofold::http::sqs {
namespace {

using namespace std::string_literals;

engine::StoredRecord stored(const engine::NewRecord& record) {
  return {
      engine::Offset{0}, engine::Seq{1},
      record.timestamp,  record.key,
      record.value,      std::vector<engine::Header>(record.headers.begin(), record.headers.end())};
}

engine::StoredRecord foreign(std::string_view value, std::vector<engine::Header> headers = {}) {
  return {engine::Offset{0}, engine::Seq{1}, engine::WallTime{5},
          std::nullopt,      value,          std::move(headers)};
}

TEST(SqsStored, WhatIsSentIsReceived) {
  Item item;
  item.body = "body";
  item.group_id = "tenant";
  MessageAttribute number{"n", "Number.int", "7", {}};
  MessageAttribute text{"t", "String", "x", {}};
  MessageAttribute label{"l", "String.url", "u", {}};
  MessageAttribute bytes{"b", "Binary", {}, "text"};
  item.attributes = {number, text, label, bytes};
  Scratch scratch;
  scratch.headers.reserve(headers_needed(item));
  const auto record = stored(to_record(item, Notes{"an-id", "trace", ""}, engine::WallTime{9}, scratch));
  EXPECT_EQ(record.key, "tenant");
  EXPECT_EQ(record.value, "body");

  const StoredMessage message = to_message(record, "place", Protocol::json);
  EXPECT_EQ(message.message_id, "an-id");
  EXPECT_EQ(message.trace, "trace");
  EXPECT_EQ(message.group_id, "tenant");
  EXPECT_EQ(message.body, "body");
  ASSERT_EQ(message.attributes.size(), 4u);
  EXPECT_EQ(attributes_md5(message.attributes), attributes_md5(item.attributes));
  EXPECT_TRUE(message.attributes[3].binary());
}

TEST(SqsStored, ALogReaderSeesAttributesAsHeadersOfTheirName) {
  Item item;
  item.body = "body";
  item.attributes = {
      MessageAttribute{"color", "String", "blue", {}}
  };
  Scratch scratch;
  scratch.headers.reserve(headers_needed(item));
  const auto record = to_record(item, Notes{"an-id", "", ""}, engine::WallTime{9}, scratch);
  ASSERT_EQ(record.headers.size(), 2u);
  EXPECT_EQ(record.headers[0].name, "color");
  EXPECT_EQ(record.headers[0].value, "blue");
  EXPECT_EQ(record.headers[1].name, "twofold-message-id");
}

TEST(SqsStored, NoTwoAttributesHaveOneName) {
  const std::string long_one(300, 'n');
  const std::string longer(301, 'n');
  const auto record = foreign("v", {
                                       {"a b", "1"},
                                       {"a_b", "2"},
                                       {"a_b", "3"},
                                       {long_one, "4"},
                                       {longer, "5"}
  });
  const StoredMessage message = to_message(record, "place", Protocol::json);
  std::vector<std::string> names;
  for (const auto& one : message.attributes) names.emplace_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a_b", "a_b_2", "a_b_3", std::string(256, 'n'),
                                             std::string(254, 'n') + "_2"}));
}

TEST(SqsStored, ATypeThatNobodyCouldHaveSentIsNotHandedOut) {
  for (const char* note : {"h:String.\x01", "h:Strings", "h:String.", "h:\xFF", "h:"}) {
    const auto record = foreign("v", {
                                         {"h",                "x" },
                                         {"twofold-sqs-type", note}
    });
    const StoredMessage message = to_message(record, "place", Protocol::query);
    EXPECT_EQ(message.attributes.at(0).type, "String") << note;
  }
  const auto bytes = foreign("v", {
                                      {"h",                "\xFF"    },
                                      {"twofold-sqs-type", "h:Number"}
  });
  EXPECT_EQ(to_message(bytes, "place", Protocol::json).attributes.at(0).type, "Binary");
}

TEST(SqsStored, HeadersOfOthersBecomeAttributesUnderLegalNames) {
  const auto record = foreign("v", {
                                       {"content-type",   "text/plain"},
                                       {"a b/c",          "1"         },
                                       {"raw",            "\xFF"      },
                                       {"empty",          ""          },
                                       {"null",           std::nullopt},
                                       {"twofold-reason", "x"         }
  });
  const StoredMessage message = to_message(record, "place", Protocol::json);
  ASSERT_EQ(message.attributes.size(), 3u);
  EXPECT_EQ(message.attributes[0].name, "content-type");
  EXPECT_EQ(message.attributes[1].name, "a_b_c");
  EXPECT_EQ(message.attributes[2].type, "Binary");
  EXPECT_TRUE(message.group_id.empty());
}

TEST(SqsStored, OnlyTenHeadersFit) {
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back("h" + std::to_string(i));
  std::vector<engine::Header> headers;
  for (const std::string& name : names) headers.push_back({name, "v"});
  EXPECT_EQ(to_message(foreign("v", headers), "place", Protocol::json).attributes.size(), 10u);
}

TEST(SqsStored, WhatSqsCannotSayGoesOutAsBase64AndSaysSo) {
  const StoredMessage bytes = to_message(foreign("\xFF\x01"), "place", Protocol::json);
  EXPECT_EQ(bytes.body, "/wE=");
  ASSERT_TRUE(bytes.encoded);
  EXPECT_EQ(bytes.attributes.back().name, "twofold.encoding");
  EXPECT_EQ(bytes.attributes.back().text, "base64");

  EXPECT_FALSE(to_message(foreign("\x01"), "place", Protocol::json).encoded);
  EXPECT_TRUE(to_message(foreign("\x01"), "place", Protocol::query).encoded)
      << "XML cannot hold it";
}

TEST(SqsStored, ARecordWithoutAnIdAlwaysGetsTheSame) {
  const auto record = foreign("v");
  EXPECT_EQ(to_message(record, "q/0/1", Protocol::json).message_id,
            to_message(record, "q/0/1", Protocol::query).message_id);
  EXPECT_NE(to_message(record, "q/0/1", Protocol::json).message_id,
            to_message(record, "q/0/2", Protocol::json).message_id);
}

TEST(SqsStored, ADeadLetterSaysWhereItDiedAndHowOftenItWasReceived) {
  const auto record = foreign("v", {
                                       {"twofold-origin",   "jobs:0-7"},
                                       {"twofold-receives", "3"       }
  });
  const StoredMessage message = to_message(record, "place", Protocol::json);
  EXPECT_EQ(message.origin_queue, "jobs");
  EXPECT_EQ(message.receives_before, 3u);
}

TEST(SqsStored, AMessageWithoutAnIdKeepsTheOneOfItsFirstPlace) {
  const std::string first =
      record_place("jobs", engine::PartitionId{0}, engine::Offset{7}, engine::WallTime{5});
  const auto id = [](const std::string& place, std::vector<engine::Header> headers) {
    return to_message(foreign("v", std::move(headers)), place, Protocol::json).message_id;
  };
  const std::string before = id(first, {});
  EXPECT_EQ(id("dead/0/1/5", {{"twofold-origin", "jobs:0-7"}}), before) << "it died there";
  EXPECT_EQ(id("jobs/0/8/5", {{"twofold-first", "jobs:0-7"}}), before) << "it came back";
  EXPECT_EQ(id("dead/0/2/5", {{"twofold-origin", "jobs:0-8"}, {"twofold-first", "jobs:0-7"}}), before);
  EXPECT_NE(id("jobs/0/8/5", {}), before);
  for (const char* const forged : {":", "-", "a:", "a-b", "a:b", "\xFF:1-2"})
    EXPECT_EQ(id("p", {{"twofold-first", forged}}).size(), 36u);
}

TEST(SqsStored, ForgedNotesDoNoHarm) {
  const auto record =
      foreign("v", {
                       {"twofold-message-id", "\x01"},
                       {"twofold-receives",   "many"},
                       {"twofold-origin",     "\xFF:0-1"}
  });
  const StoredMessage message = to_message(record, "place", Protocol::query);
  EXPECT_EQ(message.message_id.size(), 36u);
  EXPECT_EQ(message.receives_before, 0u);
  EXPECT_TRUE(message.origin_queue.empty());
}

}  // namespace
}  // namespace twofold::http::sqs
