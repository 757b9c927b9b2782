#include <cctype>

#include <fmt/format.h>

#include "src/cli/command.h"
#include "src/cli/completions.h"
#include "version.h"

namespace twofold::cli {
namespace {

// As text: what troff would take for its own is escaped.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && out.empty()) {
      out += fmt::format("\\&{}", c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string flag_text(const Flag& flag) {
  std::string names = flag.letter != 0 ? fmt::format("\\fB\\-{}\\fR, ", flag.letter) : "";
  names += fmt::format("\\fB\\-\\-{}\\fR", plain(flag.name));
  if (!flag.placeholder.empty()) names += fmt::format(" \\fI{}\\fR", plain(flag.placeholder));
  return fmt::format(".TP\n{}\n{}\n", names, plain(flag.help));
}

std::string command_text(const Command& command) {
  std::string usage = fmt::format("\\fBtwofold {}\\fR", plain(command.path));
  if (!command.flags.empty()) usage += " [\\fIflags\\fR]";
  for (const Positional& positional : command.positionals) {
    const std::string name =
        fmt::format("\\fI{}\\fR{}", positional.name, positional.many ? "..." : "");
    usage += positional.required ? " " + name : fmt::format(" [{}]", name);
  }
  std::string text =
      fmt::format(".SS {}\n{}\n.PP\n{}.\n", plain(command.path), usage, plain(command.summary));
  for (const Flag& flag : command.flags) text += flag_text(flag);
  text += ".PP\n.nf\n";
  for (const std::string_view example : command.examples) text += plain(example) + "\n";
  return text + ".fi\n";
}

constexpr std::string_view kEnd = R"(.SH EXIT STATUS
.TP
0
done
.TP
1
failed
.TP
2
usage, or refused as it stands
.TP
3
not found
.TP
4
exists already, or somebody else was faster
.TP
5
cannot connect
.TP
6
timeout, or nothing to read
.TP
7
not authorised
.TP
75
the data directory is held by another process
.TP
130
interrupted
.SH FILES
.TP
\&./twofold.toml, /etc/twofold/twofold.toml
settings; \fBtwofold config defaults\fR prints one with every key
.TP
/var/lib/twofold
the data of the Debian package's service
)";

}  // namespace

std::string man_page() {
  std::string text = fmt::format(
      ".TH TWOFOLD 1 \"\" \"Twofold {}\"\n.SH NAME\ntwofold \\- message broker: one log, read as a "
      "queue "
      "or as a log\n.SH SYNOPSIS\n\\fBtwofold\\fR [\\fIglobal flags\\fR] \\fIcommand\\fR "
      "[\\fIflags\\fR] "
      "[\\fIarguments\\fR]\n.SH DESCRIPTION\nEvents are written once, to topics, and read as a "
      "log, by "
      "offset, or as a queue, where each message is handed to one receiver until it is acked. "
      "\\fBtwofold serve\\fR is the broker; the other commands speak to it over HTTP, or look at "
      "its "
      "files.\n",
      plain(kVersion));
  text += ".SH GLOBAL FLAGS\n";
  for (const GlobalFlag& global : global_flags()) {
    text += flag_text(global.flag);
    if (!global.environment.empty())
      text += fmt::format("; environment \\fB{}\\fR\n", global.environment);
  }
  for (const CommandGroup& group : command_groups()) {
    text += fmt::format(".SH {}\n", plain(capitals(group.title)));
    for (const Command& command : group.commands) text += command_text(command);
  }
  return text + std::string(kEnd);
}

}  // namespace twofold::cli
