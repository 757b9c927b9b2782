#include "engine/base/diag.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/diag_line.h"

namespace twofold::engine {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;
constexpr WallTime kTime{1'795'302'604'123};

std::string text(const Fields& fields, std::string_view message = "dead-lettered") {
  return diag_line(DiagFormat::text, kTime, DiagLevel::info, "queue", message, fields);
}
std::string json(const Fields& fields) {
  return diag_line(DiagFormat::json, kTime, DiagLevel::warn, "queue", "dead-lettered", fields);
}

TEST(DiagLine, IsOneLineThatPeopleRead) {
  EXPECT_EQ(text({
                {"queue",  "kitchen"},
                {"offset", "41"     }
  }),
            "2026-11-21T23:10:04.123Z INFO  queue    dead-lettered queue=kitchen offset=41");
}

TEST(DiagLine, OrOneObjectThatMachinesRead) {
  EXPECT_EQ(json({
                {"queue",  "kitchen"},
                {"offset", "41"     }
  }),
            R"({"ts":"2026-11-21T23:10:04.123Z","level":"warn","comp":"queue",)"
            R"("msg":"dead-lettered","queue":"kitchen","offset":"41"})");
}

TEST(DiagLine, AValueOfSeveralWordsIsQuoted) {
  EXPECT_EQ(text({
                {"why",   "no space left"},
                {"empty", ""             },
                {"sum",   "a=b"          }
  }),
            R"(2026-11-21T23:10:04.123Z INFO  queue    dead-lettered )"
            R"(why="no space left" empty="" sum="a=b")");
}

TEST(DiagLine, NothingInAValueCanForgeALineOrMoveACursor) {
  const auto line = text({
      {"name", "a\nERROR x\r\x1b[2J\"\\\x7f"},
      {"bidi", "a\u202Eb"                   }
  });
  EXPECT_NE(line.find(R"(name="a\nERROR x\u000d\u001b[2J\"\\\u007f" bidi=a\u202eb)"),
            std::string::npos)
      << line;
  for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

TEST(DiagLine, BytesThatAreNoTextAreReplacedAndTheRestKept) {
  EXPECT_NE(json({
                     {"v", "caf\u00e9 \xff\xc3(\xed\xa0\x80 \xf0\x9f\x8e\x89"}
  })
                .find("caf\u00e9 \\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd \xf0\x9f\x8e\x89"),
            std::string::npos);
}

TEST(DiagLine, ALongValueIsCutBetweenCharacters) {
  const auto line = text({
      {"v", std::string(255, 'x') + "\u00e9" + std::string(10'000, 'y')}
  });
  EXPECT_NE(line.find("v=" + std::string(255, 'x') + "..."), std::string::npos) << line;
  EXPECT_NE(text({
                     {"v", std::string(256, 'x')}
  })
                .find(std::string(256, 'x')),
            std::string::npos);
  EXPECT_EQ(text({
                     {"v", std::string(256, 'x')}
  })
                .find("..."),
            std::string::npos);
}

TEST(DiagLimiter, PassesTenASecondAndTellsWhatItHeldBack) {
  DiagLimiter limiter;
  int passed = 0;
  for (int i = 0; i < 25; ++i) {
    EXPECT_TRUE(limiter.take_suppressed(kTime).empty());
    if (limiter.pass(kTime, "http", "refused")) ++passed;
  }
  EXPECT_EQ(passed, 10);
  EXPECT_TRUE(limiter.pass(kTime, "http", "another message")) << "each message has its own count";

  const auto later = kTime + Duration(1000);
  const auto held = limiter.take_suppressed(later);
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].component, "http");
  EXPECT_EQ(held[0].message, "refused");
  EXPECT_EQ(held[0].suppressed, 15u);
  EXPECT_TRUE(limiter.take_suppressed(later).empty()) << "told once";
  EXPECT_TRUE(limiter.pass(later, "http", "refused"));
}

// A tenant's loop kept the lines of what the administrator did out of the log.
TEST(DiagLimiter, NobodyHidesWhatOthersDid) {
  DiagLimiter limiter;
  for (int i = 0; i < 25; ++i) limiter.pass(kTime, "auth", "done", "tenant");
  EXPECT_TRUE(limiter.pass(kTime, "auth", "done", "admin"));
  const auto held = limiter.take_suppressed(kTime + Duration(1000));
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].whom, "tenant");
}

TEST(DiagLimiter, ManyDifferentMessagesTakeBoundedMemory) {
  DiagLimiter limiter;
  for (int i = 0; i < 100'000; ++i)
    ASSERT_TRUE(limiter.pass(kTime, "http", "message " + std::to_string(i)));
}

TEST(Diag, AComponentMaySayMoreOrLessThanTheOthers) {
  DiagLevels levels(DiagLevel::warn);
  levels.of[1] = DiagLevel::debug;
  levels.of[3] = DiagLevel::error;
  ASSERT_EQ(kDiagComponents[1], "http");
  ASSERT_EQ(kDiagComponents[3], "queue");
  diag_configure(levels, DiagFormat::text);
  EXPECT_TRUE(diag_wanted(DiagLevel::debug, "http"));
  EXPECT_FALSE(diag_wanted(DiagLevel::info, "main"));
  EXPECT_TRUE(diag_wanted(DiagLevel::warn, "main"));
  EXPECT_FALSE(diag_wanted(DiagLevel::warn, "queue"));
  EXPECT_TRUE(diag_wanted(DiagLevel::error, "queue"));
  EXPECT_FALSE(diag_wanted(DiagLevel::info, "somebody new")) << "as everything else";
  diag_configure(DiagLevel::info, DiagFormat::text);
  EXPECT_FALSE(diag_wanted(DiagLevel::debug, "http"));
  EXPECT_TRUE(diag_wanted(DiagLevel::info, "queue"));
}

TEST(Diag, WritesWholeLinesOfTheConfiguredLevelToStandardError) {
  diag_configure(DiagLevel::warn, DiagFormat::text);
  ::testing::internal::CaptureStderr();
  diag(DiagLevel::info, "main", "below the level");
  diag(DiagLevel::warn, "main", "disk is nearly full",
       {
           {"free", "1 GiB"}
  });
  const auto out = ::testing::internal::GetCapturedStderr();
  diag_configure(DiagLevel::info, DiagFormat::text);
  EXPECT_EQ(out.find("below the level"), std::string::npos);
  EXPECT_NE(out.find("Z WARN  main     disk is nearly full free=\"1 GiB\"\n"), std::string::npos)
      << out;
}

}  // namespace
}  // namespace twofold::engine
