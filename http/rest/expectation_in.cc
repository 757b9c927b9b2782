#include "http/rest/expectation_in.h"

#include "http/rest/json_request.h"
#include "log/position.h"

namespace twofold::http {
namespace {

// "2-40", or null: the key has no record.
Try<log::Expectation::KeyLast> read_key_last(JsonReader& json) {
  if (json.peek() == JsonType::null) {
    json.null();
    return log::Expectation::KeyLast{};
  }
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  return key_last_of(text);
}

}  // namespace

Try<log::Expectation> read_expectation(JsonReader& json) {
  static constexpr std::string_view kNames[] = {"last_seq", "key_last"};
  log::Expectation expect;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 1) {
      auto key_last = read_key_last(json);
      if (key_last) {
        expect.key_last = *key_last;
      } else {
        members.refuse(std::move(key_last).problem());
      }
      continue;
    }
    auto number = read_number(json, 0, INT64_MAX);
    if (number) {
      expect.last_seq = engine::Seq{static_cast<std::uint64_t>(*number)};
    } else {
      members.refuse(std::move(number).problem());
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  return expect;
}

Try<log::Expectation::KeyLast> key_last_of(std::string_view id) {
  const auto position = log::parse_position(id, engine::WallTime{0});
  if (position && std::holds_alternative<log::PartitionPosition>(*position)) {
    return log::Expectation::KeyLast{std::get<log::PartitionPosition>(*position)};
  }
  return Problem(ProblemKind::invalid_request,
                 "key_last is the id of a record, like 2-40, or null when there is none.");
}

}  // namespace twofold::http
