#include "http/sqs/peek_writer.h"

#include "http/base64.h"
#include "http/sqs/digest.h"
#include "http/sqs/message_attributes.h"

namespace twofold::http::sqs {
namespace {

// In the place of a receipt: nobody received it, and no queue takes it.
constexpr std::string_view kNoReceipt = "not-received";

void write_attribute(JsonWriter& json, const MessageAttribute& attribute) {
  json.begin_object().name("Name").string(attribute.name).name("Value").begin_object();
  if (attribute.binary()) {
    std::string text;
    append_base64(text, attribute.value());
    json.name("BinaryValue").string(text);
  } else {
    json.name("StringValue").string(attribute.value());
  }
  json.name("DataType").string(attribute.type).end_object().end_object();
}

}  // namespace

PeekWriter::PeekWriter(PeekForm form, std::string& out)
    : form_(form),
      out_(out),
      answer_(form == PeekForm::xml ? Protocol::query : Protocol::json, out) {
  if (form_ != PeekForm::json) answer_.begin("ReceiveMessage", true);
}

void PeekWriter::write(const Peeked& peeked) {
  if (form_ == PeekForm::json) {
    write_json(peeked);
  } else {
    write_answer(peeked);
  }
  ++count_;
}

void PeekWriter::write_answer(const Peeked& peeked) {
  const StoredMessage& message = peeked.message;
  if (count_ == 0) answer_.begin_list("Messages", "Message");
  answer_.begin_item();
  answer_.text("MessageId", message.message_id);
  answer_.text("ReceiptHandle", kNoReceipt);
  answer_.text("MD5OfBody", md5_hex(message.body));
  answer_.text("Body", message.body);
  answer_.begin_map("Attributes", "Attribute");
  for (const auto& [name, value] : peeked.system_attributes) answer_.entry(name, value);
  answer_.end_map();
  write_attributes(answer_, message.attributes);
  answer_.end_item();
}

void PeekWriter::write_json(const Peeked& peeked) {
  const StoredMessage& message = peeked.message;
  if (count_ > 0) items_.push_back(',');
  JsonWriter json(items_);
  json.begin_object().name("MessageId").string(message.message_id);
  json.name("ReceiptHandle").string(kNoReceipt);
  json.name("MD5OfBody").string(md5_hex(message.body)).name("Body").string(message.body);
  json.name("Attribute").begin_array();
  for (const auto& [name, value] : peeked.system_attributes)
    json.begin_object().name("Name").string(name).name("Value").string(value).end_object();
  json.end_array();
  if (!message.attributes.empty()) {
    json.name("MD5OfMessageAttributes").string(attributes_md5(message.attributes));
    json.name("MessageAttribute").begin_array();
    for (const MessageAttribute& attribute : message.attributes) write_attribute(json, attribute);
    json.end_array();
  }
  json.end_object();
}

void PeekWriter::finish(std::string_view request_id) {
  if (form_ != PeekForm::json) {
    if (count_ > 0) answer_.end_list();
    return answer_.end(request_id);
  }
  out_.append(R"({"ReceiveMessageResponse":{"ReceiveMessageResult":{)");
  if (count_ > 0) out_.append(R"("Message":)");
  if (count_ > 1) out_.push_back('[');
  out_.append(items_);
  if (count_ > 1) out_.push_back(']');
  out_.append(R"(},"ResponseMetadata":{"RequestId":")").append(request_id).append(R"("}}})");
}

void append_fault_json(std::string& out, const Fault& fault, std::string_view request_id) {
  const CodeInfo& code = info(fault.code);
  JsonWriter json(out);
  json.begin_object().name("ErrorResponse").begin_object().name("Error").begin_object();
  json.name("Type").string(code.sender() ? "Sender" : "Receiver");
  json.name("Code").string(code.query).name("Message").string(fault.message).end_object();
  json.name("RequestId").string(request_id).end_object().end_object();
}

}  // namespace twofold::http::sqs
