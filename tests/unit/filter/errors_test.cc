#include <string>

#include "tests/unit/filter/record_rig.h"

namespace twofold::filter {
namespace {

struct Mistake {
  std::string filter;
  std::size_t position;
  std::string_view message;  // a part of it
};

void expect_refused(const std::vector<Mistake>& mistakes) {
  for (const Mistake& each : mistakes) {
    const auto compiled = Filter::compile(each.filter);
    ASSERT_FALSE(compiled) << each.filter;
    EXPECT_EQ(compiled.error().position, each.position) << each.filter;
    EXPECT_NE(compiled.error().message.find(each.message), std::string::npos)
        << each.filter << "\n  " << compiled.error().message << "\n  " << each.message;
    EXPECT_NE(compiled.error().message.find(" at " + std::to_string(each.position)),
              std::string::npos)
        << compiled.error().message;
  }
}

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(FilterErrors, SayWhatWasExpectedAfterWhatAndWhere) {
  expect_refused({
      {"",                           0,  "the filter is empty"                                      },
      {" \t\n",                      3,  "the filter is empty"                                      },
      {"value.amount AND key = 'a'", 13,
       "expected a comparison after 'value.amount' at 13, found 'AND'"                              },
      {"value.amount",               12,
       "expected a comparison after 'value.amount' at 12, where the filter ends"                    },
      {"value['odd'][0].x  'a'",     19, "after 'value['odd'][0].x' at 19, found 'a'"               },
      {"value.amount > ",            15, "expected a field or a literal after '>'"                  },
      {"key = AND",                  6,  "expected a field or a literal after '=' at 6, found 'AND'"},
      {"AND",                        0,  "expected a condition at 0, found 'AND'"                   },
      {"NOT",                        3,  "expected a condition after 'NOT'"                         },
      {"key = 'a' AND",              13, "expected a condition after 'AND'"                         },
      {"key = 'a' OR OR",            13, "expected a condition after 'OR'"                          },
      {"key = 'a' b",                10, "expected AND, OR or the end after 'a' at 10"              },
      {"key = 'a')",                 9,  "expected AND, OR or the end"                              },
      {"(key = 'a'",                 10, "expected AND, OR or )"                                    },
      {"(value.a) > 3",              8,  "expected a comparison after 'value.a'"                    },
      {"TRUE",                       4,  "expected a comparison after 'TRUE'"                       },
      {"key NOT 'a'",                8,  "expected IN, LIKE or BETWEEN"                             },
      {"key IN 'a'",                 7,  "expected a list in parentheses"                           },
      {"key IN ()",                  8,  "expected a literal"                                       },
      {"key IN ('a',)",              12, "expected a literal"                                       },
      {"key IN (key)",               8,  "expected a literal"                                       },
      {"key IN ('a' 'b')",           12, "expected a comma or )"                                    },
      {"key LIKE 3",                 9,  "expected a pattern in single quotes"                      },
      {"key LIKE key",               9,  "expected a pattern in single quotes"                      },
      {"key LIKE 'a' ESCAPE 'xx'",   20, "expected one ASCII character"                             },
      {"key LIKE 'a' ESCAPE ''",     20, "expected one ASCII character"                             },
      {"key IS 'a'",                 7,  "expected NULL or NOT NULL"                                },
      {"key IS NOT 'a'",             11, "expected NULL after 'NOT'"                                },
      {"value.a BETWEEN 1 OR 2",     18, "expected AND and the upper end of BETWEEN after '1'"      },
  });
}

TEST(FilterErrors, KnowWhatPeopleBringFromOtherLanguages) {
  expect_refused({
      {"key == 'a'",           4,  "equality is written ="                            },
      {"key = \"a\"",          6,  "texts stand in single quotes"                     },
      {"key = 'a' && 1 = 1",   10, "conditions are joined with AND"                   },
      {"key = 'a' || 1 = 1",   10, "conditions are joined with OR"                    },
      {"!(key = 'a')",         0,  "write NOT before a condition"                     },
      {"value.a = +1",         10, "no plus sign"                                     },
      {"key = #",              6,  "this character has no meaning here"               },
      {"key = 'a",             6,  "no closing quote"                                 },
      {"key = 'a'' AND 1 = 1", 6,  "no closing quote"                                 },
      {"value.a = 12abc",      10, "this is no number"                                },
      {"value.a = 1.",         10, "this is no number"                                },
      {"value.a = 1e",         10, "this is no number"                                },
      {"value.3d = 1",         6,  "a name that begins with a digit is written ['3d']"},
      {"value.a = 1e999",      10, "past what a double holds"                         },
  });
}

TEST(FilterErrors, KnowTheFieldsOfARecord) {
  expect_refused({
      {"amount > 3",                  0,  "a header is written headers.amount, a field of a JSON value value.amount"},
      {"1 = 1 AND Value.x = 1",       10, "in small letters"                                                        },
      {"partition = 1",               0,  "a record has the fields key, headers"                                    },
      {"headers = 1",                 8,  "expected a header's name, as in headers.region,"                         },
      {"headers.a.b = 1",             9,  "a header has no parts"                                                   },
      {"headers['a']['b'] = 1",       12, "a header has no parts"                                                   },
      {"headers[0] = 1",              8,  "expected a header's name in single quotes"                               },
      {"headers['a' = 1",             12, "expected ]"                                                              },
      {"value. = 1",                  7,  "expected a name after '.'"                                               },
      {"value['a'.b = 1",             9,  "expected ]"                                                              },
      {"value.items[-1] = 1",         12, "expected an element's number"                                            },
      {"value.items[1.5] = 1",        12, "expected an element's number"                                            },
      {"value.items[4294967296] = 1", 12, "expected an element's number"                                            },
      {"value.items[x] = 1",          12, "a member's name in single quotes or an element's number"                 },
      {"value.items[0 = 1",           14, "expected ]"                                                              },
      {"key.x = 1",                   3,  "expected a comparison"                                                   },
  });
}

TEST(FilterErrors, RefuseWhatNoRecordCanMakeTrue) {
  expect_refused({
      {"key = NULL",                     6,  "write IS NULL"                                    },
      {"NULL <> key",                    0,  "write IS NULL"                                    },
      {"key IN ('a', NULL)",             13, "write IS NULL"                                    },
      {"key BETWEEN 'a' AND NULL",       20, "write IS NULL"                                    },
      {"value.x < TRUE",                 10, "have no order"                                    },
      {"value.x BETWEEN FALSE AND TRUE", 16, "have no order"                                    },
      {"offset = 'abc'",                 9,  "offset is a number, and 'abc' is not"             },
      {"TRUE = size",                    0,  "size is a number, and TRUE is not"                },
      {"offset IN (1, 'x')",             14, "offset is a number"                               },
      {"timestamp > 'yesterday'",        12, "timestamp is a time, and 'yesterday' is not"      },
      {"timestamp = TRUE",               12, "timestamp is a time"                              },
      {"'x' BETWEEN timestamp AND 3",    0,  "timestamp is a time"                              },
      {"offset LIKE '4%'",               0,  "LIKE is for texts, and offset is none"            },
      {"timestamp LIKE '2026%'",         0,  "LIKE is for texts"                                },
      {"5 LIKE '5'",                     0,  "LIKE is for texts, and 5 is none"                 },
      {"key LIKE 'a!' ESCAPE '!'",       9,  "the escape character stands before something else"},
  });
}

TEST(FilterErrors, QuoteOnlyTheBeginningOfLongThings) {
  const auto compiled = Filter::compile("key = '" + times(30, "größe") + "' 'x'");
  ASSERT_FALSE(compiled);
  EXPECT_LT(compiled.error().message.size(), 120U);
  const auto broken = compiled.error().message.find("...");
  ASSERT_NE(broken, std::string::npos);
  EXPECT_NE(static_cast<unsigned char>(compiled.error().message[broken - 1]), 0xC3)
      << "no half character";
}

TEST(FilterErrors, EveryLimitIsReachedAndNotPassed) {
  const auto text = [](std::size_t bytes) { return "key = '" + std::string(bytes - 8, 'x') + "'"; };
  EXPECT_TRUE(Filter::compile(text(kTextBytesMax)));
  expect_refused({
      {text(kTextBytesMax + 1), kTextBytesMax, "4096 bytes at most, this one 4097"}
  });

  const auto nested = [](std::size_t n) { return times(n, "(") + "1 = 1" + times(n, ")"); };
  EXPECT_TRUE(Filter::compile(nested(kNestingMax)));
  expect_refused({
      {nested(kNestingMax + 1), kNestingMax,     "nested deeper than 32"},
      { times(4000,                   "("),     kNestingMax, "nested deeper than 32"},
      { times(1000,                "NOT "), 4 * kNestingMax, "nested deeper than 32"}
  });
  EXPECT_TRUE(Filter::compile("(1 = 1)" + times(100, " AND (1 = 1)"))) << "beside is not inside";

  const auto chain = [](std::size_t n) { return "1 = 1" + times(n - 1, " OR 1 = 1"); };
  EXPECT_TRUE(Filter::compile(chain(kConditionsMax)));
  expect_refused({
      {chain(kConditionsMax + 1), 9 * kConditionsMax, "more than 128 comparisons"}
  });
  const auto list = [](std::size_t n) { return "key IN (1" + times(n - 1, ",1") + ")"; };
  EXPECT_TRUE(Filter::compile(list(kConditionsMax - 1)));
  expect_refused({
      {list(kConditionsMax), 8 + 2 * (kConditionsMax - 1), "more than 128"}
  });

  const auto paths = [](std::size_t n) {
    std::string all = "value.a = 1 AND value.a > 0";
    for (std::size_t i = 1; i < n; ++i) all += " AND value.a" + std::to_string(i) + " = 1";
    return all;
  };
  EXPECT_TRUE(Filter::compile(paths(kPathsMax))) << "the same field twice counts once";
  expect_refused({
      {paths(kPathsMax + 1), paths(kPathsMax).size() + 5, "more than 16 different"}
  });

  const auto path = [](std::size_t steps) { return "value" + times(steps, ".x") + " = 1"; };
  EXPECT_TRUE(Filter::compile(path(kPathStepsMax)));
  expect_refused({
      {path(kPathStepsMax + 1), 5 + 2 * kPathStepsMax, "16 steps at most"}
  });

  const auto like = [](std::size_t n) { return "key LIKE '" + std::string(n, '%') + "'"; };
  EXPECT_TRUE(Filter::compile(like(kPatternBytesMax)));
  expect_refused({
      {like(kPatternBytesMax + 1), 9, "255 bytes at most, this one 256"}
  });
}

// A filter cut anywhere, or with any byte changed, is either a filter or refused within its bounds.
TEST(FilterErrors, NoTextIsTooStrange) {
  const std::string whole =
      "NOT (value.a['x''y'][0] >= -1.5e3 AND headers.b-c NOT IN ('EU', 2)) OR key LIKE 'a!_' "
      "ESCAPE '!' OR timestamp BETWEEN '2026-11-21' AND 9 OR size IS NOT NULL";
  ASSERT_TRUE(Filter::compile(whole));
  const RecordOf record{.value = R"({"a":{"x'y":[1]}})", .headers = {{"b-c", "EU"}}, .key = "a_"};
  const auto try_out = [&](const std::string& text) {
    const auto compiled = Filter::compile(text);
    if (compiled) {
      EXPECT_EQ(compiled->matches(record.stored()), compiled->matches(record.stored()));
    } else {
      EXPECT_LE(compiled.error().position, text.size());
    }
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    try_out(whole.substr(0, i));
    try_out(whole.substr(i));
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[i] = static_cast<char>(byte);
      try_out(changed);
    }
  }
}

}  // namespace
}  // namespace twofold::filter
