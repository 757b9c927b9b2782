#include "http/sqs/json_protocol.h"

#include "http/base64.h"
#include "http/sqs/members.h"
#include "http/sqs/numbers.h"

namespace twofold::http::sqs {
namespace {

class Reader {
 public:
  Reader(std::string_view body, Scratch& scratch)
      : json_(body, scratch.texts, LoneSurrogates::replaced), scratch_(scratch) {}

  template <class T>
  void object(T& into) {
    each_member([&](std::string_view name) {
      const Member<T>* const member = find_member<T>(&Member<T>::json, name);
      if (!member) {
        json_.slice();
        return;
      }
      std::visit([&](auto place) { value(into.*place); }, member->place);
    });
  }
  bool finish() { return json_.finish(); }

 private:
  // Calls `take(name)` for each member that is not null.
  template <class Take>
  void each_member(Take take) {
    if (!json_.enter_object()) return;
    std::string_view name;
    while (json_.next_member(name)) {
      if (json_.peek() == JsonType::null) {
        json_.null();
      } else {
        take(name);
      }
    }
  }

  void value(std::optional<std::string_view>& text) { text = json_.string(); }

  void value(std::optional<std::int64_t>& number) {
    const std::size_t position = json_.position();
    if (json_.peek() == JsonType::number) {
      number = whole_number_in(json_.number());
    } else {
      number = parse_integer(json_.string());
    }
    if (!number) json_.fail("a whole number is expected here", position);
  }

  void value(std::vector<std::string_view>& texts) {
    if (!json_.enter_array()) return;
    while (json_.next_element()) texts.push_back(json_.string());
  }

  void value(std::vector<NameAndValue>& pairs) {
    each_member([&](std::string_view name) { pairs.emplace_back(name, json_.string()); });
  }

  void value(std::vector<Tag>& tags) {
    if (!json_.enter_object()) return;
    std::string_view key;
    while (json_.next_member(key)) {
      Tag& tag = tags.emplace_back();
      tag.key = key;
      if (json_.peek() == JsonType::null) {
        json_.null();
      } else {
        tag.value = json_.string();
      }
    }
  }

  void value(std::vector<Item>& items) {
    if (!json_.enter_array()) return;
    while (json_.next_element()) object(items.emplace_back());
  }

  void value(std::vector<MessageAttribute>& attributes) {
    each_member([&](std::string_view name) {
      MessageAttribute& attribute = attributes.emplace_back();
      attribute.name = name;
      each_member([&](std::string_view part) { take_part(attribute, part); });
    });
  }

  void take_part(MessageAttribute& attribute, std::string_view part) {
    if (part == "DataType") {
      attribute.type = json_.string();
    } else if (part == "StringValue") {
      attribute.text = json_.string();
    } else if (part == "BinaryValue") {
      const std::size_t position = json_.position();
      auto bytes = decode_base64(json_.string());
      if (!bytes) return json_.fail("not base64", position);
      attribute.bytes = scratch_.keep(*std::move(bytes));
    } else if (part == "StringListValues" || part == "BinaryListValues") {
      attribute.lists |= !empty_list();
    } else {
      json_.slice();
    }
  }

  bool empty_list() {
    bool empty = true;
    if (!json_.enter_array()) return empty;
    for (; json_.next_element(); empty = false) json_.slice();
    return empty;
  }

  JsonReader json_;
  Scratch& scratch_;
};

}  // namespace

Outcome<Request> read_json_request(std::string_view body, Scratch& scratch) {
  Request request;
  Reader reader(body.empty() ? std::string_view("{}") : body, scratch);
  reader.object(request);
  if (reader.finish()) return request;
  return Fault(Code::serialization, "The request body is not the JSON that belongs here.");
}

}  // namespace twofold::http::sqs
