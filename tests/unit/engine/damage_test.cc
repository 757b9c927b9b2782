// What was met with is told once, however often it is met again, and whoever met it first.
#include "engine/damage.h"

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

// Numbers of logs that no other test of this process has: the report is the process's.
constexpr std::uint32_t kLogs = 900'000'000;

std::vector<Damage> of(LogId log) {
  std::vector<Damage> found;
  for (const Damage& one : damage_report().stretches) {
    if (one.log == log) found.push_back(one);
  }
  return found;
}

TEST(Damage, ReadAgainItIsTheSame) {
  const LogId log{kLogs};
  const auto before = damage_count();
  damage_met({DamageMet::read, log, Offset{7}, Offset{9}, "journal/00000002.wal", 4096, "why"});
  damage_met({DamageMet::read, log, Offset{5}, Offset{9}});
  damage_met({DamageMet::scrub, log, Offset{8}, Offset{9}, "segments/1.seg"});
  EXPECT_EQ(damage_count(), before + 1);
  ASSERT_EQ(of(log).size(), 1u);
  const Damage known = of(log).front();
  EXPECT_EQ(known.from, Offset{5});
  EXPECT_EQ(known.upto, Offset{9});
  EXPECT_EQ(known.file, "journal/00000002.wal");
  EXPECT_EQ(known.place, 4096u);
  EXPECT_EQ(known.detail, "why");
}

TEST(Damage, OfTwoLogsOrApartItIsNotTheSame) {
  const auto before = damage_count();
  const auto records = damage_report().records;
  damage_met({DamageMet::start, LogId{kLogs + 1}, Offset{0}, Offset{2}});
  damage_met({DamageMet::start, LogId{kLogs + 2}, Offset{0}, Offset{2}});
  damage_met({DamageMet::start, LogId{kLogs + 1}, Offset{4}, Offset{5}});
  EXPECT_EQ(damage_count(), before + 3);
  EXPECT_EQ(damage_report().records, records + 5);
}

TEST(Damage, TakesBoundedMemoryAndSaysThatThereIsMore) {
  for (std::uint32_t i = 0; i <= kDamageMax; ++i)
    damage_met({DamageMet::start, LogId{kLogs + 100 + i}, Offset{0}, Offset{1}});
  const DamageReport report = damage_report();
  EXPECT_EQ(report.stretches.size(), kDamageMax);
  EXPECT_FALSE(report.complete);
}

}  // namespace
}  // namespace twofold::engine
