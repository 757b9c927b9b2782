#pragma once

#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "filter/filter.h"

namespace twofold::filter {

/// A record with what a test names and sensible things in the other places.
struct RecordOf {
  std::optional<std::string_view> value{};
  std::vector<engine::Header> headers{};
  std::optional<std::string_view> key{};
  std::int64_t timestamp = 1'795'257'000'123;  // 2026-11-21T10:30:00.123Z
  std::int64_t offset = 41;

  engine::StoredRecord stored() const {
    return {
        engine::Offset{offset}, engine::Seq{1}, engine::WallTime{timestamp}, key, value, headers};
  }
};

/// What became of a filter over a record: yes, or why not. NOT tells no from unknown.
inline std::string_view outcome(std::string_view text, const RecordOf& record) {
  const auto filter = Filter::compile(text, kStoredBounds);
  if (!filter) {
    ADD_FAILURE() << text << ": " << filter.error().message;
    return "refused";
  }
  const auto opposite = Filter::compile("NOT (" + std::string(text) + ")", kStoredBounds);
  if (!opposite) {
    ADD_FAILURE() << "NOT (" << text << "): " << opposite.error().message;
    return "refused";
  }
  const bool yes = filter->matches(record.stored());
  const bool no = opposite->matches(record.stored());
  EXPECT_FALSE(yes && no) << text;
  return yes ? "yes" : no ? "no" : "unknown";
}

struct Case {
  std::string_view filter;
  std::string_view outcome;
};

inline void expect_all(const RecordOf& record, const std::vector<Case>& cases) {
  for (const Case& each : cases)
    EXPECT_EQ(outcome(each.filter, record), each.outcome) << each.filter;
}

}  // namespace twofold::filter
