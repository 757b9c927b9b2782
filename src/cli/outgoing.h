#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/cli/args.h"
#include "src/cli/failure.h"
#include "src/cli/line_reader.h"
#include "src/cli/percent_format.h"

namespace twofold::cli {

/// One record or message on its way to the broker.
struct Outgoing {
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::int64_t> partition;
  std::string delay;       // as the API spells durations; empty: none
  std::string deliver_at;  // RFC 3339; empty: none
};

/// As the API wants it. A value that is a JSON object or array travels as JSON, byte for byte;
/// other text as text; anything else as base64.
std::string as_json(const Outgoing& outgoing);

/// Where records come from: the values given, `--count` times, or one for each line of stdin, or
/// whatever the input format says ends a record.
class RecordSource {
 public:
  /// `values` is the name of the positional ("value", "body"). Flags that a verb does not have are
  /// simply absent.
  static Tried<RecordSource> open(const Args& args, const std::string& values);

  /// The next record, or nothing at the end or when a signal came.
  Tried<std::optional<Outgoing>> next();
  /// Whether next() would answer without waiting for more input.
  bool ready() const;

 private:
  RecordSource() = default;
  Tried<std::optional<Outgoing>> next_given();
  Tried<std::optional<Outgoing>> next_line();

  Outgoing model_;  // what the flags say about every record
  std::vector<std::string> values_;
  bool tombstone_ = false;
  bool use_template_ = false;
  std::uint64_t total_ = 0;  // of given values; 0: read stdin
  std::uint64_t made_ = 0;
  std::optional<InputFormat> format_;
  LineReader lines_;
};

}  // namespace twofold::cli
