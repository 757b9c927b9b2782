#include "http/sqs/query_protocol.h"

#include "http/base64.h"
#include "http/sqs/members.h"
#include "http/sqs/numbers.h"

namespace twofold::http::sqs {
namespace {

class Reader {
 public:
  explicit Reader(Scratch& scratch) : scratch_(scratch) {}

  template <class T>
  void object(const FormNode& form, T& into) {
    for (const FormNode& node : form.children()) {
      const Member<T>* const member = find_member<T>(&Member<T>::form, node.name());
      if (!member) continue;
      std::visit([&](auto place) { value(node, into.*place); }, member->place);
    }
  }
  bool ok() const { return ok_; }

 private:
  void value(const FormNode& node, std::optional<std::string_view>& text) { text = node.value(); }

  void value(const FormNode& node, std::optional<std::int64_t>& number) {
    if (!node.value()) return;
    number = parse_integer(*node.value());
    if (!number) ok_ = false;
  }

  void value(const FormNode& node, std::vector<std::string_view>& texts) {
    if (node.value()) texts.push_back(*node.value());
    for (const FormNode* element : node.numbered()) {
      if (element->value()) texts.push_back(*element->value());
    }
  }

  // Attribute.N.Name and .Value, or one pair without a number.
  void value(const FormNode& node, std::vector<NameAndValue>& pairs) {
    take_pair(node, pairs);
    for (const FormNode* element : node.numbered()) take_pair(*element, pairs);
  }

  static void take_pair(const FormNode& node, std::vector<NameAndValue>& pairs) {
    if (const auto name = node.text("Name"))
      pairs.emplace_back(*name, node.text("Value").value_or(""));
  }

  void value(const FormNode& node, std::vector<Tag>& tags) {
    take_tag(node, tags);
    for (const FormNode* element : node.numbered()) take_tag(*element, tags);
  }

  static void take_tag(const FormNode& node, std::vector<Tag>& tags) {
    if (const auto key = node.text("Key")) tags.push_back({*key, node.text("Value")});
  }

  void value(const FormNode& node, std::vector<Item>& items) {
    for (const FormNode* element : node.numbered()) object(*element, items.emplace_back());
  }

  void value(const FormNode& node, std::vector<MessageAttribute>& attributes) {
    for (const FormNode* element : node.numbered()) {
      MessageAttribute& attribute = attributes.emplace_back();
      attribute.name = element->text("Name").value_or("");
      const FormNode* const parts = element->child("Value");
      if (!parts) continue;
      attribute.type = parts->text("DataType").value_or("");
      attribute.text = parts->text("StringValue");
      attribute.lists = parts->child("StringListValue") || parts->child("BinaryListValue");
      if (const auto base64 = parts->text("BinaryValue")) take_binary(attribute, *base64);
    }
  }

  void take_binary(MessageAttribute& attribute, std::string_view base64) {
    auto bytes = decode_base64(base64);
    if (!bytes) {
      ok_ = false;
      return;
    }
    attribute.bytes = scratch_.keep(*std::move(bytes));
  }

  Scratch& scratch_;
  bool ok_ = true;
};

}  // namespace

Outcome<Request> read_form_request(const FormNode& form, Scratch& scratch) {
  Request request;
  Reader reader(scratch);
  reader.object(form, request);
  if (reader.ok()) return request;
  return Fault(Code::serialization, "A parameter is not of the type that belongs there.");
}

}  // namespace twofold::http::sqs
