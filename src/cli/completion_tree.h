#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/cli/command.h"

namespace twofold::cli {

/// One point that a command line can have come to: the start, a noun, or a command.
struct CompletionPoint {
  std::string path;  ///< "", "topic", "topic create"
  std::vector<std::pair<std::string_view, std::string_view>>
      words{};                       ///< that may follow, and help
  const Command* command = nullptr;  ///< null at the start and at nouns
};
std::vector<CompletionPoint> completion_points();

/// "topic ls" for "topic list" and the like; empty when there is none.
std::string other_spelling(std::string_view path);

/// What to offer where a value goes.
enum class Offer {
  nothing,
  files,
  directories,
  formats,
  shells,
  generated,
  topics,
  queues,
  groups,
  namespaces
};
Offer offer_for(const Flag& flag);
/// For the arguments of a command: that of the first.
Offer offer_for(const Command& command);

/// The words that are always the same: "table wide json jsonl name". Empty for the others.
std::string_view fixed_words(Offer offer);
/// The command that prints the words: "twofold topic list -o name". Empty for the others.
std::string_view asked_words(Offer offer);

}  // namespace twofold::cli
