#pragma once

#include <string>
#include <utility>

#include "src/config/outcome.h"

namespace twofold::cli {

/// How the process ends. Scripts branch on these, so a number never changes its meaning.
enum class ExitCode {
  ok = 0,
  failed = 1,
  refused = 2,  // usage, or a request the broker cannot accept as it stands
  not_found = 3,
  conflict = 4,  // exists already, or somebody else was faster
  cannot_connect = 5,
  timed_out = 6,  // or nothing to read, with --fail-empty
  not_authorised = 7,
  interrupted = 130,  // SIGINT
  terminated = 143,   // SIGTERM
};

/// Why a command did not do what was asked, in up to three lines: what, why or where, how to go on.
struct Failure {
  Failure(ExitCode code, std::string sentence) : exit(code), what(std::move(sentence)) {}
  Failure(ExitCode code, std::string sentence, std::string how)
      : exit(code), what(std::move(sentence)), hint(std::move(how)) {}

  /// Ends the process with `code` and prints nothing: the command has said everything itself.
  static Failure silent(ExitCode code) { return Failure(code, std::string()); }

  ExitCode exit;
  std::string what;
  std::string why;   // may be empty
  std::string hint;  // may be empty
};

/// A usage mistake; `hint` says what to type instead.
inline Failure usage(std::string what, std::string hint = {}) {
  return Failure(ExitCode::refused, std::move(what), std::move(hint));
}

template <class T = Done>
using Tried = Outcome<T, Failure>;

/// The exit code for an HTTP status of 400 or more.
ExitCode exit_code_for_status(int status);

}  // namespace twofold::cli
