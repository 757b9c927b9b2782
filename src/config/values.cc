#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "src/config/keys.h"
#include "src/config/units.h"
#include "src/net/http_url.h"

namespace twofold::config {
namespace {

// Range checks compare parsed values, so a bound is written in the table as a person would write
// it.
template <class T>
Outcome<T> in_range(const Key& key, T value, Outcome<T> (*parse)(std::string_view)) {
  const auto outside = [&](std::string_view bound, bool too_small) {
    if (bound.empty()) return false;
    const auto limit = parse(bound);
    return limit && (too_small ? value < *limit : value > *limit);
  };
  if (outside(key.low, true)) return Refused(fmt::format("must be at least {}", key.low));
  if (outside(key.high, false)) return Refused(fmt::format("must be at most {}", key.high));
  return value;
}

template <class T>
Outcome<T> parse_in_range(const Key& key, std::string_view text,
                          Outcome<T> (*parse)(std::string_view)) {
  const auto value = parse(text);
  if (!value) return value.error();
  return in_range<T>(key, *value, parse);
}

Outcome<int> choice_index(const Key& key, std::string_view text) {
  std::string_view words = key.low;
  for (int index = 0; !words.empty(); ++index) {
    const std::size_t bar = words.find('|');
    if (words.substr(0, bar) == text) return index;
    words = bar == std::string_view::npos ? std::string_view() : words.substr(bar + 1);
  }
  return Refused(fmt::format("\"{}\" is not one of {}", text, key.low));
}

std::string_view choice_word(const Key& key, int wanted) {
  std::string_view words = key.low;
  for (int index = 0; index < wanted; ++index) words = words.substr(words.find('|') + 1);
  return words.substr(0, words.find('|'));
}

// "info", "warn,http=debug", "engine=debug": a level in general, and those of components.
Outcome<engine::DiagLevels> parse_levels(const Key& key, std::string_view text) {
  engine::DiagLevels levels;
  std::vector<std::string_view> said;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const std::size_t equals = part.find('=');
    const bool general = equals == std::string_view::npos;
    const std::string_view name = general ? std::string_view() : part.substr(0, equals);
    const auto& known = engine::kDiagComponents;
    const auto found = std::find(known.begin(), known.end(), name);
    if (!general && found == known.end())
      return Refused(fmt::format("\"{}\" is not one of {}", name, fmt::join(known, "|")));
    const auto level = choice_index(key, general ? part : part.substr(equals + 1));
    if (!level) return level.error();
    if (std::find(said.begin(), said.end(), name) != said.end())
      return Refused(fmt::format("\"{}\" is a second level for the same", part));
    said.push_back(name);
    const auto value = static_cast<engine::DiagLevel>(*level);
    if (general) levels.least = value;
    if (!general) levels.of[static_cast<std::size_t>(found - known.begin())] = value;
    if (comma == std::string_view::npos) return levels;
    text.remove_prefix(comma + 1);
  }
}

// An IPv6 address may name its interface: fe80::1%eth0.
bool is_ip_address(std::string_view host, bool bracketed) {
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed) host = host.substr(0, host.find('%'));
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(bracketed ? AF_INET6 : AF_INET, std::string(host).c_str(), bytes) == 1;
}

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080". Other names may mean several addresses, and
// another one tomorrow: the listener takes one.
Outcome<std::string> parse_address(std::string_view text) {
  const Refused form(
      fmt::format("\"{}\" is not an address and port, as in 127.0.0.1:8080 or [::1]:8080", text));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return form;
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find(':') != std::string_view::npos) return form;
  const auto port = parse_count(text.substr(colon + 1));
  if (!port) return form;
  if (host != "localhost" && !is_ip_address(host, bracketed)) {
    return Refused(
        fmt::format("\"{}\" is not an IP address: write one of this machine, 0.0.0.0 for "
                    "all of them, or localhost",
                    host));
  }
  if (*port > 65535) return Refused(fmt::format("port {} is larger than 65535", *port));
  return std::string(text);
}

// "http://sqs.{region}.localhost:9324/{account}/{name}"
Outcome<Done> check_url_template(std::string_view text) {
  constexpr std::string_view kKnown[] = {"scheme", "host", "region", "account", "name"};
  std::string_view rest = text;
  for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const std::size_t close = std::min(rest.find('}', open), rest.size());
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      return Refused(fmt::format(
          "{{{}}} is none of {{scheme}}, {{host}}, {{region}}, {{account}}, {{name}}", name));
    }
    if (rest.find(fmt::format("{{{}}}", name), close) != std::string_view::npos)
      return Refused(fmt::format("{{{}}} stands in it twice", name));
    rest.remove_prefix(close);
  }
  if (text.ends_with("/{name}") && text.find("://") != std::string_view::npos) return Done{};
  return Refused(fmt::format("\"{}\" is not a URL that ends with /{{name}}", text));
}

// "https://queues.example.org", "http://10.0.0.7:8080/broker": paths are put behind it.
Outcome<Done> check_base_url(std::string_view text) {
  const Refused form(fmt::format(
      "\"{}\" is not a URL to put paths behind, as in https://queues.example.org (no / at its end)",
      text));
  if (!text.starts_with("http://") && !text.starts_with("https://")) return form;
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("-._~:/[]").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (text.ends_with('/') || !std::all_of(text.begin(), text.end(), fits)) return form;
  const std::string_view rest = text.substr(text.find("://") + 3);
  const std::string_view host = rest.substr(0, rest.find('/'));
  const std::size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (host.substr(0, colon).empty()) return form;
  if (colon != std::string_view::npos) {
    const auto port = parse_count(host.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return form;
  }
  return Done{};
}

// "a.example, b.example" taken apart; blanks around a comma do not count.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return parts;
}

// Hosts and origins are compared with what a client sends, so that anything else would never match.
Outcome<Done> check_entry(Kind kind, std::string_view entry) {
  if (kind == Kind::addresses) {
    const auto address = parse_address(entry);
    return address ? Outcome<Done>(Done{}) : Outcome<Done>(address.error());
  }
  if (kind == Kind::hosts) {
    if (entry.find_first_of("/:* ") == std::string_view::npos) return Done{};
    return Refused(fmt::format("\"{}\" is not a host name, as in broker.example.org", entry));
  }
  const std::size_t scheme = entry.find("://");
  const bool http = entry.starts_with("http://") || entry.starts_with("https://");
  const std::string_view host = http ? entry.substr(scheme + 3) : std::string_view();
  if (!host.empty() && host.find_first_of("/* ") == std::string_view::npos) return Done{};
  return Refused(
      fmt::format("\"{}\" is not an origin, as in https://app.example.org (no path)", entry));
}

// "0.25"
Outcome<double> parse_ratio(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = failed == std::errc() && end == text.data() + text.size();
  if (!plain || !std::isfinite(value))
    return Refused(fmt::format("\"{}\" is not a share, as in 0.25", text));
  return value;
}

struct Assigner {
  const Key& key;
  std::string_view text;

  Outcome<Done> operator()(std::string* slot) const {
    const bool optional = key.kind == Kind::path || key.kind == Kind::url ||
                          key.kind == Kind::base_url || key.kind == Kind::address_or_none;
    if (text.empty() && !optional) return Refused("must not be empty");
    if (text.empty()) return *slot = {}, Done{};
    if (key.kind == Kind::base_url) {
      if (auto checked = check_base_url(text); !checked) return checked;
    }
    if (key.kind == Kind::address || key.kind == Kind::address_or_none) {
      const auto address = parse_address(text);
      if (!address) return address.error();
    }
    if (key.kind == Kind::url) {
      if (auto url = parse_http_url(text); !url) return url.error();
    }
    if (key.kind == Kind::url_template) {
      if (auto checked = check_url_template(text); !checked) return checked;
    }
    *slot = text;
    return Done{};
  }
  Outcome<Done> operator()(std::vector<std::string>* slot) const {
    auto entries = split_list(text);
    for (const std::string& entry : entries) {
      if (auto checked = check_entry(key.kind, entry); !checked) return checked;
    }
    *slot = std::move(entries);
    return Done{};
  }
  Outcome<Done> operator()(int* slot) const {
    const auto value = parse_in_range<std::uint64_t>(key, text, parse_count);
    if (!value) return value.error();
    if (*value > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
      return Refused(fmt::format("{} is too large a number", *value));
    }
    *slot = static_cast<int>(*value);
    return Done{};
  }
  Outcome<Done> operator()(std::uint64_t* slot) const {
    const auto value = parse_in_range<std::uint64_t>(key, text, parse_size);
    if (!value) return value.error();
    *slot = *value;
    return Done{};
  }
  Outcome<Done> operator()(std::chrono::milliseconds* slot) const {
    const auto value = parse_in_range<std::chrono::milliseconds>(key, text, parse_duration);
    if (!value) return value.error();
    *slot = *value;
    return Done{};
  }
  Outcome<Done> operator()(double* slot) const {
    const auto value = parse_in_range<double>(key, text, parse_ratio);
    if (!value) return value.error();
    *slot = *value;
    return Done{};
  }
  Outcome<Done> operator()(bool* slot) const {
    const bool yes = text == "true" || text == "1" || text == "on" || text == "yes";
    const bool no = text == "false" || text == "0" || text == "off" || text == "no";
    if (!yes && !no) return Refused(fmt::format("\"{}\" is not true or false", text));
    *slot = yes;
    return Done{};
  }
  Outcome<Done> operator()(engine::DiagLevels* slot) const {
    const auto levels = parse_levels(key, text);
    if (!levels) return levels.error();
    *slot = *levels;
    return Done{};
  }
  // The words of a choice stand in the order of its enumerators.
  template <class Enum>
  requires std::is_enum_v<Enum> Outcome<Done>
  operator()(Enum* slot) const {
    const auto index = choice_index(key, text);
    if (!index) return index.error();
    *slot = static_cast<Enum>(*index);
    return Done{};
  }
};

struct Renderer {
  const Key& key;

  std::string operator()(const std::string* slot) const { return *slot; }
  std::string operator()(const std::vector<std::string>* slot) const {
    return fmt::format("{}", fmt::join(*slot, ","));
  }
  std::string operator()(const int* slot) const { return fmt::format("{}", *slot); }
  std::string operator()(const std::uint64_t* slot) const { return format_size(*slot); }
  std::string operator()(const std::chrono::milliseconds* slot) const {
    return format_duration(*slot);
  }
  std::string operator()(const double* slot) const { return fmt::format("{}", *slot); }
  std::string operator()(const engine::DiagLevels* slot) const {
    std::string text(choice_word(key, static_cast<int>(slot->least)));
    for (std::size_t i = 0; i < slot->of.size(); ++i) {
      if (!slot->of[i]) continue;
      text += fmt::format(",{}={}", engine::kDiagComponents[i],
                          choice_word(key, static_cast<int>(*slot->of[i])));
    }
    return text;
  }
  std::string operator()(const bool* slot) const { return *slot ? "true" : "false"; }
  template <class Enum>
  requires std::is_enum_v<Enum> std::string operator()(const Enum* slot) const {
    return std::string(choice_word(key, static_cast<int>(*slot)));
  }
};

}  // namespace

Outcome<Done> assign(const Key& key, std::string_view text, Config& config) {
  return std::visit(Assigner{key, text}, key.slot(config));
}

std::string render(const Key& key, const Config& config) {
  // The table hands out places to write to; a copy lets it be used for reading too.
  Config readable = config;
  return std::visit(Renderer{key}, key.slot(readable));
}

namespace {

std::string quote(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace

std::string render_toml(const Key& key, std::string_view value) {
  if (key.kind == Kind::count || key.kind == Kind::boolean || key.kind == Kind::ratio) return std::string(value);
  if (!is_list(key)) return quote(value);
  std::string array;
  for (const std::string& entry : split_list(value)) {
    array += (array.empty() ? "" : ", ") + quote(entry);
  }
  return fmt::format("[{}]", array);
}

}  // namespace twofold::config
