#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace twofold::http {

/// Appends `text` as a JSON string, quotes included. `text` must be UTF-8; what JSON cannot hold as
/// it is gets escaped, everything else is copied.
void append_json_string(std::string& out, std::string_view text);
/// Appends base64 (RFC 4648, padded) between quotes.
void append_json_base64(std::string& out, std::string_view bytes);

template <std::integral T>
void append_number(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// Writes JSON by hand into a string that is reused: braces and commas are counted, values are
/// spliced. Misuse (a value without its name) is not detected; tests read the result back.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// A member's name, which needs no escaping (ours never do).
  JsonWriter& name(std::string_view plain) {
    comma();
    out_.push_back('"');
    out_.append(plain);
    out_.append("\":");
    comma_ = false;
    return *this;
  }
  /// A member's name from outside.
  JsonWriter& any_name(std::string_view text) {
    comma();
    append_json_string(out_, text);
    out_.push_back(':');
    comma_ = false;
    return *this;
  }

  JsonWriter& string(std::string_view text) {
    comma();
    append_json_string(out_, text);
    return *this;
  }
  JsonWriter& base64(std::string_view bytes) {
    comma();
    append_json_base64(out_, bytes);
    return *this;
  }
  template <std::integral T>
  JsonWriter& number(T number) {
    comma();
    append_number(out_, number);
    return *this;
  }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json) {
    comma();
    out_.append(json);
    return *this;
  }

  std::string& out() { return out_; }

 private:
  void comma() {
    if (comma_) out_.push_back(',');
    comma_ = true;
  }
  JsonWriter& open(char c) {
    comma();
    out_.push_back(c);
    comma_ = false;
    return *this;
  }
  JsonWriter& close(char c) {
    out_.push_back(c);
    comma_ = true;
    return *this;
  }

  std::string& out_;
  bool comma_ = false;
};

}  // namespace twofold::http
