#include "src/cli/completion_tree.h"

#include <algorithm>

namespace twofold::cli {
namespace {

CompletionPoint& point_at(std::vector<CompletionPoint>& points, std::string_view path) {
  const auto found = std::find_if(points.begin(), points.end(),
                                  [path](const auto& point) { return point.path == path; });
  if (found != points.end()) return *found;
  return points.emplace_back(CompletionPoint{std::string(path)});
}

void add_word(CompletionPoint& point, std::string_view word, std::string_view help) {
  for (const auto& [known, text] : point.words) {
    if (known == word) return;
  }
  point.words.emplace_back(word, help);
}

}  // namespace

std::vector<CompletionPoint> completion_points() {
  std::vector<CompletionPoint> points;
  point_at(points, "");
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      const std::size_t space = command.path.find(' ');
      const std::string_view first = command.path.substr(0, space);
      if (space == std::string_view::npos) {
        add_word(point_at(points, ""), first, command.summary);
      } else {
        add_word(point_at(points, ""), first, noun_summary(first));
        add_word(point_at(points, first), command.path.substr(space + 1), command.summary);
      }
      point_at(points, command.path).command = &command;
    }
  }
  return points;
}

std::string other_spelling(std::string_view path) {
  for (const auto& [word, alias] : {std::pair(" list", " ls"), std::pair(" delete", " rm")}) {
    if (path.ends_with(word))
      return std::string(path.substr(0, path.size() - std::string_view(word).size())) + alias;
  }
  return {};
}

Offer offer_for(const Flag& flag) {
  if (flag.placeholder == "FILE") return Offer::files;
  if (flag.placeholder == "DIR") return Offer::directories;
  if (flag.name == "output") return Offer::formats;
  if (flag.placeholder == "QUEUE") return Offer::queues;
  if (flag.placeholder == "GROUP" && flag.name == "group") return Offer::groups;
  if (flag.name == "namespace") return Offer::namespaces;
  return Offer::nothing;
}

Offer offer_for(const Command& command) {
  if (command.positionals.empty()) return Offer::nothing;
  const std::string_view name = command.positionals.front().name;
  if (name == "FILE") return Offer::files;
  if (name == "SHELL") return Offer::shells;
  if (name == "WHAT") return Offer::generated;
  if (name == "TOPIC") return Offer::topics;
  if (name == "QUEUE") return Offer::queues;
  if (name != "NAME" || command.path.ends_with(" create")) return Offer::nothing;
  if (command.path.starts_with("topic ")) return Offer::topics;
  if (command.path.starts_with("queue ")) return Offer::queues;
  return command.path.starts_with("group ") ? Offer::groups : Offer::nothing;
}

std::string_view fixed_words(Offer offer) {
  if (offer == Offer::formats) return "table wide json jsonl name";
  return offer == Offer::shells ? "bash zsh fish" : "";
}

std::string_view asked_words(Offer offer) {
  switch (offer) {
    case Offer::generated: return "twofold generate -o name";
    case Offer::topics: return "twofold topic list -o name --timeout 1s";
    case Offer::queues: return "twofold queue list -o name --timeout 1s";
    case Offer::groups: return "twofold group list -o name --timeout 1s";
    case Offer::namespaces: return "twofold namespace list -o name --timeout 1s";
    case Offer::nothing:
    case Offer::files:
    case Offer::directories:
    case Offer::formats:
    case Offer::shells: return "";
  }
  __builtin_unreachable();
}

}  // namespace twofold::cli
