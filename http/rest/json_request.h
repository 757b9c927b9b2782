#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "http/json_reader.h"
#include "http/problem.h"

namespace twofold::http {

/// What a broken JSON body is answered with.
Problem json_problem(const JsonError& error, std::string_view param = {});

/// Walks the members of a request object by a table of their names: unknown and doubled members are
/// refused, the rest are handed to the caller by their place in the table.
///     MemberLoop members(json, kNames);
///     while (const auto member = members.next()) switch (*member) { ... }
///     if (auto bad = members.problem()) return *bad;
class MemberLoop {
 public:
  /// `names` has at most 64. Enters the object under the cursor.
  MemberLoop(JsonReader& json, std::span<const std::string_view> names);

  /// The place in the table of the next member; nullopt at the end or after a problem.
  std::optional<std::size_t> next();
  bool has(std::size_t member) const { return seen_ >> member & 1; }
  /// Set when the JSON is broken or a member is not to be had.
  std::optional<Problem> problem() const;
  /// Ends the loop with a problem of the caller's; the member's name is filled in.
  void refuse(Problem problem);
  std::string_view name() const { return current_; }

 private:
  JsonReader& json_;
  std::span<const std::string_view> names_;
  std::uint64_t seen_ = 0;
  std::string_view current_;
  std::optional<Problem> problem_;
};

/// Values with a meaning. On a wrong type the reader has failed; on a wrong meaning the result is a
/// Problem.
Try<engine::Duration> read_duration(JsonReader& json);
Try<engine::WallTime> read_time(JsonReader& json);
/// A string, or {"base64": "..."}; decoded bytes go to `keep`.
Try<std::string_view> read_text_or_base64(JsonReader& json, TextStore& keep);
/// A size in bytes: a number, or a text with a unit ("50GiB", "10MB").
Try<std::uint64_t> read_size(JsonReader& json);
/// A whole number from `least` to `most`.
Try<std::int64_t> read_number(JsonReader& json, std::int64_t least, std::int64_t most);

Try<engine::Duration> to_duration(std::string_view text);
Try<engine::WallTime> to_time(std::string_view text);

}  // namespace twofold::http
