#include "src/cli/percent_format.h"

#include <fmt/format.h>

#include "src/cli/position.h"

namespace twofold::cli {
namespace {

constexpr std::string_view kCodes = "tpokvshdDKVnir";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `text` begins behind the backslash; takes what it used.
Outcome<char> read_escape(std::string_view& text) {
  const char c = text.empty() ? '\0' : text.front();
  if (!text.empty()) text.remove_prefix(1);
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case '\\': return '\\';
    case 'x': {
      const int high = !text.empty() ? hex_digit(text[0]) : -1;
      const int low = text.size() > 1 ? hex_digit(text[1]) : -1;
      if (high < 0 || low < 0) return Refused("\\x needs two hex digits, as in \\x1f");
      text.remove_prefix(2);
      return static_cast<char>(high * 16 + low);
    }
    default:
      return Refused(fmt::format("\\{} is not an escape; there are \\n \\t \\r \\\\ \\xNN", c));
  }
}

PercentFormat::Modifier read_modifier(std::string_view& text) {
  using Modifier = PercentFormat::Modifier;
  if (!text.starts_with('{')) return Modifier::none;
  const std::size_t close = text.find('}');
  const std::string_view name = text.substr(1, close == std::string_view::npos ? close : close - 1);
  const Modifier modifier = name == "hex"      ? Modifier::hex
                            : name == "base64" ? Modifier::base64
                            : name == "json"   ? Modifier::json
                                               : Modifier::none;
  // Braces that name no modifier are ordinary text.
  if (modifier != Modifier::none) text.remove_prefix(close + 1);
  return modifier;
}

std::string headers_text(const Item& item) {
  std::string text;
  for (const auto& [name, value] : item.headers) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", name, value);
  }
  return text;
}

std::string millis_text(const Item& item) {
  const auto time = parse_time(item.timestamp);
  return time ? fmt::format("{}", time->count()) : std::string();
}

std::string raw_text(char code, const Item& item, std::uint64_t count) {
  switch (code) {
    case 't': return item.topic;
    case 'p': return fmt::format("{}", item.partition);
    case 'o': return fmt::format("{}", item.offset);
    case 'k': return item.key.value_or("");
    case 'v':
    case 's': return item.value.value_or("");
    case 'h': return headers_text(item);
    case 'd': return millis_text(item);
    case 'D': return item.timestamp;
    case 'K': return fmt::format("{}", item.key ? item.key->size() : 0);
    case 'V': return fmt::format("{}", item.value ? item.value->size() : 0);
    case 'n': return fmt::format("{}", count);
    case 'i': return item.id;
    case 'r': return item.receipt;
    default: return "%";
  }
}

std::string modified(const std::string& text, PercentFormat::Modifier modifier) {
  switch (modifier) {
    case PercentFormat::Modifier::none: return text;
    case PercentFormat::Modifier::base64: return base64_encode(text);
    case PercentFormat::Modifier::json: return json_quote(text);
    case PercentFormat::Modifier::hex: {
      std::string hex;
      for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
      return hex;
    }
  }
  __builtin_unreachable();
}

}  // namespace

Outcome<PercentFormat> PercentFormat::parse(std::string_view text) {
  PercentFormat format;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) format.parts_.push_back(Part{0, literal, Modifier::none});
    literal.clear();
  };
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      const auto escaped = read_escape(text);
      if (!escaped) return escaped.error();
      literal.push_back(*escaped);
    } else if (c == '%' && text.starts_with('%')) {
      text.remove_prefix(1);
      literal.push_back('%');
    } else if (c == '%') {
      const char code = text.empty() ? '\0' : text.front();
      if (code == '\0' || kCodes.find(code) == std::string_view::npos) {
        return Refused(
            fmt::format("%{} is not a code; there are %t %p %o %k %v %h %d %D %K %V %n %i %r %%",
                        text.substr(0, 1)));
      }
      text.remove_prefix(1);
      end_literal();
      format.parts_.push_back(Part{code, {}, read_modifier(text)});
    } else {
      literal.push_back(c);
    }
  }
  end_literal();
  return format;
}

std::string PercentFormat::apply(const Item& item, std::uint64_t count) const {
  std::string text;
  for (const Part& part : parts_) {
    text +=
        part.code == 0 ? part.literal : modified(raw_text(part.code, item, count), part.modifier);
  }
  return text;
}

}  // namespace twofold::cli
