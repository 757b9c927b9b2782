#include "http/sqs/message_attributes.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "http/head_check.h"
#include "http/sqs/digest.h"
#include "http/sqs/numbers.h"

namespace twofold::http::sqs {
namespace {

constexpr std::size_t kNameMax = 256;
constexpr std::size_t kTokenMax = 128;
constexpr std::size_t kDigitsMax = 38;
constexpr std::int64_t kPowerMin = -128;
constexpr std::int64_t kPowerMax = 126;
constexpr std::string_view kTrace = "AWSTraceHeader";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_reserved(std::string_view name) {
  return same_token(name.substr(0, 4), "AWS.") || same_token(name.substr(0, 7), "Amazon.") ||
         name.starts_with('.') || name.ends_with('.') ||
         name.find("..") != std::string_view::npos || name.starts_with("twofold-");
}

Fault bad(std::string message) { return {Code::invalid_parameter_value, std::move(message)}; }

Outcome<> check_name(std::string_view name) {
  if (name.empty() || name.size() > kNameMax) {
    return bad("Message (user) attribute names must be shorter than 256 Bytes");
  }
  if (!is_attribute_text(name)) {
    return bad(
        "Message (user) attributes name can only contain upper and lower score characters, "
        "digits, periods, hyphens and underscores. ");
  }
  if (is_reserved(name)) {
    return bad(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These "
        "strings are reserved for internal use. Additionally, they cannot start or end with "
        "'.'.");
  }
  return {};
}

// "String", "Number" or "Binary", alone or with a label after a dot.
bool is_of(std::string_view type, std::string_view base) {
  if (!type.starts_with(base)) return false;
  return type.size() == base.size() || (type[base.size()] == '.' && type.size() > base.size() + 1);
}

// Digits with a sign, one point and an exponent at most.
bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const std::size_t at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, at);
  const auto digits =
      static_cast<std::size_t>(std::count_if(mantissa.begin(), mantissa.end(), is_digit));
  const auto points = std::count(mantissa.begin(), mantissa.end(), '.');
  if (digits == 0 || digits > kDigitsMax || points > 1) return false;
  if (digits + static_cast<std::size_t>(points) != mantissa.size()) return false;
  if (at == text.size()) return true;
  std::string_view exponent = text.substr(at + 1);
  if (exponent.starts_with('+')) {
    exponent.remove_prefix(1);
    if (exponent.starts_with('-')) return false;
  }
  const auto power = parse_integer(exponent);
  return power && *power >= kPowerMin && *power <= kPowerMax;
}

Fault no_value(std::string_view name, std::string_view type) {
  return bad(fmt::format(
      "Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name, type));
}

Outcome<> check_value(const MessageAttribute& attribute) {
  const std::string_view type = attribute.type;
  if (type.empty()) {
    return bad(
        fmt::format("Message (user) attribute '{}' must contain a non-empty value of type "
                    "'String'.",
                    attribute.name));
  }
  const bool text = !is_of(type, "Binary");
  if (!is_data_type(type)) {
    return bad(
        fmt::format("Type for parameter MessageAttributes.Attribute_name.DataType must be "
                    "prefixedwith \"String\", \"Binary\", or \"Number\", but was: {}",
                    echoed(type)));
  }
  if (attribute.lists) {
    return Fault(Code::unsupported_operation,
                 "Message attribute list values in SendMessage operation are not supported.");
  }
  const bool fits = text ? attribute.text && !attribute.bytes : attribute.bytes && !attribute.text;
  if (!fits || attribute.value().empty()) {
    return no_value(attribute.name, text ? type.substr(0, 6) : std::string_view("Binary"));
  }
  if (text && !is_message_text(attribute.value())) {
    return bad(fmt::format("Invalid characters found in message attribute '{}'.", attribute.name));
  }
  if (is_of(type, "Number") && !is_number(attribute.value())) {
    return bad(fmt::format("Can't cast the value of message (user) attribute '{}' to a number.",
                           attribute.name));
  }
  return {};
}

// At most ten.
Outcome<> check_doubled(std::span<const MessageAttribute> attributes, std::string_view kind) {
  for (std::size_t i = 1; i < attributes.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before) {
      if (attributes[before].name != attributes[i].name) continue;
      return bad(fmt::format("Message ({}) attribute name '{}' already exists.", kind,
                             attributes[i].name));
    }
  }
  return {};
}

void append_sized(std::string& out, std::string_view bytes) {
  char size[4];
  engine::store_be(size, static_cast<std::uint32_t>(bytes.size()));
  out.append(size, sizeof size).append(bytes);
}

}  // namespace

bool is_attribute_text(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-') continue;
    const auto lead = static_cast<unsigned char>(c);
    if (i + 1 == name.size() || lead < 0xC3 || lead > 0xC5) return false;
    ++i;  // U+00C0 is C3 80, U+017F is C5 BF
  }
  return true;
}

bool is_message_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    if (c != 0xEF || i + 2 >= text.size()) continue;
    const auto last = static_cast<unsigned char>(text[i + 2]);
    if (static_cast<unsigned char>(text[i + 1]) == 0xBF && last >= 0xBE) return false;
  }
  return true;
}

bool is_data_type(std::string_view type) {
  const bool known = is_of(type, "String") || is_of(type, "Number") || is_of(type, "Binary");
  return known && type.size() <= kNameMax && is_message_text(type);
}

bool is_token(std::string_view text) {
  if (text.empty() || text.size() > kTokenMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Outcome<> check_attributes(std::span<const MessageAttribute> attributes) {
  if (attributes.size() > kAttributesMax) {
    return bad(fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                           attributes.size(), kAttributesMax));
  }
  for (const MessageAttribute& attribute : attributes) {
    if (auto checked = check_name(attribute.name); !checked) return checked;
    if (auto checked = check_value(attribute); !checked) return checked;
  }
  return check_doubled(attributes, "user");
}

Outcome<> check_system_attributes(std::span<const MessageAttribute> attributes) {
  for (const MessageAttribute& attribute : attributes) {
    if (attribute.name != kTrace) {
      return bad(
          fmt::format("Message system attribute name '{}' is invalid.", echoed(attribute.name)));
    }
    if (attribute.type != "String" || !attribute.text || attribute.text->empty() ||
        !is_message_text(*attribute.text)) {
      return bad(
          "Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type "
          "'String'.");
    }
  }
  return check_doubled(attributes, "system");
}

std::size_t size_of(std::span<const MessageAttribute> attributes) {
  std::size_t size = 0;
  for (const MessageAttribute& attribute : attributes) {
    size += attribute.name.size() + attribute.type.size() + attribute.value().size();
  }
  return size;
}

std::string attributes_md5(std::vector<MessageAttribute> attributes) {
  std::sort(attributes.begin(), attributes.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string bytes;
  for (const MessageAttribute& attribute : attributes) {
    append_sized(bytes, attribute.name);
    append_sized(bytes, attribute.type);
    bytes.push_back(attribute.binary() ? '\x02' : '\x01');
    append_sized(bytes, attribute.value());
  }
  return md5_hex(bytes);
}

void write_attributes(AnswerWriter& answer, const std::vector<MessageAttribute>& attributes) {
  if (attributes.empty()) return;
  answer.text("MD5OfMessageAttributes", attributes_md5(attributes));
  answer.begin_map("MessageAttributes", "MessageAttribute");
  for (const MessageAttribute& attribute : attributes) {
    answer.begin_entry(attribute.name);
    if (attribute.binary()) {
      answer.base64("BinaryValue", attribute.value());
    } else {
      answer.text("StringValue", attribute.value());
    }
    answer.text("DataType", attribute.type);
    answer.end_entry();
  }
  answer.end_map();
}

bool wanted(std::string_view name, std::span<const std::string_view> asked) {
  return std::any_of(asked.begin(), asked.end(), [&](std::string_view pattern) {
    if (pattern == "All" || pattern == "*" || pattern == ".*" || pattern == name) return true;
    return pattern.ends_with(".*") && name.starts_with(pattern.substr(0, pattern.size() - 2));
  });
}

}  // namespace twofold::http::sqs
