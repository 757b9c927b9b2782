#include <gtest/gtest.h>

#include "http/sqs/action.h"
#include "http/sqs/answer.h"
#include "http/sqs/dialect.h"

namespace twofold::http::sqs {
namespace {

template <class Write>
std::string answer(Protocol protocol, std::string_view action, bool has_result, Write write) {
  std::string out;
  AnswerWriter writer(protocol, out);
  writer.begin(action, has_result);
  write(writer);
  writer.end("id");
  return out;
}

constexpr std::string_view kHead =
    "<?xml version=\"1.0\"?>\n<XResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">";
constexpr std::string_view kTail =
    "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></XResponse>";

std::string xml(std::string_view inner) { return std::string(kHead).append(inner).append(kTail); }

TEST(SqsAnswer, WhatXmlCannotSayNeverSpoilsADocument) {
  std::string out;
  append_xml_text(out, "a\x01<\t\n\r\xEF\xBF\xBF\xEF\xBF\xBE\xEF\xBF\xBD\xEF\xBB\xBF&\x1F");
  EXPECT_EQ(out,
            "a\xEF\xBF\xBD&lt;\t\n&#xD;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBB\xBF&amp;"
            "\xEF\xBF\xBD");
}

TEST(SqsAnswer, AnErrorRepeatsOnlyTheBeginningOfWhatWasSent) {
  const std::string long_text = std::string(255, 'x') + "\xC3\xA9" + std::string(500'000, 'y');
  EXPECT_EQ(echoed(long_text), std::string(255, 'x')) << "no half character";
  EXPECT_LT(invalid_value(long_text, "ReceiptHandle", "No.").message.size(), 400u);
}

TEST(SqsAnswer, ListsAreFlattenedInXmlAndMapsBecomePairs) {
  const auto write = [](AnswerWriter& out) {
    out.begin_list("Messages", "Message");
    out.begin_item();
    out.text("Body", "<a>");
    out.begin_map("Attributes", "Attribute");
    out.entry("SentTimestamp", "1");
    out.end_map();
    out.begin_map("MessageAttributes", "MessageAttribute");
    out.begin_entry("b");
    out.base64("BinaryValue", "\x01");
    out.text("DataType", "Binary");
    out.end_entry();
    out.end_map();
    out.end_item();
    out.end_list();
    out.number("Count", 7);
    out.flag("SenderFault", true);
  };
  EXPECT_EQ(answer(Protocol::json, "X", true, write),
            R"({"Messages":[{"Body":"<a>","Attributes":{"SentTimestamp":"1"},)"
            R"("MessageAttributes":{"b":{"BinaryValue":"AQ==","DataType":"Binary"}}}],)"
            R"("Count":7,"SenderFault":true})");
  EXPECT_EQ(answer(Protocol::query, "X", true, write),
            xml("<XResult><Message><Body>&lt;a&gt;</Body>"
                "<Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute>"
                "<MessageAttribute><Name>b</Name><Value><BinaryValue>AQ==</BinaryValue>"
                "<DataType>Binary</DataType></Value></MessageAttribute></Message>"
                "<Count>7</Count><SenderFault>true</SenderFault></XResult>"));
}

TEST(SqsAnswer, AnActionWithoutOutputSaysNothing) {
  const auto nothing = [](AnswerWriter&) {};
  EXPECT_EQ(answer(Protocol::json, "X", false, nothing), "");
  EXPECT_EQ(answer(Protocol::query, "X", false, nothing), xml(""));
}

TEST(SqsAnswer, AnEmptyResultIsAnEmptyObject) {
  const auto nothing = [](AnswerWriter&) {};
  EXPECT_EQ(answer(Protocol::json, "X", true, nothing), "{}");
  EXPECT_EQ(answer(Protocol::query, "X", true, nothing), xml("<XResult></XResult>"));
}

TEST(SqsAnswer, XmlKeepsCarriageReturns) {
  std::string out;
  append_xml_text(out, "a\r\n\t&\"<>");
  EXPECT_EQ(out, "a&#xD;\n\t&amp;&quot;&lt;&gt;");
}

TEST(SqsAnswer, FaultsSayTheirTypeInJsonAndTheirCodeInXml) {
  std::string out;
  AnswerWriter(Protocol::json, out).fault(no_such_queue(), "id");
  EXPECT_EQ(out, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist",)"
                 R"("message":"The specified queue does not exist."})");
  out.clear();
  AnswerWriter(Protocol::query, out).fault(no_such_queue(), "id");
  EXPECT_EQ(out,
            "<?xml version=\"1.0\"?>\n<ErrorResponse "
            "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>"
            "<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does "
            "not exist for this wsdl version.</Message><Detail/></Error><RequestId>id</RequestId>"
            "</ErrorResponse>");
}

TEST(SqsFaults, StatusesThatClientsRelyOn) {
  EXPECT_EQ(info(Code::receipt_handle_is_invalid).status, 404);
  EXPECT_EQ(info(Code::resource_not_found).status, 404);
  EXPECT_EQ(info(Code::over_limit).status, 403);
  EXPECT_EQ(info(Code::queue_does_not_exist).status, 400);
  EXPECT_FALSE(info(Code::service_unavailable).sender());
  for (const CodeInfo& code : codes()) EXPECT_NE(code.type.find('#'), std::string_view::npos);
}

TEST(SqsFaults, WhatTheBrokerCannotDoNowMayBeTriedAgain) {
  for (const auto code : {engine::Errc::overloaded, engine::Errc::storage_full,
                          engine::Errc::storage_failed, engine::Errc::shutting_down}) {
    EXPECT_EQ(fault_of(engine::Error(code, "")).code, Code::service_unavailable);
  }
}

TEST(SqsActionTable, EveryActionIsFoundByItsNameAndCountedUnderIt) {
  ASSERT_EQ(routes().size(), actions().size() + 3);
  for (std::size_t i = 0; i < actions().size(); ++i) {
    EXPECT_EQ(find_action(actions()[i].name), &actions()[i]);
    EXPECT_EQ(routes()[i].operation, actions()[i].name);
    const OperationName name = operation_name(route_index(routes()[i]));
    EXPECT_EQ(name.api, "sqs");
    EXPECT_EQ(name.name, actions()[i].name);
  }
  EXPECT_EQ(find_action("sendmessage"), nullptr) << "names are case sensitive";
}

}  // namespace
}  // namespace twofold::http::sqs
