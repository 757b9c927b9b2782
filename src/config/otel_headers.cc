#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "http/head_check.h"
#include "http/percent.h"
#include "src/config/load.h"

namespace twofold::config {
namespace {

using Field = std::pair<std::string, std::string>;

// Those that the exporter says itself.
constexpr std::array<std::string_view, 6> kOurs{"host",       "content-type",      "content-length",
                                                "connection", "transfer-encoding", "expect"};

// "a%20b" is "a b"; nullopt: a % without its two digits.
std::optional<std::string> url_decoded(std::string_view text) {
  std::string decoded;
  if (!http::percent_decode(text, http::Plus::plus, decoded)) return std::nullopt;
  return decoded;
}

bool is_ours(std::string_view name) {
  return std::any_of(kOurs.begin(), kOurs.end(),
                     [name](std::string_view ours) { return http::same_token(name, ours); });
}

Outcome<Field> parse_field(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return Refused("it is not name=value");
  const auto name = url_decoded(http::trimmed(entry.substr(0, equals)));
  if (!name || !http::is_field_name(*name)) return Refused("its name is none of an HTTP field");
  if (is_ours(*name)) return Refused(fmt::format("{} is said by the exporter itself", *name));
  auto value = url_decoded(http::trimmed(entry.substr(equals + 1)));
  if (!value || !http::is_field_value(*value))
    return Refused(fmt::format("the value of {} is not URL-encoded text", *name));
  return Field(*name, *std::move(value));
}

}  // namespace

std::vector<Field> read_otel_headers(const std::vector<std::string>& environment,
                                     std::vector<std::string>& warnings) {
  std::vector<Field> fields;
  for (const std::string_view name :
       {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"}) {
    const auto set = environment_value(environment, name);
    if (!set || set->empty()) continue;
    std::string_view rest = *set;
    for (int number = 1; !rest.empty(); ++number) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view entry = http::trimmed(rest.substr(0, comma));
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
