#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "src/config/load.h"

namespace twofold::config {
namespace {

using Field = std::pair<std::string, std::string>;

// Those that the exporter says itself.
constexpr std::array<std::string_view, 6> kOurs{"host",       "content-type",      "content-length",
                                                "connection", "transfer-encoding", "expect"};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// "a%20b" is "a b"; nullopt: a % without its two digits.
std::optional<std::string> url_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
      return std::nullopt;
    decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

bool is_field_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// Nothing in it begins a line of our head.
bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; });
}

bool is_ours(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end();
}

Outcome<Field> parse_field(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return Refused("it is not name=value");
  const auto name = url_decoded(trimmed(entry.substr(0, equals)));
  if (!name || !is_field_name(*name)) return Refused("its name is none of an HTTP field");
  if (is_ours(*name)) return Refused(fmt::format("{} is said by the exporter itself", *name));
  auto value = url_decoded(trimmed(entry.substr(equals + 1)));
  if (!value || !is_field_value(*value))
    return Refused(fmt::format("the value of {} is not URL-encoded text", *name));
  return Field(*name, *std::move(value));
}

}  // namespace

std::vector<Field> read_otel_headers(const std::vector<std::string>& environment,
                                     std::vector<std::string>& warnings) {
  std::vector<Field> fields;
  for (const std::string_view name :
       {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"}) {
    const auto set = std::find_if(environment.begin(), environment.end(), [&](const auto& entry) {
      return entry.starts_with(name) && entry.size() > name.size() + 1 && entry[name.size()] == '=';
    });
    if (set == environment.end()) continue;
    std::string_view rest = std::string_view(*set).substr(name.size() + 1);
    for (int number = 1; !rest.empty(); ++number) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view entry = trimmed(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (entry.empty()) continue;
      auto field = parse_field(entry);
      if (field) {
        fields.push_back(*std::move(field));
      } else {
        warnings.push_back(
            fmt::format("{}: entry {} is left out: {}", name, number, field.error().why));
      }
    }
    return fields;
  }
  return fields;
}

}  // namespace twofold::config
