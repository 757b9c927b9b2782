// What a request says must not depend on the protocol that it is written in.
#include <chrono>

#include <gtest/gtest.h>

#include "http/sqs/json_protocol.h"
#include "http/sqs/query_protocol.h"
#include "http/sqs/tags.h"

namespace twofold::http::sqs {
namespace {

using namespace std::string_literals;

class SqsProtocols : public ::testing::Test {
 protected:
  Outcome<Request> json(std::string_view body) { return read_json_request(body, scratch_); }
  Outcome<Request> query(std::string_view body, std::string_view target = "/") {
    EXPECT_TRUE(static_cast<bool>(target_.parse(target)));
    auto form = read_form(target_, body, scratch_);
    if (!form) return form.fault();
    form_ = *std::move(form);
    return read_form_request(*form_, scratch_);
  }
  // Both ways of saying it.
  std::vector<Request> both(std::string_view as_json, std::string_view as_form) {
    auto one = json(as_json);
    auto other = query(as_form);
    EXPECT_TRUE(one) << as_json;
    EXPECT_TRUE(other) << as_form;
    return {*one, *other};
  }

  Scratch scratch_;
  Target target_;
  std::optional<FormNode> form_;
};

TEST_F(SqsProtocols, AMessageWithAttributes) {
  const auto requests = both(
      R"({"QueueUrl":"http://h/0/q","MessageBody":"h\u00e9","DelaySeconds":5,"MessageAttributes":{
          "b":{"DataType":"Binary","BinaryValue":"AQI="},"a":{"DataType":"String","StringValue":"x"}},
          "MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"t"}},
          "MessageGroupId":"g"})",
      "Action=SendMessage&QueueUrl=http%3A%2F%2Fh%2F0%2Fq&MessageBody=h%C3%A9&DelaySeconds=5"
      "&MessageAttribute.1.Name=b&MessageAttribute.1.Value.DataType=Binary"
      "&MessageAttribute.1.Value.BinaryValue=AQI%3D&MessageAttribute.2.Name=a"
      "&MessageAttribute.2.Value.DataType=String&MessageAttribute.2.Value.StringValue=x"
      "&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String"
      "&MessageSystemAttribute.1.Value.StringValue=t&MessageGroupId=g");
  for (const Request& request : requests) {
    EXPECT_EQ(request.queue_url, "http://h/0/q");
    EXPECT_EQ(request.body, "h\xC3\xA9");
    EXPECT_EQ(request.delay_seconds, 5);
    EXPECT_EQ(request.group_id, "g");
    ASSERT_EQ(request.attributes.size(), 2u);
    EXPECT_EQ(request.attributes[0].name, "b");
    EXPECT_EQ(request.attributes[0].bytes, "\x01\x02");
    EXPECT_EQ(request.attributes[1].text, "x");
    ASSERT_EQ(request.system_attributes.size(), 1u);
    EXPECT_EQ(request.system_attributes[0].text, "t");
  }
}

TEST_F(SqsProtocols, ABatch) {
  const auto requests = both(
      R"({"Entries":[{"Id":"1","MessageBody":"a"},{"Id":"2","MessageBody":"b","DelaySeconds":"3"}]})",
      "SendMessageBatchRequestEntry.2.Id=2&SendMessageBatchRequestEntry.2.MessageBody=b"
      "&SendMessageBatchRequestEntry.2.DelaySeconds=3"
      "&SendMessageBatchRequestEntry.1.Id=1&SendMessageBatchRequestEntry.1.MessageBody=a");
  for (const Request& request : requests) {
    ASSERT_EQ(request.entries.size(), 2u);
    EXPECT_EQ(request.entries[0].id, "1");
    EXPECT_EQ(request.entries[0].body, "a");
    EXPECT_EQ(request.entries[1].delay_seconds, 3);
  }
}

TEST_F(SqsProtocols, AttributesTagsAndNames) {
  const auto requests = both(
      R"({"Attributes":{"DelaySeconds":"1"},"tags":{"k":"v"},"AttributeNames":["All"],
          "MessageAttributeNames":["a","b"],"TagKeys":["k"],"MaxNumberOfMessages":10})",
      "Attribute.1.Name=DelaySeconds&Attribute.1.Value=1&Tag.1.Key=k&Tag.1.Value=v&AttributeName.1="
      "All"
      "&MessageAttributeName.1=a&MessageAttributeName.2=b&TagKey.1=k&MaxNumberOfMessages=10");
  for (const Request& request : requests) {
    EXPECT_EQ(request.queue_attributes, (std::vector<NameAndValue>{
                                            {"DelaySeconds", "1"}
    }));
    EXPECT_EQ(request.tags, (std::vector<Tag>{
                                {"k", "v"}
    }));
    EXPECT_EQ(request.attribute_names, (std::vector<std::string_view>{"All"}));
    EXPECT_EQ(request.message_attribute_names, (std::vector<std::string_view>{"a", "b"}));
    EXPECT_EQ(request.tag_keys, (std::vector<std::string_view>{"k"}));
    EXPECT_EQ(request.max_messages, 10);
  }
}

TEST_F(SqsProtocols, OldClientsLeaveNumbersOutAndUseOtherNames) {
  auto request = query(
      "Attribute.Name=VisibilityTimeout&Attribute.Value=9&AttributeName=All"
      "&MessageAttributeNames.1=x&MessageSystemAttributeName.1=SenderId");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->queue_attributes, (std::vector<NameAndValue>{
                                           {"VisibilityTimeout", "9"}
  }));
  EXPECT_EQ(request->attribute_names, (std::vector<std::string_view>{"All"}));
  EXPECT_EQ(request->message_attribute_names, (std::vector<std::string_view>{"x"}));
  EXPECT_EQ(request->system_attribute_names, (std::vector<std::string_view>{"SenderId"}));
}

TEST_F(SqsProtocols, ListsAreInTheOrderOfTheirNumbersWithGaps) {
  auto request = query("TagKey.10=c&TagKey.2=b&TagKey.1=a&TagKey.x=none");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->tag_keys, (std::vector<std::string_view>{"a", "b", "c"}));
}

TEST_F(SqsProtocols, ParametersMayStandInTheTarget) {
  auto request =
      query("QueueUrl=ignored", "/?Action=SendMessage&QueueUrl=q&MessageBody=a%20b%2Bc%2F~");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->queue_url, "q") << "the first of two counts";
  EXPECT_EQ(request->body, "a b+c/~");
}

TEST_F(SqsProtocols, NullIsAbsentAndTheUnknownIsIgnored) {
  auto request = json(R"({"MessageBody":null,"Nonsense":[{}],"Id":"x"})");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->body);
  EXPECT_EQ(request->id, "x");
  EXPECT_TRUE(json(""));
}

TEST_F(SqsProtocols, WhatCannotBeReadIsASerializationFault) {
  for (const auto& body :
       {"[]"s, "\"x\""s, "{"s, "{}x"s, R"({"MaxNumberOfMessages":"ten"})"s,
        R"({"MaxNumberOfMessages":1.5})"s, R"({"QueueUrl":7})"s, R"({"Entries":{}})"s,
        R"({"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"?"}}})"s}) {
    const auto request = json(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.fault().code, Code::serialization);
  }
  for (const auto& body :
       {"DelaySeconds=x"s, "MessageBody=%zz"s, "MessageBody=%f"s, "MessageBody=%ff"s,
        "MessageAttribute.1.Value.BinaryValue=%3F"s, "a.b.c.d.e.f.g.h.i.j=1"s}) {
    EXPECT_FALSE(query(body)) << body;
  }
}

TEST_F(SqsProtocols, OneHalfCharacterDoesNotTakeItsWholeBatchWithIt) {
  auto request =
      json(R"({"Entries":[{"MessageBody":"a\ud800b\udc00"},{"MessageBody":"\ud83d\ude00"}]})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->entries[0].body,
            "a\xEF\xBF\xBF"
            "b\xEF\xBF\xBF")
      << "which no message may be";
  EXPECT_EQ(request->entries[1].body, "\xF0\x9F\x98\x80");
  const auto form = query("SendMessageBatchRequestEntry.1.MessageBody=%ff");
  ASSERT_FALSE(form);
  EXPECT_EQ(form.fault().code, Code::invalid_message_contents);
}

TEST_F(SqsProtocols, AWholeNumberIsOneHoweverItIsWritten) {
  EXPECT_EQ(json(R"({"DelaySeconds":0.0})")->delay_seconds, 0);
  EXPECT_EQ(json(R"({"DelaySeconds":1e1})")->delay_seconds, 10);
  EXPECT_EQ(json(R"({"DelaySeconds":"7"})")->delay_seconds, 7);
  EXPECT_FALSE(json(R"({"DelaySeconds":1e300})"));
}

TEST_F(SqsProtocols, AnEmptyListIsNoListHoweverItIsWritten) {
  const auto lists = [this](std::string_view list) {
    auto request =
        json(std::string(R"({"MessageAttributes":{"a":{"StringListValues":)").append(list) + "}}}");
    return request && request->attributes[0].lists;
  };
  EXPECT_FALSE(lists("[ ]"));
  EXPECT_FALSE(lists("[]"));
  EXPECT_TRUE(lists(R"([ "x" ])"));
}

TEST_F(SqsProtocols, ATagWithoutAValueIsNotDroppedInSilence) {
  for (const Request& request : both(R"({"Tags":{"k":null}})", "Tag.1.Key=k")) {
    ASSERT_EQ(request.tags.size(), 1u);
    EXPECT_FALSE(check_tags(request.tags));
  }
}

TEST_F(SqsProtocols, AHostileFormIsBounded) {
  std::string many;
  for (int i = 0; i < 2'001; ++i) many += "a" + std::to_string(i) + "=&";
  EXPECT_FALSE(query(many));
}

// Whoever has not even signed yet could make the broker look at each name for each other one.
TEST_F(SqsProtocols, AFormOfVeryManyNamesTakesNoLongerThanItsBytes) {
  constexpr int kNames = 190'000;
  std::string body;
  for (int i = 0; i < kNames; ++i) body += "n" + std::to_string(i) + "=" + std::to_string(i) + "&";
  body += "n5=again&Action=SendMessage";
  ASSERT_TRUE(target_.parse("/"));
  const auto before = std::chrono::steady_clock::now();
  const auto form = read_form(target_, body, scratch_, 1'000);
  ASSERT_TRUE(form);
  EXPECT_EQ(form->children().size(), kNames + 1u);
  for (int i = 0; i < kNames; i += 1'000)
    EXPECT_EQ(form->text("n" + std::to_string(i)), std::to_string(i));
  EXPECT_EQ(form->text("n5"), "5") << "the first of two values counts";
  EXPECT_FALSE(form->child("m"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{10})
      << "each with each is a hundred seconds";
}

TEST_F(SqsProtocols, TheElementsOfAListAreFoundAmongVeryManyToo) {
  std::string body = "Action=SendMessageBatch";
  for (int i = 1; i <= 100; ++i) {
    const std::string entry = "&SendMessageBatchRequestEntry." + std::to_string(i);
    body += entry + ".Id=e" + std::to_string(i) + entry + ".MessageBody=" + std::to_string(i);
  }
  const auto request = query(body);
  ASSERT_TRUE(request);
  ASSERT_EQ(request->entries.size(), 100u);
  EXPECT_EQ(request->entries[99].body, "100");
}

}  // namespace
}  // namespace twofold::http::sqs
