#include "http/sqs/answer.h"

#include <array>
#include <utility>

#include "http/base64.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kNamespace = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr std::string_view kWsdl = "The specified queue does not exist for this wsdl version.";

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What does not simply stand for itself: markup, control characters, and where U+FFFE begins.
constexpr auto kSpecial = [] {
  std::array<bool, 256> special{};
  for (unsigned char c = 0; c < 0x20; ++c) special[c] = c != '\t' && c != '\n';
  for (const char c : {'&', '<', '>', '"'}) special[static_cast<unsigned char>(c)] = true;
  special[0xEF] = true;
  return special;
}();

bool is_no_character(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!kSpecial[static_cast<unsigned char>(text[at])]) continue;
    const bool is_lead = text[at] == '\xEF';
    if (is_lead && !is_no_character(text.substr(at))) continue;
    out.append(text.substr(from, at - from));
    switch (text[at]) {
      case '&': out.append("&amp;"); break;
      case '<': out.append("&lt;"); break;
      case '>': out.append("&gt;"); break;
      case '"': out.append("&quot;"); break;
      case '\r': out.append("&#xD;"); break;
      default: out.append(kReplacement); break;
    }
    if (is_lead) at += 2;
    from = at + 1;
  }
  out.append(text.substr(from));
}

void AnswerWriter::begin(std::string_view action, bool has_result) {
  action_ = action;
  has_result_ = has_result;
  if (!xml()) {
    if (has_result) json_.begin_object();
    return;
  }
  out_.append("<?xml version=\"1.0\"?>\n<").append(action).append("Response xmlns=\"");
  out_.append(kNamespace).append("\">");
  if (has_result) out_.append("<").append(action).append("Result>");
}

void AnswerWriter::end(std::string_view request_id) {
  if (!xml()) {
    if (has_result_) json_.end_object();
    return;
  }
  if (has_result_) out_.append("</").append(action_).append("Result>");
  out_.append("<ResponseMetadata>");
  text("RequestId", request_id);
  out_.append("</ResponseMetadata></").append(action_).append("Response>");
}

void AnswerWriter::fault(const Fault& fault, std::string_view request_id) {
  const CodeInfo& code = info(fault.code);
  if (!xml()) {
    json_.begin_object().name("__type").string(code.type).name("message").string(fault.message);
    json_.end_object();
    return;
  }
  const bool no_queue = fault.code == Code::queue_does_not_exist;
  out_.append("<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"")
      .append(kNamespace)
      .append("\"><Error>");
  text("Type", code.sender() ? "Sender" : "Receiver");
  text("Code", code.query);
  text("Message", no_queue ? kWsdl : std::string_view(fault.message));
  out_.append("<Detail/></Error>");
  text("RequestId", request_id);
  out_.append("</ErrorResponse>");
}

void AnswerWriter::open(std::string_view element) { out_.append("<").append(element).append(">"); }
void AnswerWriter::close(std::string_view element) {
  out_.append("</").append(element).append(">");
}

void AnswerWriter::text(std::string_view name, std::string_view value) {
  if (!xml()) {
    json_.name(name).string(value);
    return;
  }
  open(name);
  append_xml_text(out_, value);
  close(name);
}

void AnswerWriter::xml_number(std::string_view name, std::int64_t value) {
  open(name);
  append_number(out_, value);
  close(name);
}

void AnswerWriter::flag(std::string_view name, bool value) {
  if (xml()) return text(name, value ? "true" : "false");
  json_.name(name).boolean(value);
}

void AnswerWriter::base64(std::string_view name, std::string_view bytes) {
  if (!xml()) {
    json_.name(name).base64(bytes);
    return;
  }
  open(name);
  append_base64(out_, bytes);
  close(name);
}

void AnswerWriter::begin_list(std::string_view name, std::string_view element) {
  outer_ = std::exchange(element_, element);
  if (!xml()) json_.name(name).begin_array();
}

void AnswerWriter::begin_item() { xml() ? open(element_) : void(json_.begin_object()); }
void AnswerWriter::end_item() { xml() ? close(element_) : void(json_.end_object()); }

void AnswerWriter::end_list() {
  element_ = std::exchange(outer_, std::string_view());
  if (!xml()) json_.end_array();
}

void AnswerWriter::item(std::string_view value) {
  if (xml()) return text(element_, value);
  json_.string(value);
}

void AnswerWriter::begin_map(std::string_view name, std::string_view element,
                             std::string_view key) {
  outer_ = std::exchange(element_, element);
  key_ = key;
  if (!xml()) json_.name(name).begin_object();
}

void AnswerWriter::entry(std::string_view key, std::string_view value) {
  if (!xml()) {
    json_.any_name(key).string(value);
    return;
  }
  open(element_);
  text(key_, key);
  text("Value", value);
  close(element_);
}

void AnswerWriter::begin_entry(std::string_view key) {
  if (!xml()) {
    json_.any_name(key).begin_object();
    return;
  }
  open(element_);
  text(key_, key);
  open("Value");
}

void AnswerWriter::end_entry() {
  if (!xml()) {
    json_.end_object();
    return;
  }
  close("Value");
  close(element_);
}

void AnswerWriter::end_map() {
  element_ = std::exchange(outer_, std::string_view());
  if (!xml()) json_.end_object();
}

}  // namespace twofold::http::sqs
