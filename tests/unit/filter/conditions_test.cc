#include "tests/unit/filter/record_rig.h"

namespace twofold::filter {
namespace {

const RecordOf kOrder{
    .value = R"({"amount":120.5,"count":3,"big":9007199254740993,"paid":true,"note":null,
                 "name":"Ada","digits":"120.5","customer":{"country":"UK"},
                 "items":[{"sku":"A-1"},{"sku":"B-7"}],"odd name":1,"it's":2,"":3})",
    .headers = {{"region", "EU"},
                {"attempt", "3"},
                {"weight", "1.5e1"},
                {"urgent", "true"},
                {"none", std::nullopt},
                {"content-type", "application/json"},
                {"a.b", "dots"},
                {"twice", "first"},
                {"twice", "last"}},
    .key = "bill_1"
};

TEST(FilterConditions, TheExamplesOfTheApiWork) {
  expect_all(kOrder, {
                         {"value.amount > 100 AND headers.region = 'EU'", "yes"    },
                         {"headers.region='EU'",                          "yes"    },
                         {"headers.kind='email'",                         "unknown"}
  });
}

TEST(FilterConditions, FieldsOfTheRecord) {
  expect_all(kOrder, {
                         {"key = 'bill_1'",                 "yes"},
                         {"key LIKE 'bill!_%' ESCAPE '!'",  "yes"},
                         {"offset = 41",                    "yes"},
                         {"offset < 41",                    "no" },
                         {"size > 100",                     "yes"},
                         {"value LIKE '%\"sku\":\"B-7\"%'", "yes"},
                         {"value = 'x'",                    "no" }
  });
}

TEST(FilterConditions, FieldsOfTheValue) {
  expect_all(kOrder, {
                         {"value.customer.country = 'UK'",     "yes"    },
                         {"value.items[0].sku = 'A-1'",        "yes"    },
                         {"value.items[1].sku = 'A-1'",        "no"     },
                         {"value.items[2].sku = 'A-1'",        "unknown"},
                         {"value['odd name'] = 1",             "yes"    },
                         {"value['it''s'] = 2",                "yes"    },
                         {"value[''] = 3",                     "yes"    },
                         {"value['items'][1]['sku'] = 'B-7'",  "yes"    },
                         {"value . items [ 1 ] . sku = 'B-7'", "yes"    },
                         {"value.Amount > 100",                "unknown"},
                         {"value.amount.cents > 100",          "unknown"},
                         {"value.items.sku = 'A-1'",           "unknown"},
                         {"value.customer[0] = 'UK'",          "unknown"},
                         {"value[0] = 1",                      "unknown"}
  });
}

TEST(FilterConditions, HeadersAreTextsThatMayBeReadAsWhatTheyMeet) {
  expect_all(kOrder, {
                         {"headers.attempt = 3",                          "yes"    },
                         {"headers.attempt = '3'",                        "yes"    },
                         {"headers.attempt < 10",                         "yes"    },
                         {"headers.attempt < '10'",                       "no"     },
                         {"headers.weight = 15",                          "yes"    },
                         {"headers.region = 3",                           "unknown"},
                         {"headers.urgent = TRUE",                        "yes"    },
                         {"headers.urgent <> TRUE",                       "no"     },
                         {"headers.region = TRUE",                        "unknown"},
                         {"headers.attempt = value.count",                "yes"    },
                         {"headers['content-type'] = 'application/json'", "yes"    },
                         {"headers.content-type = 'application/json'",    "yes"    },
                         {"headers['a.b'] = 'dots'",                      "yes"    },
                         {"headers.none = ''",                            "unknown"},
                         {"headers.Region = 'EU'",                        "unknown"},
                         {"headers.twice = 'last'",                       "yes"    },
                         {"headers.twice = 'first'",                      "no"     }
  });
}

TEST(FilterConditions, JsonKeepsItsTypes) {
  expect_all(kOrder, {
                         {"value.digits = '120.5'", "yes"    },
                         {"value.digits = 120.5",   "unknown"},
                         {"value.digits > 100",     "unknown"},
                         {"value.amount = '120.5'", "unknown"},
                         {"value.paid = TRUE",      "yes"    },
                         {"value.paid <> FALSE",    "yes"    },
                         {"value.paid = 1",         "unknown"},
                         {"value.paid = 'true'",    "unknown"},
                         {"value.customer = 'UK'",  "unknown"},
                         {"value.items <> 1",       "unknown"}
  });
}

TEST(FilterConditions, NumbersCompareByValue) {
  expect_all(kOrder, {
                         {"value.amount = 120.50",        "yes"},
                         {"value.amount = 1205e-1",       "yes"},
                         {"value.amount <> 120",          "yes"},
                         {"value.count = 3.0",            "yes"},
                         {"value.count > -1",             "yes"},
                         {"100 < value.amount",           "yes"},
                         {"value.big = 9007199254740993", "yes"},
                         {"value.big = 9007199254740992", "no" },
                         {"value.big > 9007199254740992", "yes"}
  });
}

TEST(FilterConditions, IntegersAreExactToSixtyFourBits) {
  const RecordOf record{.value = R"({"least":-9223372036854775808,"most":9223372036854775807,
                                     "past":18446744073709551615,"zero":-0,"tiny":5e-324})"};
  expect_all(record, {
                         {"value.least = -9223372036854775808", "yes"},
                         {"value.least < -9223372036854775807", "yes"},
                         {"value.most = 9223372036854775807",   "yes"},
                         {"value.most > 9223372036854775806",   "yes"},
                         {"value.past > 18446744073709500000",  "yes"},
                         {"value.past = 1.8446744073709552e19", "yes"},
                         {"value.zero = 0",                     "yes"},
                         {"value.tiny > 0",                     "yes"}
  });
}

TEST(FilterConditions, DecimalsEqualTheSameDigitsInTheFilter) {
  // Digits of which a quick conversion gets the last bit wrong.
  for (const std::string digits :
       {"0.1", "1.1", "123456789.123456789", "3.1415926535897932384626", "2.2250738585072011e-308",
        "9007199254740993.0", "7.3177701707893310e15", "1.7976931348623157e308"}) {
    const std::string value = "{\"x\":" + digits + "}";
    EXPECT_EQ(outcome("value.x = " + digits, RecordOf{.value = value}), "yes") << digits;
  }
}

TEST(FilterConditions, EveryComparison) {
  expect_all(kOrder, {
                         {"value.count = 3",    "yes"},
                         {"value.count = 4",    "no" },
                         {"value.count <> 3",   "no" },
                         {"value.count <> 4",   "yes"},
                         {"value.count != 3",   "no" },
                         {"value.count != 4",   "yes"},
                         {"value.count < 3",    "no" },
                         {"value.count < 4",    "yes"},
                         {"value.count <= 3",   "yes"},
                         {"value.count <= 2",   "no" },
                         {"value.count > 3",    "no" },
                         {"value.count > 2",    "yes"},
                         {"value.count >= 3",   "yes"},
                         {"value.count >= 4",   "no" },
                         {"value.name < 'Adb'", "yes"},
                         {"value.name > 'ad'",  "no" },
                         {"value.name >= 'Ad'", "yes"},
                         {"value.name = 'ada'", "no" }
  });
}

TEST(FilterConditions, BetweenHasBothEnds) {
  expect_all(kOrder, {
                         {"value.count BETWEEN 3 AND 3",                    "yes"    },
                         {"value.count BETWEEN 1 AND 2",                    "no"     },
                         {"value.count BETWEEN 4 AND 2",                    "no"     },
                         {"value.count NOT BETWEEN 1 AND 2",                "yes"    },
                         {"value.count BETWEEN 'a' AND 2",                  "no"     },
                         {"value.count BETWEEN 'a' AND 3",                  "unknown"},
                         {"value.none BETWEEN 1 AND 2",                     "unknown"},
                         {"value.none NOT BETWEEN 1 AND 2",                 "unknown"},
                         {"3 BETWEEN 1 AND value.count AND key = 'bill_1'", "yes"    },
                         {"value.name BETWEEN 'A' AND 'B'",                 "yes"    }
  });
}

TEST(FilterConditions, InIsTheOrOfItsComparisons) {
  expect_all(kOrder, {
                         {"headers.region IN ('EU', 'US')", "yes"    },
                         {"headers.region IN ('US')",       "no"     },
                         {"headers.region NOT IN ('US')",   "yes"    },
                         {"headers.kind IN ('US')",         "unknown"},
                         {"headers.kind NOT IN ('US')",     "unknown"},
                         {"value.count IN (1, 2, 3)",       "yes"    },
                         {"value.count IN ('3', 3)",        "yes"    },
                         {"value.count IN ('3', 4)",        "unknown"},
                         {"headers.attempt IN ('x', 3)",    "yes"    },
                         {"value.paid IN (TRUE)",           "yes"    }
  });
}

TEST(FilterConditions, IsNullIsNeverUnknown) {
  expect_all(kOrder, {
                         {"value.note IS NULL",         "yes"    },
                         {"value.nothing IS NULL",      "yes"    },
                         {"value.customer IS NULL",     "no"     },
                         {"value.items IS NOT NULL",    "yes"    },
                         {"headers.kind IS NULL",       "yes"    },
                         {"headers.none IS NULL",       "yes"    },
                         {"headers.region IS NOT NULL", "yes"    },
                         {"key IS NULL",                "no"     },
                         {"value.note = value.note",    "unknown"}
  });
  expect_all(
      RecordOf{
  },
      {{"key IS NULL", "yes"},
       {"value IS NULL", "yes"},
       {"value.x IS NULL", "yes"},
       {"value = ''", "unknown"},
       {"size = 0", "yes"}});
}

TEST(FilterConditions, UnknownSpreadsAsInSql) {
  // region is EU, kind is absent.
  const std::string yes = "headers.region = 'EU'";
  const std::string no = "headers.region = 'US'";
  const std::string unknown = "headers.kind = 'x'";
  const struct {
    const std::string& left;
    const std::string& right;
    std::string_view both;
    std::string_view either;
  } table[]{
      {yes,     yes,     "yes",     "yes"    },
      {yes,     no,      "no",      "yes"    },
      {yes,     unknown, "unknown", "yes"    },
      {no,      no,      "no",      "no"     },
      {no,      unknown, "no",      "unknown"},
      {unknown, unknown, "unknown", "unknown"}
  };
  for (const auto& row : table) {
    EXPECT_EQ(outcome(row.left + " AND " + row.right, kOrder), row.both);
    EXPECT_EQ(outcome(row.right + " AND " + row.left, kOrder), row.both);
    EXPECT_EQ(outcome(row.left + " OR " + row.right, kOrder), row.either);
    EXPECT_EQ(outcome(row.right + " OR " + row.left, kOrder), row.either);
  }
}

TEST(FilterConditions, AndBindsBeforeOrAndNotBeforeBoth) {
  expect_all(kOrder, {
                         {"1 = 1 OR 1 = 1 AND 1 = 2",              "yes"},
                         {"(1 = 1 OR 1 = 1) AND 1 = 2",            "no" },
                         {"NOT 1 = 2 AND 1 = 1",                   "yes"},
                         {"NOT (1 = 2 AND 1 = 1)",                 "yes"},
                         {"NOT 1 = 1 OR 1 = 1",                    "yes"},
                         {"NOT NOT 1 = 1",                         "yes"},
                         {"value.count BETWEEN 1 AND 5 AND 1 = 2", "no" }
  });
}

TEST(FilterConditions, KeywordsHaveNoCaseAndMayBeNamesOfFields) {
  const RecordOf record{.value = R"({"in":1,"AND":2,"null":3,"größe":4,"_x$":5})",
                        .headers = {{"like", "x"}}};
  expect_all(record,
             {
                 {"value.in in (1) And not value.AND is null oR value.null like 'x'", "yes"},
                 {"headers.like LiKe 'x'",                                            "yes"},
                 {"value.größe = 4",                                                "yes"},
                 {"value._x$ = 5",                                                    "yes"},
                 {"value.null between 3 and 3",                                       "yes"},
                 {"true = TRUE",                                                      "yes"}
  });
}

TEST(FilterConditions, TimesAreMillisecondsOrRfc3339) {
  const RecordOf record{
      .value = R"({"at":"2026-11-21T10:30:00.123Z","ms":1795257000123})",
      .headers = {
                  {"at", "2026-11-21T12:30:00.123+02:00"}, {"ms", "1795257000123"}, {"no", "soon"}}
  };
  expect_all(record, {
                         {"timestamp = 1795257000123",                               "yes"    },
                         {"timestamp = '2026-11-21T10:30:00.123Z'",                  "yes"    },
                         {"timestamp >= '2026-11-21'",                               "yes"    },
                         {"'2026-11-21T12:30:01+02:00' > timestamp",                 "yes"    },
                         {"timestamp BETWEEN '2026-11-21' AND '2026-11-22'",         "yes"    },
                         {"timestamp IN ('2026-11-21', '2026-11-21T10:30:00.123Z')", "yes"    },
                         {"'2026-11-21T10:30:00.123Z' BETWEEN timestamp AND 'z'",    "yes"    },
                         {"timestamp = value.at",                                    "yes"    },
                         {"timestamp = value.ms",                                    "yes"    },
                         {"timestamp = headers.at",                                  "yes"    },
                         {"timestamp = headers.ms",                                  "yes"    },
                         {"timestamp < headers.no",                                  "unknown"},
                         {"timestamp < 1e15",                                        "yes"    }
  });
}

TEST(FilterConditions, AFilterKeepsItsTextAndIsShared) {
  std::shared_ptr<const Filter> filter;
  {
    std::string text = " headers.region = 'it''s EU' ";
    filter = *Filter::compile(text);
    text.assign(text.size(), '#');
  }
  EXPECT_EQ(filter->text(), " headers.region = 'it''s EU' ");
  EXPECT_TRUE(filter->matches(RecordOf{.headers = {{"region", "it's EU"}}}.stored()));
}

}  // namespace
}  // namespace twofold::filter
