// Random filters over random records, against a model that is too plain to be wrong in the same
// way.

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "filter/filter.h"
#include "tests/property/filter_model.h"

namespace twofold::filter {
namespace {

using filter_model::Condition;
using filter_model::Record;
using filter_model::Side;
using filter_model::Text;

// Few enough words that comparisons often meet their like.
const std::vector<std::string> kWords{"",    "a",  "ab",   "b",     "EU",         "3",
                                      "2.5", "-1", "true", "false", "2026-11-21", "é%_"};
const std::vector<std::string> kNames{"a", "b", "in", "é", "odd name"};
const std::vector<std::string> kNumbers{"3",
                                        "2.5",
                                        "-1",
                                        "0",
                                        "1e2",
                                        "9007199254740993",
                                        "9007199254740992",
                                        "1795219200000",
                                        "18446744073709551615"};

// All of the range from the first run on, not only its beginning.
std::size_t below(std::size_t n) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, n));
}
bool chance(std::size_t one_in) { return below(one_in) == 0; }
const std::string& one_of(const std::vector<std::string>& all) { return all[below(all.size())]; }

std::string json_text(const std::string& text) {
  // Now and then as an escape, which must make no difference.
  if (!text.empty() && text[0] == 'a' && chance(3)) return "\"\\u0061" + text.substr(1) + "\"";
  return "\"" + text + "\"";
}

std::string json(std::size_t depth) {
  switch (below(depth == 0 ? 4 : 6)) {
    case 0: return chance(2) ? "null" : chance(2) ? "true" : "false";
    case 1: return one_of(kNumbers);
    case 2: return json_text(one_of(kWords));
    case 3: return chance(3) ? " 3 " : "-1";
    case 4: {
      std::string all = "[";
      const std::size_t count = below(4);
      for (std::size_t i = 0; i < count; ++i) all += (i ? "," : "") + json(depth - 1);
      return all + "]";
    }
    default: {
      std::string all = "{";
      const std::size_t count = below(5);
      for (std::size_t i = 0; i < count; ++i) {
        all += (i ? ", " : "") + json_text(one_of(kNames)) + ":" + json(depth - 1);
      }
      return all + "}";
    }
  }
}

std::optional<std::string> word_or_nothing() {
  return chance(5) ? std::nullopt : std::optional(one_of(kWords));
}

Record record() {
  Record made{.key = word_or_nothing(),
              .value = {},
              .headers = {},
              .timestamp = chance(2) ? 1'795'219'200'000 : 3,
              .offset = static_cast<std::int64_t>(below(4))};
  const std::size_t kind = below(8);
  if (kind == 1) made.value = one_of(kWords);
  if (kind == 2) made.value = json(2) + "x";
  if (kind > 2) made.value = json(3);
  const std::size_t headers = below(4);
  for (std::size_t i = 0; i < headers; ++i) {
    made.headers.emplace_back(one_of(kNames), word_or_nothing());
  }
  return made;
}

Side literal(bool orderable) {
  const std::size_t kind = below(orderable ? 2 : 3);
  if (kind == 2) {
    const bool value = chance(2);
    return {.written = value ? "TRUE" : "false", .kind = Side::Kind::literal, .literal = value};
  }
  if (kind == 1) {
    const std::string& word = one_of(kWords);
    return {.written = "'" + word + "'", .kind = Side::Kind::literal, .literal = Text{word}};
  }
  static const std::map<std::string, filter_model::Value> numbers{
      {"3",                std::int64_t{3}                    },
      {"2.5",              2.5                                },
      {"-1",               std::int64_t{-1}                   },
      {"3.0",              3.0                                },
      {"9007199254740992", std::int64_t{9'007'199'254'740'992}},
      {"1795219200000",    std::int64_t{1'795'219'200'000}    },
      {"1e2",              100.0                              }
  };
  const auto chosen =
      std::next(numbers.begin(), static_cast<std::ptrdiff_t>(below(numbers.size())));
  return {.written = chosen->first, .kind = Side::Kind::literal, .literal = chosen->second};
}

std::string step_written(const std::string& name) {
  const bool bare = name != "odd name" && chance(2);
  return bare ? "." + name : "['" + name + "']";
}

Side path() {
  Side made{.written = "value", .kind = Side::Kind::path};
  const std::size_t steps = 1 + below(3);
  for (std::size_t i = 0; i < steps; ++i) {
    if (chance(3)) {
      made.path.emplace_back(below(3));
      made.written += "[" + std::to_string(std::get<std::size_t>(made.path.back())) + "]";
    } else {
      made.path.emplace_back(one_of(kNames));
      made.written += step_written(std::get<std::string>(made.path.back()));
    }
  }
  return made;
}

Side text_field() {
  switch (below(5)) {
    case 0: return {.written = "key", .kind = Side::Kind::key};
    case 1: return {.written = "value", .kind = Side::Kind::value};
    case 2: {
      const std::string& name = one_of(kNames);
      return {
          .written = "headers" + step_written(name), .kind = Side::Kind::header, .header = name};
    }
    default: return path();
  }
}

Side number_field() {
  switch (below(3)) {
    case 0: return {.written = "timestamp", .kind = Side::Kind::timestamp};
    case 1: return {.written = "offset", .kind = Side::Kind::offset};
    default: return {.written = "size", .kind = Side::Kind::size};
  }
}

Side any_field() { return chance(5) ? number_field() : text_field(); }
Side any_side(bool orderable) { return chance(3) ? literal(orderable) : any_field(); }

Condition like() {
  Condition made{.kind = Condition::Kind::like, .negated = chance(2), .sides = {text_field()}};
  if (chance(3)) made.escape = '!';
  const std::size_t elements = below(6);
  for (std::size_t i = 0; i < elements; ++i) {
    made.pattern +=
        std::vector<std::string>{"%", "_", "a", "b", "é", "3", made.escape ? "!%" : "%%"}[below(7)];
  }
  return made;
}

Condition comparison() {
  static const std::vector<std::string> operators{"=", "<>", "!=", "<", "<=", ">", ">="};
  Condition made{.kind = Condition::Kind::comparison, .op = one_of(operators)};
  const bool orderable = made.op != "=" && made.op != "<>" && made.op != "!=";
  made.sides = {any_side(orderable), any_side(orderable)};
  return made;
}

Condition condition(std::size_t depth) {
  switch (below(depth == 0 ? 6 : 10)) {
    case 0: return like();
    case 1: return {.kind = Condition::Kind::is_null, .negated = chance(2), .sides = {any_field()}};
    case 2: {
      Condition made{.kind = Condition::Kind::in, .negated = chance(2), .sides = {any_field()}};
      const std::size_t items = 1 + below(4);
      for (std::size_t i = 0; i < items; ++i) made.sides.push_back(literal(false));
      return made;
    }
    case 3:
      return {
          .kind = Condition::Kind::between,
          .negated = chance(2),
          .sides = {any_side(true), any_side(true), any_side(true)}
      };
    case 4:
    case 5: return comparison();
    case 6: return {.kind = Condition::Kind::negation, .parts = {condition(depth - 1)}};
    case 7:
      return {
          .kind = Condition::Kind::either, .parts = {condition(depth - 1), condition(depth - 1)}
      };
    default:
      return {
          .kind = Condition::Kind::both, .parts = {condition(depth - 1), condition(depth - 1)}
      };
  }
}

// Such a filter is refused for good reason: a number or time compared with what is none.
bool is_refusal_by_type(const SyntaxError& error) {
  return error.message.find("is a number, and") != std::string::npos ||
         error.message.find("is a time, and") != std::string::npos ||
         error.message.find("different fields of the value") != std::string::npos;
}

TEST(FilterProperty, SaysWhatTheModelSays) {
  std::map<std::optional<bool>, int> seen;
  const bool holds = rc::check([&] {
    const Condition wanted = condition(4);
    const std::string text = wanted.written();
    RC_LOG() << text << "\n";
    const auto compiled = Filter::compile(text, kStoredBounds);
    if (!compiled) {
      RC_LOG() << compiled.error().message << "\n";
      RC_ASSERT(is_refusal_by_type(compiled.error()));
      RC_DISCARD("refused");
    }
    const auto opposite = Filter::compile("NOT (" + text + ")", kStoredBounds);
    RC_ASSERT(static_cast<bool>(opposite));
    for (int i = 0; i < 10; ++i) {
      const Record over = record();
      RC_LOG() << "value: " << over.value.value_or("(none)") << "\n";
      const auto expected = wanted.holds(over);
      const auto stored = over.stored();
      RC_ASSERT(compiled->matches(stored) == (expected == true));
      RC_ASSERT(opposite->matches(stored) == (expected == false));
      ++seen[expected];
    }
  });
  EXPECT_TRUE(holds);
  for (const auto answer : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
    EXPECT_GT(seen[answer], 50) << "too few to mean anything";
  }
}

}  // namespace
}  // namespace twofold::filter
