#include "src/cli/json_text.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

namespace twofold::cli {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks valid JSON from a position; every step stays inside the text even when it is not valid.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) { skip_blanks(); }

  char front() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (front() != c) return false;
    ++at_;
    skip_blanks();
    return true;
  }

  // The text of the value that starts here.
  std::string_view value() {
    const std::size_t begin = at_;
    if (front() == '"') {
      skip_string();
    } else if (front() == '{' || front() == '[') {
      skip_container();
    } else {
      while (at_ < text_.size() && text_.find_first_of(",]} \t\r\n", at_) != at_) ++at_;
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    skip_blanks();
    return text;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  void skip_string() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
  }
  void skip_container() {
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Json Json::operator[](std::string_view name) const {
  for (const auto& [key, value] : members()) {
    if (key == name) return value;
  }
  return Json();
}

std::vector<Json> Json::elements() const {
  std::vector<Json> elements;
  Cursor cursor(text_);
  if (!cursor.take('[')) return elements;
  while (cursor.front() != ']' && cursor.front() != '\0') {
    elements.emplace_back(cursor.value());
    if (!cursor.take(',')) break;
  }
  return elements;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> members;
  Cursor cursor(text_);
  if (!cursor.take('{')) return members;
  while (cursor.front() == '"') {
    std::string key = Json(cursor.value()).string();
    if (!cursor.take(':')) break;
    members.emplace_back(std::move(key), Json(cursor.value()));
    if (!cursor.take(',')) break;
  }
  return members;
}

std::string Json::string() const {
  if (!text_.starts_with('"')) return std::string(text_);
  // Most strings have no escapes, and need no parser.
  const std::string_view inner = text_.substr(1, text_.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text_, error);
  return error || !value.is_string() ? std::string(text_) : std::string(value.get_string());
}

std::int64_t Json::number() const {
  std::int64_t number = 0;
  std::from_chars(text_.data(), text_.data() + text_.size(), number);
  return number;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += json_quote(name);
  members_ += ':';
  members_ += json;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return raw(name, json_quote(value));
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

std::string json_array(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ',';
    text += element;
  }
  return text + "]";
}

std::string json_quote(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

bool is_json_container(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  boost::system::error_code error;
  boost::json::parse(text, error);
  return !error;
}

}  // namespace twofold::cli
