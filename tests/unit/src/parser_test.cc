#include "src/cli/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/cli/help.h"

namespace twofold::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const char* no_environment(const char*) { return nullptr; }

Tried<Parsed> parse_words(std::vector<std::string> words) { return parse(words, &no_environment); }

TEST(Parser, FindsVerbsNounsAndTheirAliases) {
  EXPECT_EQ(parse_words({"topic", "create", "a"})->path, "topic create");
  EXPECT_EQ(parse_words({"topics", "ls"})->path, "topic list");
  EXPECT_EQ(parse_words({"queue", "rm", "a"})->path, "queue delete");
  EXPECT_EQ(parse_words({})->command, nullptr);
}

TEST(Parser, GlobalFlagsStandBeforeOrBehindTheVerb) {
  for (const auto& words : {
           std::vector<std::string>{"-o",    "json", "topic", "list"},
           std::vector<std::string>{"topic", "list", "-o",    "json"}
  }) {
    const auto parsed = parse_words(words);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->globals.text("output"), "json");
  }
}

TEST(Parser, ABodyCalledLikeACommandIsABody) {
  const auto parsed = parse_words({"send", "mail", "peek", "topic", "list"});
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(parsed->path, "send");
  EXPECT_EQ(parsed->args.text("queue"), "mail");
  EXPECT_THAT(parsed->args.all("body"), ElementsAre("peek", "topic", "list"));
}

TEST(Parser, AVerbMayStandBehindACommandThatIsOneItself) {
  EXPECT_EQ(parse_words({"bench", "publish", "--json"})->path, "bench");
  const auto compare = parse_words({"bench", "compare", "--workers", "8", "--keep"});
  ASSERT_TRUE(compare) << compare.error().what;
  EXPECT_EQ(compare->path, "bench compare");
  EXPECT_EQ(compare->args.count("workers"), 8U);
  EXPECT_TRUE(compare->args.has("keep"));
  for (const auto& words : {
           std::vector<std::string>{"bench",    "compare", "--backlog", "9"},
           std::vector<std::string>{"bench",          "--backlog",             "9",    "compare"},
           std::vector<std::string>{"bench", "compare",          "publish"           }
  }) {
    EXPECT_FALSE(parse_words(words)) << words.back();
  }
}

TEST(Parser, ValuesMayBeginWithADash) {
  EXPECT_EQ(parse_words({"consume", "orders", "-O", "-3"})->args.text("offset"), "-3");
  EXPECT_EQ(parse_words({"group", "seek", "g", "--to", "@-2h"})->args.text("to"), "@-2h");
  EXPECT_THAT(parse_words({"send", "mail", "--", "-1"})->args.all("body"), ElementsAre("-1"));
}

TEST(Parser, RepeatedFlagsCollectOrTheLastCounts) {
  const auto parsed =
      parse_words({"produce", "t", "-H", "a:1", "-H", "b:2", "-k", "x", "-k", "y", "v"});
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->args.all("header"), ElementsAre("a:1", "b:2"));
  EXPECT_EQ(parsed->args.text("key"), "y");
}

TEST(Parser, MistakesAreUsageErrorsThatSayWhatToType) {
  const std::tuple<std::vector<std::string>, const char*, const char*> mistakes[] = {
      {{"consum", "x"},                       "unknown command \"consum\"",      "\"consume\""           },
      {{"topic", "crate", "x"},               "unknown command \"topic crate\"", "\"create\""            },
      {{"consume", "x", "--ofset", "3"},      "unknown flag --ofset",            "\"--offset\""          },
      {{"version", "now"},                    "unexpected argument \"now\"",     "twofold version --help"},
      {{"send"},                              "QUEUE is missing",                "twofold send"          },
      {{"receive", "q", "--wait", "20"},      "without a unit",                  ""                      },
      {{"receive", "q", "-n", "ten"},         "not a whole number",              ""                      },
      {{"consume", "t", "-O", "first"},       "not a position",                  ""                      },
      {{"produce", "t", "--rate", "fast"},    "not a rate",                      ""                      },
      {{"bench", "publish", "--size", "big"}, "not a size",                      ""                      },
      {{"topic", "list", "--timeout", "5"},   "without a unit",                  ""                      },
  };
  for (const auto& [words, what, hint] : mistakes) {
    const auto refused = parse_words(words);
    ASSERT_FALSE(refused) << words.front();
    EXPECT_EQ(refused.error().exit, ExitCode::refused);
    EXPECT_THAT(refused.error().what, HasSubstr(what));
    EXPECT_THAT(refused.error().hint, HasSubstr(hint));
  }
}

TEST(Parser, AFlagWithoutItsValueIsNamedWithWhatItTakes) {
  const auto refused = parse_words({"consume", "orders", "-n"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "-n, --num needs a value: N");
  EXPECT_EQ(refused.error().hint, "run: twofold consume --help");
  const auto global = parse_words({"topic", "list", "--timeout"});
  ASSERT_FALSE(global);
  EXPECT_THAT(global.error().what, HasSubstr("--timeout needs a value: DURATION"));
}

TEST(Parser, TheEnvironmentFillsInGlobalFlags) {
  const auto environment = [](const char* name) -> const char* {
    const std::string_view variable = name;
    if (variable == "TWOFOLD_URL") return "http://broker:1";
    if (variable == "TWOFOLD_YES") return "1";
    if (variable == "TWOFOLD_QUIET") return "0";
    return nullptr;
  };
  const auto parsed = parse({"topic", "list"}, environment);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->globals.text("server"), "http://broker:1");
  EXPECT_TRUE(parsed->globals.has("yes"));
  EXPECT_FALSE(parsed->globals.has("quiet"));
  EXPECT_EQ(parse({"-s", "http://flag:2", "topic", "list"}, environment)->globals.text("server"),
            "http://flag:2");
}

// Cuts a line as a shell would, into commands of words; enough for what stands in the examples.
std::vector<std::vector<std::string>> shell_commands(std::string_view line) {
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool in_word = false, quoted = false;
  const auto end_word = [&] {
    if (in_word) commands.back().push_back(word);
    word.clear();
    in_word = false;
  };
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      in_word = true;
    } else if (!quoted && (c == '|' || c == '&' || c == '>')) {
      end_word();
      commands.emplace_back();
    } else if (!quoted && c == ' ') {
      end_word();
    } else {
      word.push_back(c);
      in_word = true;
    }
  }
  end_word();
  return commands;
}

TEST(Help, EveryCommandHasThreeExamplesThatParse) {
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      EXPECT_EQ(command.examples.size(), 3U) << command.path;
      for (const std::string_view example : command.examples) {
        bool seen = false;
        for (const auto& words : shell_commands(example)) {
          const auto program = std::find(words.begin(), words.end(), "twofold");
          if (program == words.end()) continue;
          // `| xargs twofold ack mail` gets its receipts from xargs.
          std::vector<std::string> arguments(program + 1, words.end());
          if (program != words.begin() && words.front() == "xargs") arguments.push_back("r1.x");
          const auto parsed = parse_words(arguments);
          ASSERT_TRUE(parsed) << example << ": " << parsed.error().what;
          seen = seen || parsed->path == command.path;
        }
        EXPECT_TRUE(seen) << example << " does not show " << command.path;
      }
    }
  }
}

TEST(Help, EveryCommandSaysWhatItIsInOneSentenceAndWhatToSeeNext) {
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      EXPECT_FALSE(command.summary.ends_with('.')) << command.path;
      const std::string help = command_help(command);
      EXPECT_THAT(help, HasSubstr("Usage: twofold " + std::string(command.path)));
      std::string_view rest = command.see_also;
      while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        EXPECT_NE(find_command(rest.substr(0, comma)), nullptr)
            << command.path << ": " << command.see_also;
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 2);
      }
      const std::size_t space = command.path.find(' ');
      const std::string_view noun = command.path.substr(0, space);
      if (find_command(noun) == nullptr) {
        EXPECT_FALSE(noun_summary(noun).empty()) << command.path;
      }
    }
  }
}

TEST(Help, NoFlagOfACommandHidesAGlobalOne) {
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      for (const Flag& flag : command.flags) {
        for (const GlobalFlag& global : global_flags()) {
          EXPECT_NE(flag.name, global.flag.name) << command.path;
          if (flag.letter == 0) continue;
          EXPECT_NE(flag.letter, global.flag.letter) << command.path;
        }
        EXPECT_NE(flag.letter, 'h') << command.path;
      }
    }
  }
}

}  // namespace
}  // namespace twofold::cli
