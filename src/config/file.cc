#include <fmt/format.h>

#include "src/config/keys.h"
#include "src/config/load.h"
#include "src/config/nearest.h"
#include "src/config/text_file.h"
#include "src/config/toml.h"

namespace twofold::config {
namespace {

std::string place(const std::string& path, const toml::source_region& region) {
  return fmt::format("{}:{}:{}", path, region.begin.line, region.begin.column);
}

// Scalars as the text that stands in the file.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto yes = node.value_exact<bool>()) return *yes ? "true" : "false";
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  return std::nullopt;
}

// What a key may hold: a scalar, or where it takes a list an array of texts, joined by commas.
std::optional<std::string> value_text(const Key& key, const toml::node& node) {
  const toml::array* array = is_list(key) ? node.as_array() : nullptr;
  if (array == nullptr) return scalar_text(node);
  std::string joined;
  for (const toml::node& entry : *array) {
    const auto text = entry.value_exact<std::string>();
    if (!text || text->find(',') != std::string::npos) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

class Walker {
 public:
  Walker(const std::string& path, std::vector<Problem>& problems)
      : path_(path), problems_(problems) {}

  void walk(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name =
          prefix.empty() ? std::string(key.str()) : fmt::format("{}.{}", prefix, key.str());
      if (const toml::table* section = node.as_table()) {
        walk_section(*section, name, key.source());
      } else {
        take(node, name, key.source());
      }
    }
  }

  std::vector<Assignment> result() { return std::move(assignments_); }

 private:
  // A section of an unknown name is one mistake, not one for each line in it.
  void walk_section(const toml::table& section, const std::string& name,
                    const toml::source_region& where) {
    for (const Key& key : keys()) {
      if (key.name.starts_with(name + ".")) return walk(section, name);
    }
    refuse_unknown(name, where);
  }

  void take(const toml::node& node, const std::string& name, const toml::source_region& where) {
    const Key* key = find_key(name);
    if (key == nullptr) return refuse_unknown(name, where);
    const auto text = value_text(*key, node);
    if (!text) {
      problems_.push_back(
          Problem{fmt::format("{}: {} needs {}", place(path_, where), name,
                              is_list(*key) ? "an array of texts" : "a single value"),
                  fmt::format("{} is {}", name, describe_type(*key))});
      return;
    }
    assignments_.push_back(Assignment{name, *text, place(path_, where)});
  }

  void refuse_unknown(const std::string& name, const toml::source_region& where) {
    const auto names = key_names();
    std::string guess = did_you_mean(name, names);
    if (guess.empty()) guess = did_you_mean_section(name);
    problems_.push_back(Problem{
        fmt::format("{}: unknown key \"{}\"", place(path_, where), name),
        fmt::format("{}{}twofold config keys lists them all", guess, guess.empty() ? "" : " ")});
  }

  static std::string did_you_mean_section(const std::string& name) {
    std::vector<std::string> sections;
    for (const Key& key : keys()) sections.emplace_back(key.name.substr(0, key.name.find('.')));
    return did_you_mean(name, sections);
  }

  const std::string& path_;
  std::vector<Problem>& problems_;
  std::vector<Assignment> assignments_;
};

}  // namespace

std::vector<Assignment> read_text(std::string_view text, const std::string& path,
                                  std::vector<Problem>& problems) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    problems.push_back(Problem{
        fmt::format("{}: {}", place(path, parsed.error().source()), parsed.error().description()),
        "the file is TOML: [section] lines, then key = \"value\""});
    return {};
  }
  Walker walker(path, problems);
  walker.walk(parsed.table(), "");
  return walker.result();
}

std::vector<Assignment> read_file(const std::string& path, std::vector<Problem>& problems) {
  const auto text = read_text_file(path);
  if (!text) {
    problems.push_back(Problem{fmt::format("cannot read {}: {}", path, text.error().why),
                               "name another file with --config"});
    return {};
  }
  return read_text(*text, path, problems);
}

}  // namespace twofold::config
