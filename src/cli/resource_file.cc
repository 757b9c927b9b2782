// What a file says there should be.
#include <algorithm>
#include <iostream>
#include <sstream>

#include <fmt/format.h>

#include "src/cli/json_text.h"
#include "src/cli/resources.h"
#include "src/config/text_file.h"
#include "src/config/toml_json.h"

namespace twofold::cli {
namespace {

Tried<std::string> contents(const std::string& path) {
  if (path == "-") {
    std::ostringstream text;
    text << std::cin.rdbuf();
    return std::move(text).str();
  }
  auto text = config::read_text_file(path);
  if (!text) return usage(fmt::format("cannot read {}", path), "name a TOML or JSON file with -f");
  return *std::move(text);
}

Tried<std::string> as_json(const std::string& path, const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') {
    if (is_json_container(text)) return text;
    return usage(fmt::format("{} is not valid JSON", path));
  }
  auto json = config::toml_as_json(text, path);
  if (!json) return usage(json.error().why, "the file has [[topic]] and [[queue]] tables");
  return *std::move(json);
}

Tried<Resource> resource_of(const std::string& where, const Kind& kind, Json document) {
  Resource resource{&kind, document["name"].string(), {}, where};
  if (resource.name.empty()) {
    return usage(fmt::format("{}: a {} has no name", where, kind.noun), "add name = \"...\"");
  }
  for (const auto& [member, value] : document.members()) {
    if (member != "name") resource.members.emplace_back(member, value.text());
  }
  return resource;
}

}  // namespace

std::string_view Resource::member(std::string_view wanted) const {
  for (const auto& [member_name, value] : members) {
    if (member_name == wanted) return value;
  }
  return {};
}

Tried<std::vector<Resource>> read_resources(const std::string& path) {
  const auto text = contents(path);
  if (!text) return text.error();
  const auto json = as_json(path, *text);
  if (!json) return json.error();
  const Json document(*json);
  for (const auto& [section, value] : document.members()) {
    if (section != "topic" && section != "queue") {
      return usage(fmt::format("{}: unknown table \"{}\"", path, section),
                   "there are [[topic]] and [[queue]]");
    }
  }
  std::vector<Resource> resources;
  for (const Kind* kind : {&kTopicKind, &kQueueKind}) {
    const std::vector<int> lines = config::toml_array_lines(*text, kind->noun);
    const std::vector<Json> elements = document[kind->noun].elements();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const auto where = i < lines.size() ? fmt::format("{}:{}", path, lines[i]) : path;
      auto resource = resource_of(where, *kind, elements[i]);
      if (!resource) return resource.error();
      // Topics and queues share one space of names.
      const auto twice = std::find_if(resources.begin(), resources.end(), [&](const auto& other) {
        return other.name == resource->name;
      });
      if (twice != resources.end()) {
        return usage(fmt::format("{}: \"{}\" is there twice", where, resource->name));
      }
      resources.push_back(*std::move(resource));
    }
  }
  return resources;
}

}  // namespace twofold::cli
