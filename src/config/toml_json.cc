#include "src/config/toml_json.h"

#include <sstream>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "src/config/toml.h"

namespace twofold::config {
namespace {

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

template <class T>
std::string streamed(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string json_of(const toml::node& node);

std::string json_of(const toml::table& table) {
  std::string members;
  for (const auto& [key, node] : table) {
    members += fmt::format("{}{}:{}", members.empty() ? "" : ",", quoted(key.str()), json_of(node));
  }
  return "{" + members + "}";
}

std::string json_of(const toml::array& array) {
  std::string elements;
  for (const toml::node& node : array) elements += (elements.empty() ? "" : ",") + json_of(node);
  return "[" + elements + "]";
}

std::string json_of(const toml::node& node) {
  if (const auto* table = node.as_table()) return json_of(*table);
  if (const auto* array = node.as_array()) return json_of(*array);
  if (const auto text = node.value_exact<std::string>()) return quoted(*text);
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto yes = node.value_exact<bool>()) return *yes ? "true" : "false";
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto date = node.value<toml::date>()) return quoted(streamed(*date));
  if (const auto time = node.value<toml::date_time>()) return quoted(streamed(*time));
  return "null";
}

}  // namespace

Outcome<std::string> toml_as_json(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (parsed) return json_of(parsed.table());
  const auto& where = parsed.error().source().begin;
  return Refused(
      fmt::format("{}:{}:{}: {}", path, where.line, where.column, parsed.error().description()));
}

std::vector<int> toml_array_lines(std::string_view text, std::string_view name) {
  const toml::parse_result parsed = toml::parse(text);
  std::vector<int> lines;
  if (!parsed) return lines;
  const toml::array* array = parsed.table()[name].as_array();
  if (array == nullptr) return lines;
  for (const toml::node& node : *array) lines.push_back(static_cast<int>(node.source().begin.line));
  return lines;
}

}  // namespace twofold::config
