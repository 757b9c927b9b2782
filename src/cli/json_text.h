#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twofold::cli {

/// JSON as text. The broker gives values back byte for byte (`1.0` stays `1.0`), and so must we:
/// these find members and elements in valid JSON without decoding what lies between.

/// A value inside valid JSON text, which must outlive it. Reading what is not there gives the empty
/// string, zero or nothing: answers may gain and lose members without breaking a client.
class Json {
 public:
  Json() = default;
  explicit Json(std::string_view text) : text_(text) {}

  std::string_view text() const { return text_; }
  bool exists() const { return !text_.empty(); }
  bool is_null() const { return text_ == "null"; }
  bool is_container() const { return text_.starts_with('{') || text_.starts_with('['); }

  Json operator[](std::string_view name) const;
  std::vector<Json> elements() const;
  std::vector<std::pair<std::string, Json>> members() const;

  /// A string's content; any other value as it stands.
  std::string string() const;
  std::int64_t number() const;
  bool is_true() const { return text_ == "true"; }

 private:
  std::string_view text_;
};

/// Writes one object, members in the order they are added.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);
  JsonObject& boolean(std::string_view name, bool value);
  JsonObject& raw(std::string_view name, std::string_view json);

  bool empty() const { return members_.empty(); }
  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

/// "[a,b,c]" from elements that are JSON already.
std::string json_array(const std::vector<std::string>& elements);

/// A string with quotes and escapes; invalid UTF-8 must be sent as bytes instead.
std::string json_quote(std::string_view text);

/// Whether `text` is one valid JSON object or array and nothing else but blanks.
bool is_json_container(std::string_view text);

bool is_utf8(std::string_view text);

std::string base64_encode(std::string_view bytes);

/// Nothing when `text` is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace twofold::cli
