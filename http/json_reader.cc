#include "http/json_reader.h"

#include <charconv>

#include "http/utf8.h"

namespace twofold::http {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Four hexadecimal digits, or -1.
std::int32_t hex4(std::string_view text) {
  if (text.size() < 4) return -1;
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  // from_chars would take a minus sign.
  return error == std::errc{} && end == text.data() + 4 && text[0] != '-' ? value : -1;
}

bool is_high_surrogate(std::int32_t code) { return code >= 0xD800 && code <= 0xDBFF; }
bool is_low_surrogate(std::int32_t code) { return code >= 0xDC00 && code <= 0xDFFF; }

// The one that the text begins with as an escape, or 0.
std::uint32_t low_surrogate_in(std::string_view text) {
  if (!text.starts_with("\\u")) return 0;
  const std::int32_t code = hex4(text.substr(2));
  return is_low_surrogate(code) ? static_cast<std::uint32_t>(code) : 0;
}

constexpr std::uint32_t kNoCharacter = 0xFFFF;

}  // namespace

void JsonReader::fail(std::string_view message, std::size_t position) {
  if (!error_) error_ = JsonError{message, position};
  at_ = text_.size();
}

bool JsonReader::fail_here(std::string_view message) {
  fail(message, at_);
  return false;
}

void JsonReader::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++at_;
  }
}

std::optional<JsonType> JsonReader::peek() {
  if (error_) return std::nullopt;
  skip_space();
  if (at_ == text_.size()) {
    fail_here("the text ends where a value is expected");
    return std::nullopt;
  }
  switch (text_[at_]) {
    case '{': return JsonType::object;
    case '[': return JsonType::array;
    case '"': return JsonType::string;
    case 't':
    case 'f': return JsonType::boolean;
    case 'n': return JsonType::null;
    default: break;
  }
  if (text_[at_] == '-' || is_digit(text_[at_])) return JsonType::number;
  fail_here("a value is expected here");
  return std::nullopt;
}

bool JsonReader::enter(char open, std::string_view message) {
  if (error_) return false;
  skip_space();
  if (at_ == text_.size() || text_[at_] != open) return fail_here(message);
  if (++depth_ > kDepthMax) return fail_here("nested too deeply");
  ++at_;
  first_ = true;
  return true;
}

bool JsonReader::enter_object() { return enter('{', "an object is expected here"); }
bool JsonReader::enter_array() { return enter('[', "an array is expected here"); }

bool JsonReader::next_element() {
  if (error_) return false;
  skip_space();
  if (at_ == text_.size()) return fail_here("the text ends inside an array");
  if (text_[at_] == ']') {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (first_) {
    first_ = false;
    return true;
  }
  if (text_[at_] != ',') return fail_here("a comma or ] is expected here");
  ++at_;
  return true;
}

bool JsonReader::to_member() {
  if (error_) return false;
  skip_space();
  if (at_ == text_.size()) return fail_here("the text ends inside an object");
  if (text_[at_] == '}') {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (first_) {
    first_ = false;
  } else {
    if (text_[at_] != ',') return fail_here("a comma or } is expected here");
    ++at_;
    skip_space();
  }
  if (at_ < text_.size() && text_[at_] == '"') return true;
  return fail_here("a member name in quotes is expected here");
}

bool JsonReader::to_member_value() {
  if (error_) return false;
  skip_space();
  if (at_ == text_.size() || text_[at_] != ':') return fail_here("a colon is expected here");
  ++at_;
  return true;
}

bool JsonReader::next_member(std::string_view& name) {
  if (!to_member()) return false;
  name = string();
  return to_member_value();
}

bool JsonReader::skip_member_name() {
  if (!to_member()) return false;
  std::string_view raw;
  scan_string(raw);
  return to_member_value();
}

std::string_view JsonReader::string() {
  if (error_) return {};
  skip_space();
  if (at_ == text_.size() || text_[at_] != '"') {
    fail_here("a string is expected here");
    return {};
  }
  std::string_view raw;
  const bool escaped = scan_string(raw);
  if (error_) return {};
  return escaped ? unescaped(raw) : raw;
}

bool JsonReader::scan_string(std::string_view& raw) {
  const std::size_t begin = ++at_;
  bool escaped = false;
  for (;;) {
    at_ += plain_prefix(text_.substr(at_));
    if (at_ == text_.size()) return fail_here("the text ends inside a string");
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') break;
    if (c == '\\') {
      escaped = true;
      if (!scan_escape()) return false;
    } else if (c < 0x20) {
      return fail_here("control characters in strings must be escaped");
    } else if (!scan_utf8()) {
      return false;
    }
  }
  raw = text_.substr(begin, at_ - begin);
  ++at_;
  return escaped;
}

bool JsonReader::scan_utf8() {
  const std::size_t size = utf8_sequence(text_.substr(at_));
  if (size == 0) return fail_here("not valid UTF-8");
  at_ += size;
  return true;
}

bool JsonReader::scan_escape() {
  if (at_ + 1 >= text_.size()) return fail_here("the text ends inside a string");
  const char c = text_[at_ + 1];
  if (c != 'u') {
    if (std::string_view{"\"\\/bfnrt"}.find(c) == std::string_view::npos) {
      return fail_here("no such escape");
    }
    at_ += 2;
    return true;
  }
  const std::int32_t code = hex4(text_.substr(at_ + 2));
  if (code < 0) return fail_here("\\u needs four hexadecimal digits");
  at_ += 6;
  if (is_high_surrogate(code) && low_surrogate_in(text_.substr(at_)) > 0) {
    at_ += 6;
  } else if (is_high_surrogate(code) || is_low_surrogate(code)) {
    if (lone_surrogates_ == LoneSurrogates::replaced) return true;
    at_ -= 6;
    return fail_here(is_low_surrogate(code) ? "a low surrogate without its high one"
                                            : "a high surrogate without its low one");
  }
  return true;
}

// `raw` was checked: every escape in it is whole.
std::string_view JsonReader::unescaped(std::string_view raw) {
  std::string& out = keep_.emplace_front();
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size();) {
    const std::size_t backslash = raw.find('\\', i);
    out.append(raw.substr(i, backslash == std::string_view::npos ? backslash : backslash - i));
    if (backslash == std::string_view::npos) break;
    i = backslash + 2;
    switch (raw[backslash + 1]) {
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': {
        auto code = static_cast<std::uint32_t>(hex4(raw.substr(i)));
        i += 4;
        const std::uint32_t low = low_surrogate_in(raw.substr(i));
        if (is_high_surrogate(static_cast<std::int32_t>(code)) && low > 0) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          i += 6;
        } else if (code >= 0xD800 && code <= 0xDFFF) {
          code = kNoCharacter;
        }
        append_utf8(out, code);
        break;
      }
      default: out.push_back(raw[backslash + 1]); break;  // quote, backslash, slash
    }
  }
  return out;
}

bool JsonReader::scan_number() {
  const auto digits = [&] {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > begin;
  };
  if (text_[at_] == '-') ++at_;
  if (at_ < text_.size() && text_[at_] == '0') {
    ++at_;
  } else if (!digits()) {
    return fail_here("a digit is expected here");
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    if (!digits()) return fail_here("a digit is expected after the point");
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!digits()) return fail_here("a digit is expected in the exponent");
  }
  return true;
}

std::string_view JsonReader::number() {
  if (peek() != JsonType::number) {
    fail_here("a number is expected here");
    return {};
  }
  const std::size_t begin = at_;
  if (!scan_number()) return {};
  return text_.substr(begin, at_ - begin);
}

std::int64_t JsonReader::integer() {
  const std::string_view digits = number();
  if (error_) return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && end == digits.data() + digits.size()) return value;
  fail("a whole number is expected here", at_ - digits.size());
  return 0;
}

bool JsonReader::expect_literal(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return fail_here("a value is expected here");
  at_ += word.size();
  return true;
}

bool JsonReader::boolean() {
  if (peek() != JsonType::boolean) return fail_here("true or false is expected here");
  if (text_[at_] == 'f') {
    expect_literal("false");
    return false;
  }
  return expect_literal("true");
}

void JsonReader::null() {
  if (peek() != JsonType::null) {
    fail_here("null is expected here");
    return;
  }
  expect_literal("null");
}

std::string_view JsonReader::slice() {
  if (!peek()) return {};
  const std::size_t begin = at_;
  if (!scan_value()) return {};
  return text_.substr(begin, at_ - begin);
}

// One value of any kind, with a bit per level in place of recursion: 1 for an object.
bool JsonReader::scan_value() {
  static_assert(kDepthMax <= 32);
  const std::size_t base = depth_;
  std::uint32_t objects = 0;
  std::string_view raw;
  for (;;) {
    const auto type = peek();
    if (!type) return false;
    switch (*type) {
      case JsonType::object:
        if (!enter_object()) return false;
        objects = objects << 1 | 1;
        break;
      case JsonType::array:
        if (!enter_array()) return false;
        objects = objects << 1;
        break;
      case JsonType::string: scan_string(raw); break;
      case JsonType::number: scan_number(); break;
      case JsonType::boolean: boolean(); break;
      case JsonType::null: null(); break;
    }
    // Close what ends here; stop when the value we began with is whole.
    for (;;) {
      if (error_) return false;
      if (depth_ == base) return true;
      if ((objects & 1) ? skip_member_name() : next_element()) break;
      objects >>= 1;
    }
  }
}

bool JsonReader::finish() {
  if (error_) return false;
  skip_space();
  if (at_ != text_.size()) return fail_here("only one value is expected");
  return true;
}

bool is_json(std::string_view text) {
  TextStore unused;
  JsonReader reader(text, unused);
  reader.slice();
  return reader.finish();
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    i += plain_prefix(text.substr(i));
    if (i == text.size()) break;
    const std::size_t size = utf8_sequence(text.substr(i));
    if (size == 0) return false;
    i += size;
  }
  return true;
}

}  // namespace twofold::http
