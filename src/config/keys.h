#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/config/config.h"
#include "src/config/outcome.h"

namespace twofold::config {

enum class Kind {
  text,
  path,
  url_template,
  address,
  address_or_none,
  base_url,
  addresses,
  hosts,
  origins,
  url,
  ratio,
  count,
  size,
  duration,
  choice,
  boolean
};

/// The place in a Config that a key fills.
using Slot = std::variant<std::string*, std::vector<std::string>*, int*, std::uint64_t*,
                          std::chrono::milliseconds*, bool*, engine::Durability*, DirectIo*,
                          engine::DiagLevels*, LogFormat*, http::sqs::Profile*, http::sqs::Regions*,
                          http::MetricsDetail*, double*>;

/// One line of the table that parser, environment, validation and documentation are read from.
struct Key {
  std::string_view name;  // "http.listen"
  Kind kind;
  std::string_view fallback;  // the default, spelled as in the file
  std::string_view low;       // smallest value, same spelling; for a choice: every word, by '|'
  std::string_view high;      // largest value; empty when there is none
  std::string_view help;      // one sentence, no full stop
  Slot (*slot)(Config&);
  bool reloads = false;  // SIGHUP takes over another value
};

/// Every key there is, grouped by section, in the order they are shown.
std::span<const Key> keys();

/// Whether the key holds several values: an array in the file, elsewhere one text with commas.
bool is_list(const Key& key);

const Key* find_key(std::string_view name);
std::vector<std::string> key_names();

/// "http.listen" is set by TWOFOLD_HTTP_LISTEN.
std::string environment_name(const Key& key);

/// "size, 1KiB..64MiB" and the like, for lists and errors.
std::string describe_type(const Key& key);

/// Checks `text` and writes it into the key's slot, or says what would have been right.
Outcome<Done> assign(const Key& key, std::string_view text, Config& config);

/// The value as it would be written in the file, without quotes; a list with commas.
std::string render(const Key& key, const Config& config);

/// The same as TOML: text, sizes and durations in quotes, a list as an array.
std::string render_toml(const Key& key, std::string_view value);

}  // namespace twofold::config
