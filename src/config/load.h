#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/config/config.h"
#include "src/config/outcome.h"

namespace twofold::config {

/// One key set by somebody, not yet checked.
struct Assignment {
  std::string key;
  std::string value;
  std::string origin;  // for people: where it was written
};

/// What is wrong with a setting and what to do about it. Both are for people.
struct Problem {
  std::string what;
  std::string hint;  // may be empty
};

/// Everything a configuration is made from. The caller has gathered it; only the file is read here.
struct Sources {
  std::optional<std::string> file;       // --config
  std::vector<std::string> environment;  // "NAME=value" of the whole process
  std::vector<Assignment> flags;         // --set and the flags that stand for a key
};

struct Loaded {
  Config config;     // complete; to be used only when there are no errors
  std::string file;  // the file that was read, or empty
  std::vector<Problem> errors;
  std::vector<std::string> warnings;
};

/// Flags over environment over file over defaults; then checks what relates keys to each other.
/// All mistakes are gathered, so that one start shows them all.
///
/// The file is `sources.file`, else $TWOFOLD_CONFIG, else ./twofold.toml, else
/// /etc/twofold/twofold.toml; only the first two must exist. Under all of them stands
/// $TWOFOLD_STATE_DIRECTORY, for server.data_dir: a service's unit says it, the file may differ.
Loaded load(const Sources& sources);

inline constexpr std::string_view kStateDirectory = "TWOFOLD_STATE_DIRECTORY";
/// $TWOFOLD_DEFAULT_LISTEN, likewise for http.listen: an image says it, whose loopback nobody reaches.
inline constexpr std::string_view kDefaultListen = "TWOFOLD_DEFAULT_LISTEN";

/// The built-in values alone.
Config defaults();

/// "key=value" as given to --set.
Outcome<Assignment> parse_set(std::string_view text);

/// Reads one TOML file into assignments whose origin is "file:line"; problems carry
/// file:line:column. Unknown keys are problems here already, while their place is known.
std::vector<Assignment> read_file(const std::string& path, std::vector<Problem>& problems);

/// The same for text in memory, as if it had been read from `path`.
std::vector<Assignment> read_text(std::string_view text, const std::string& path,
                                  std::vector<Problem>& problems);

/// What a variable is set to; nullopt: it is not set.
std::optional<std::string> environment_value(const std::vector<std::string>& environment,
                                             std::string_view name);

/// The TWOFOLD_ variables that are keys. Others that begin so are warned about, except those the
/// command line reads itself and those Kubernetes sets for a service named twofold.
std::vector<Assignment> read_environment(const std::vector<std::string>& environment,
                                         std::vector<std::string>& warnings);

/// The variables of OpenTelemetry that stand for keys of ours: as the environment, but whatever is
/// called TWOFOLD_ comes before them.
std::vector<Assignment> read_otel_environment(const std::vector<std::string>& environment,
                                              std::vector<std::string>& warnings);

/// What OTEL_EXPORTER_OTLP_TRACES_HEADERS says, else OTEL_EXPORTER_OTLP_HEADERS: names and values
/// of HTTP fields ("api-key=abc,x-team=a%20b"), decoded. An entry that is none is left out with a
/// warning that does not show its value.
std::vector<std::pair<std::string, std::string>> read_otel_headers(
    const std::vector<std::string>& environment, std::vector<std::string>& warnings);

}  // namespace twofold::config
