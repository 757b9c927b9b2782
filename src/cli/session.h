#pragma once

#include <memory>
#include <string>

#include "src/cli/api.h"
#include "src/cli/args.h"
#include "src/cli/failure.h"
#include "src/cli/output.h"
#include "src/cli/terminal.h"

namespace twofold::cli {

/// What every command is given: the global flags, the terminal, and the broker on demand.
class Session {
 public:
  /// Globals as parsed; refuses an unknown output format or an address that is none.
  static Tried<std::unique_ptr<Session>> open(const Args& globals);

  const Terminal& terminal() const { return terminal_; }
  Format format() const { return format_; }
  /// Whether -o was given, for commands whose data has a plain form of its own.
  bool format_given() const { return format_given_; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  const Endpoint& endpoint() const { return endpoint_; }
  /// Whether -s or TWOFOLD_URL named it; else it is the default.
  bool endpoint_given() const { return endpoint_given_; }
  const std::string& token() const { return token_; }

  /// Connects with its first call.
  Api& api() { return api_; }

  /// One document in the format asked for: `table` is what a person sees.
  void print(const Answer& answer, std::string_view table, std::string_view name) const;

  /// A list of documents, one row each; `names` are what -o name prints.
  void print_list(const std::vector<Answer>& items, const Table& table) const;

 private:
  Session(const Args& globals, Format format, Endpoint endpoint);

  Terminal terminal_;
  Format format_;
  bool format_given_;
  std::chrono::milliseconds timeout_;
  bool endpoint_given_;
  Endpoint endpoint_;
  std::string token_;
  Api api_;
};

}  // namespace twofold::cli
