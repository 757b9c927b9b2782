#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/cli/failure.h"

namespace twofold::cli {

/// The two streams: data goes to stdout, everything a person is told goes to stderr.
class Terminal {
 public:
  struct Options {
    bool quiet = false;       // notes and warnings are dropped, errors are not
    bool colour = true;       // allowed; used only where the stream is a terminal
    bool progress = true;     // allowed, likewise
    bool assume_yes = false;  // --yes
  };
  explicit Terminal(Options options);

  bool out_is_terminal() const { return out_is_terminal_; }
  bool shows_progress() const { return progress_; }
  /// Whether data may be coloured.
  bool out_has_colour() const { return out_colour_; }

  /// Data, exactly as given. Buffered until flush() when stdout is no terminal.
  void out(std::string_view text) const;
  void flush() const;

  /// One line for people.
  void note(std::string_view line) const;
  void warn(std::string_view line) const;
  void fail(const Failure& failure) const;

  /// Redraws one status line; an empty text removes it.
  void progress(std::string_view text) const;

  /// Lets a person confirm that `effect` ("deletes topic orders") may happen to `affected` records
  /// or messages: y/N, or the resource's name typed out when more than 1,000 are affected, or
  /// nobody knows how many. Without a terminal only --yes confirms.
  Tried<> confirm(std::string_view effect, std::string_view name,
                  std::optional<std::uint64_t> affected) const;

 private:
  std::string painted(std::string_view colour, std::string_view text) const;

  Options options_;
  bool out_is_terminal_;
  bool error_is_terminal_;
  bool progress_;
  bool colour_;
  bool out_colour_;
};

/// A number as such sentences say it; nullopt: nobody knows.
std::string how_many(std::optional<std::uint64_t> count);

}  // namespace twofold::cli
