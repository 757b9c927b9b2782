#include "http/rest/json_request.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/base64.h"
#include "http/nearest.h"

namespace twofold::http {

Problem json_problem(const JsonError& error, std::string_view param) {
  Problem problem(ProblemKind::invalid_request,
                  fmt::format("At byte {}: {}.", error.position, error.message),
                  std::string(param));
  problem.at = error.position;
  return problem;
}

MemberLoop::MemberLoop(JsonReader& json, std::span<const std::string_view> names)
    : json_(json), names_(names) {
  TF_CHECK(names.size() <= 64);
  json_.enter_object();
}

std::optional<std::size_t> MemberLoop::next() {
  if (problem_) return std::nullopt;
  const std::size_t before = json_.position();
  std::string_view name;
  if (!json_.next_member(name)) return std::nullopt;
  current_ = name;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] != name) continue;
    if (has(i)) {
      refuse(Problem(ProblemKind::invalid_request, "The member is given twice."));
      return std::nullopt;
    }
    seen_ |= std::uint64_t{1} << i;
    return i;
  }
  Problem problem(ProblemKind::invalid_request,
                  fmt::format("There is no member {} here.", name.substr(0, 64)));
  problem.at = before;
  const std::vector<std::string> known(names_.begin(), names_.end());
  refuse(problem.with_hint(did_you_mean(name, known)));
  return std::nullopt;
}

void MemberLoop::refuse(Problem problem) {
  if (problem_) return;
  if (problem.param.empty()) problem.param = current_.substr(0, 249);
  problem_ = std::move(problem);
}

std::optional<Problem> MemberLoop::problem() const {
  if (problem_) return problem_;
  if (json_.ok()) return std::nullopt;
  return json_problem(*json_.error(), current_.substr(0, 249));
}

Try<engine::Duration> to_duration(std::string_view text) {
  auto duration = engine::parse_duration(text);
  if (duration) return *duration;
  return Problem(ProblemKind::invalid_duration, duration.error().detail)
      .with_hint(duration.error().hint);
}

Try<engine::WallTime> to_time(std::string_view text) {
  auto time = engine::parse_time(text);
  if (time) return *time;
  return Problem(ProblemKind::invalid_request, time.error().detail).with_hint(time.error().hint);
}

Try<engine::Duration> read_duration(JsonReader& json) {
  if (json.peek() == JsonType::number) return to_duration(json.number());
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  return to_duration(text);
}

Try<engine::WallTime> read_time(JsonReader& json) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  return to_time(text);
}

Try<std::string_view> read_text_or_base64(JsonReader& json, TextStore& keep) {
  if (json.peek() != JsonType::object) {
    const std::string_view text = json.string();
    if (!json.ok()) return json_problem(*json.error());
    return text;
  }
  static constexpr std::string_view kNames[] = {"base64"};
  MemberLoop members(json, kNames);
  std::string_view encoded;
  while (members.next()) encoded = json.string();
  if (auto problem = members.problem()) return *std::move(problem);
  if (!members.has(0)) {
    return Problem(ProblemKind::invalid_request, "An object here has one member, base64.");
  }
  auto bytes = decode_base64(encoded);
  if (!bytes) return Problem(ProblemKind::invalid_request, "Not base64.");
  return std::string_view(keep.emplace_front(*std::move(bytes)));
}

Try<std::int64_t> read_number(JsonReader& json, std::int64_t least, std::int64_t most) {
  const std::int64_t number = json.integer();
  if (!json.ok()) return json_problem(*json.error());
  if (number >= least && number <= most) return number;
  return Problem(ProblemKind::invalid_request,
                 fmt::format("It must be from {} to {}.", least, most));
}

Try<std::uint64_t> read_size(JsonReader& json) {
  constexpr std::int64_t kSizeMax = std::int64_t{1} << 60;
  if (json.peek() == JsonType::number) {
    auto number = read_number(json, 0, kSizeMax);
    if (!number) return std::move(number).problem();
    return static_cast<std::uint64_t>(*number);
  }
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  static constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"", 1},          {"B", 1},         {"KiB", 1 << 10},        {"MiB", 1 << 20},
      {"GiB", 1 << 30}, {"KB", 1'000},    {"MB", 1'000'000},       {"GB", 1'000'000'000},
      {"TiB", std::int64_t{1} << 40},     {"TB", 1'000'000'000'000}};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : kUnits) {
    if (error != std::errc{} || number < 0 || unit != name || number > kSizeMax / factor) continue;
    return static_cast<std::uint64_t>(number * factor);
  }
  return Problem(ProblemKind::invalid_request, "Not a size.")
      .with_hint("Write a number of bytes, or a text like 64KiB, 10MB or 50GiB.");
}

}  // namespace twofold::http
