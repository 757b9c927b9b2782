#include "src/cli/terminal.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace twofold::cli {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kEraseLine = "\r\x1b[K";

constexpr std::uint64_t kTypeTheNameAbove = 1000;

bool wants_colour() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  return (no_color == nullptr || *no_color == '\0') && !dumb;
}

std::string read_answer() {
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    answer.push_back(static_cast<char>(c));
  }
  return answer;
}

}  // namespace

Terminal::Terminal(Options options)
    : options_(options),
      out_is_terminal_(::isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(::isatty(STDERR_FILENO) == 1),
      progress_(options.progress && !options.quiet && error_is_terminal_),
      colour_(options.colour && error_is_terminal_ && wants_colour()),
      out_colour_(options.colour && out_is_terminal_ && wants_colour()) {}

void Terminal::out(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Terminal::flush() const { std::fflush(stdout); }

void Terminal::note(std::string_view line) const {
  if (options_.quiet) return;
  flush();
  std::fputs(fmt::format("{}\n", line).c_str(), stderr);
}

void Terminal::warn(std::string_view line) const {
  note(fmt::format("{} {}", painted(kYellow, "warning:"), line));
}

void Terminal::fail(const Failure& failure) const {
  flush();
  if (failure.what.empty()) return;
  std::string text = fmt::format("{} {}\n", painted(kRed, "error:"), failure.what);
  if (!failure.why.empty()) text += fmt::format("  {}\n", failure.why);
  if (!failure.hint.empty()) text += fmt::format("{} {}\n", painted(kCyan, "hint:"), failure.hint);
  std::fputs(text.c_str(), stderr);
}

void Terminal::progress(std::string_view text) const {
  if (!progress_) return;
  flush();
  std::fputs(fmt::format("{}{}", kEraseLine, text).c_str(), stderr);
}

std::string how_many(std::optional<std::uint64_t> count) {
  return count ? fmt::format("{}", *count) : "unknown how many";
}

Tried<> Terminal::confirm(std::string_view effect, std::string_view name,
                          std::optional<std::uint64_t> affected) const {
  if (options_.assume_yes) return Done{};
  if (::isatty(STDIN_FILENO) != 1 || !error_is_terminal_) {
    return usage(fmt::format("this {}, and there is no terminal to ask on", effect),
                 "add --yes to do it, or --dry-run to see what it would do");
  }
  flush();
  const bool type_it = !affected || *affected > kTypeTheNameAbove;
  const std::string question =
      type_it ? fmt::format("This {} ({} affected). Type {} to go on: ", effect,
                            how_many(affected), name)
              : fmt::format("This {}. Go on? [y/N] ", effect);
  std::fputs(question.c_str(), stderr);
  const std::string answer = read_answer();
  if (type_it ? answer == name : (answer == "y" || answer == "Y" || answer == "yes")) return Done{};
  return Failure(ExitCode::refused, "not confirmed, nothing was done");
}

std::string Terminal::painted(std::string_view colour, std::string_view text) const {
  return colour_ ? fmt::format("{}{}{}", colour, text, kPlain) : std::string(text);
}

}  // namespace twofold::cli
