#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/json_writer.h"
#include "http/sqs/fault.h"

namespace twofold::http::sqs {

enum class Protocol : std::uint8_t { json, query };

/// Appends `text`, which is UTF-8, as XML character data. A carriage return goes out as a
/// reference: every XML parser would read a bare one as a line feed. What XML 1.0 cannot say at all
/// goes out as U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

/// Writes an answer in either protocol: as AWS JSON 1.0, or as XML in the shape of the Query
/// protocol, where lists are flattened and maps are lists of pairs.
///
/// Contract  Nothing is written for what is not said: an empty list is left out by not beginning
/// it.
///           An action without output has an empty body in JSON and no Result element in XML.
class AnswerWriter {
 public:
  AnswerWriter(Protocol protocol, std::string& out) : protocol_(protocol), out_(out), json_(out) {}

  void begin(std::string_view action, bool has_result);
  void end(std::string_view request_id);
  /// A whole answer that says no, in place of begin() and end().
  void fault(const Fault& fault, std::string_view request_id);

  void text(std::string_view name, std::string_view value);
  template <std::integral T>
  void number(std::string_view name, T value) {
    if (xml()) return xml_number(name, static_cast<std::int64_t>(value));
    json_.name(name).number(value);
  }
  void flag(std::string_view name, bool value);
  void base64(std::string_view name, std::string_view bytes);

  /// A list of objects: in XML each is an element of that name.
  void begin_list(std::string_view name, std::string_view element);
  void begin_item();
  void end_item();
  void end_list();
  /// An element of a list of texts.
  void item(std::string_view value);

  /// A map: in XML each entry is an `element` with a key and a Value.
  void begin_map(std::string_view name, std::string_view element, std::string_view key = "Name");
  void entry(std::string_view key, std::string_view value);
  void begin_entry(std::string_view key);
  void end_entry();
  void end_map();

 private:
  bool xml() const { return protocol_ == Protocol::query; }
  void xml_number(std::string_view name, std::int64_t value);
  void open(std::string_view element);
  void close(std::string_view element);

  Protocol protocol_;
  std::string& out_;
  JsonWriter json_;
  std::string_view action_;
  bool has_result_ = false;
  std::string_view element_;  // of the list or map that was begun last; lists do not nest in maps
  std::string_view outer_;
  std::string_view key_;
};

}  // namespace twofold::http::sqs
