// The parts of a running broker that can be looked at without one.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/config/load.h"
#include "src/serve/health_watch.h"
#include "src/serve/memory.h"
#include "src/serve/running_broker.h"
#include "tests/support/broker_rig.h"

namespace twofold {
namespace {

using engine::CoreStats;
using engine::DiskCall;
using engine::DiskFault;
using engine::Instant;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1 << 20;

Config config_of(std::vector<std::pair<std::string, std::string>> settings) {
  config::Sources sources;
  for (auto& [key, value] : settings) sources.flags.push_back({key, value, "--set " + key});
  const auto loaded = config::load(sources);
  EXPECT_TRUE(loaded.errors.empty()) << loaded.errors.front().what;
  return loaded.config;
}

Instant at(engine::Duration since) { return Instant{0} + since; }

TEST(StorageJudge, AFullDiskIsDegradedAndStillReady) {
  StorageJudge judge;
  CoreStats stats;
  stats.free_bytes = 3ull << 30;
  EXPECT_EQ(judge.judge(stats, std::nullopt, at(0s)).at(0).detail, "3.0 GiB free");
  stats.full = true;
  const auto disk = judge.judge(stats, std::nullopt, at(1s)).at(0);
  EXPECT_TRUE(disk.ok) << "consumers must be able to make room";
  EXPECT_TRUE(disk.degraded);
  EXPECT_THAT(disk.detail, HasSubstr("publishes are refused"));
}

// "0.0 GiB free" said that it was full.
TEST(StorageJudge, LittleRoomIsToldInAUnitThatSaysHowLittle) {
  StorageJudge judge;
  CoreStats stats;
  stats.free_bytes = 41 * kMiB;
  EXPECT_EQ(judge.judge(stats, std::nullopt, at(0s)).at(0).detail, "41 MiB free");
  stats.free_bytes = kMiB - 1;
  EXPECT_EQ(judge.judge(stats, std::nullopt, at(1s)).at(0).detail, "1023 KiB free");
}

TEST(StorageJudge, AJournalThatTakesNothingForTenSecondsIsNotReady) {
  StorageJudge judge;
  CoreStats stats;
  stats.blocks = 7;
  stats.gathered_bytes = 100;
  EXPECT_TRUE(judge.judge(stats, std::nullopt, at(0s)).at(1).ok);
  EXPECT_TRUE(judge.judge(stats, std::nullopt, at(9'999ms)).at(1).ok);
  const auto stuck = judge.judge(stats, std::nullopt, at(10s)).at(1);
  EXPECT_FALSE(stuck.ok);
  EXPECT_EQ(stuck.detail, "100 bytes have waited 10 s for the device");
  stats.blocks = 8;
  EXPECT_TRUE(judge.judge(stats, std::nullopt, at(11s)).at(1).ok) << "it goes on";
  stats.gathered_bytes = 0;
  EXPECT_TRUE(judge.judge(stats, std::nullopt, at(60s)).at(1).ok) << "nobody waits";
}

struct Watched : ::testing::Test {
  Watched() { EXPECT_TRUE(rig.start()); }

  engine::SeededRandom random{1};
  engine::ManualClock clock;
  engine::SimulatedFileSystem disk{random};
  test::BrokerRig rig{disk, clock, random};
};

TEST_F(Watched, AfterAFailedSyncNobodyIsToldThatTheBrokerIsReady) {
  engine::ManualExecutor pool{clock};
  http::BrokerShared shared;
  http::Broker broker{rig.core(), rig.topics(), rig.groups(),   rig.queues(), pool,
                      clock,      random,       rig.requests(), shared};
  broker.shared.health = http::Health::ready;
  boost::asio::io_context context;
  HealthWatch watch(context, rig.core(), clock, broker);
  watch.look();
  ASSERT_EQ(watch.checks().size(), 3u);
  EXPECT_EQ(watch.checks().at(2).name, "damage");
  EXPECT_TRUE(watch.checks().at(1).ok);

  disk.fail(DiskCall::write, 1, DiskFault::io_error, 1000);
  disk.fail(DiskCall::sync, 1, DiskFault::io_error, 1000);
  rig.on_core([this] {
    rig.topics().create("orders", {}, false, [](const engine::Result<log::TopicInfo>&) {});
  });
  rig.idle();
  ASSERT_TRUE(rig.core().failure());
  watch.look();
  EXPECT_EQ(broker.shared.health, http::Health::failed);
  EXPECT_FALSE(watch.checks().at(1).ok);
  EXPECT_THAT(watch.checks().at(1).detail, HasSubstr("journal cannot be written"));

  broker.shared.health = http::Health::draining;
  watch.look();
  EXPECT_EQ(broker.shared.health, http::Health::draining) << "who drains goes on draining";
}

// What was left in the second thread's context outlived the first one, and used it.
TEST_F(Watched, AServerThatCannotListenEverywhereLeavesNothingBehind) {
  engine::ManualExecutor pool{clock};
  http::BrokerShared shared;
  http::Broker broker{rig.core(), rig.topics(), rig.groups(), rig.queues(), pool, clock, random,
                      rig.requests(), shared};
  boost::asio::io_context first, second;
  http::Server server(broker, {&first, &second}, http::ServerOptions{});
  auto taken = http::take_address(first, "127.0.0.1", 0);
  ASSERT_TRUE(taken);
  auto again = http::take_address(first, "127.0.0.1", taken->local_endpoint().port());
  ASSERT_TRUE(again) << "nobody listens yet";
  ASSERT_TRUE(server.listen(*std::move(taken)));
  const auto refused = server.listen(*std::move(again));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("another program uses the port"));
  EXPECT_EQ(first.poll(), 0u);
  EXPECT_EQ(second.poll(), 0u);
}

TEST(Address, NobodyIsLetInBeforeTheServerListens) {
  boost::asio::io_context context;
  auto taken = http::take_address(context, "127.0.0.1", 0);
  ASSERT_TRUE(taken);
  const auto endpoint = taken->local_endpoint();
  EXPECT_NE(endpoint.port(), 0);
  boost::asio::ip::tcp::socket client(context);
  boost::system::error_code error;
  client.connect(endpoint, error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
}

TEST(Address, APortInUseAndAWrongAddressSayWhatToDo) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor other(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const auto refused = http::take_address(context, "127.0.0.1", other.local_endpoint().port());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("another program uses the port"));
  const auto named = http::take_address(context, "broker.example.org", 0);
  ASSERT_FALSE(named);
  EXPECT_FALSE(named.error().hint.empty());
}

TEST(Address, LocalhostIsLoopback) {
  EXPECT_EQ(*split_address("localhost:8080"),
            std::pair(std::string("127.0.0.1"), std::uint16_t{8080}));
  EXPECT_EQ(*split_address("[::1]:80"), std::pair(std::string("::1"), std::uint16_t{80}));
}

TEST(Memory, WithoutALimitTheBudgetsAreTheDocumentedOnes) {
  const MemoryBudgets budgets = memory_budgets(config_of({}));
  EXPECT_EQ(budgets.bodies, 256 * kMiB);
  EXPECT_EQ(budgets.gathered, 256 * kMiB);
  EXPECT_EQ(budgets.answers, 256 * kMiB);
  EXPECT_EQ(budgets.marked_messages, 50'000'000u);
  EXPECT_EQ(budgets.tail_cache, 32 * kMiB);
}

TEST(Memory, ALimitIsSharedOutToTheBudgetsThatThereAre) {
  const Config config = config_of({
      {"limits.memory", "512MiB"}
  });
  EXPECT_EQ(server_options(config)->body_bytes_total_max, 128 * kMiB);
  EXPECT_EQ(engine_options(config).core.gathered_bytes_max, 128 * kMiB);
  EXPECT_EQ(engine_options(config).core.tail_cache_bytes, 32 * kMiB);
  EXPECT_EQ(server_options(config)->answer_bytes_total_max, 64 * kMiB);
  EXPECT_EQ(memory_budgets(config).marked_messages, 64 * kMiB / 100);
  EXPECT_EQ(groups_options(config, memory_budgets(config)).bytes_max, 8 * kMiB);
  EXPECT_EQ(memory_budgets(config).waiting, 8 * kMiB);
  EXPECT_LE(memory_budgets(config).total(), 448 * kMiB);
  const Config sized = config_of({
      {"limits.memory",      "4GiB"},
      {"storage.tail_cache", "8MiB"}
  });
  EXPECT_EQ(engine_options(sized).core.tail_cache_bytes, 8 * kMiB) << "its own key says it";
}

TEST(Memory, WithoutALimitOfOursThatOfTheControlGroupIsSharedOut) {
  Config config = config_of({});
  EXPECT_EQ(follow_group(config, 512 * kMiB), 256 * kMiB);
  EXPECT_EQ(memory_budgets(config).answers, 32 * kMiB);
  EXPECT_LE(memory_budgets(config).total(), 256 * kMiB);
  EXPECT_EQ(engine_options(config).core.gathered_bytes_max, 64 * kMiB);
  EXPECT_EQ(server_options(config)->body_bytes_total_max, 64 * kMiB);
}

TEST(Memory, OfALargeControlGroupNoBudgetGetsMoreThanWithoutOne) {
  Config config = config_of({});
  follow_group(config, std::uint64_t{512} << 30);
  EXPECT_EQ(memory_budgets(config).bodies, 256 * kMiB);
  EXPECT_EQ(memory_budgets(config).marked_messages, 50'000'000u);
  EXPECT_EQ(memory_budgets(config).tail_cache, 32 * kMiB);
}

TEST(Memory, WhoeverSaysHowMuchIsNotOverruledByTheControlGroup) {
  Config told = config_of({
      {"limits.memory", "512MiB"}
  });
  EXPECT_EQ(follow_group(told, 64 * kMiB), 0u);
  EXPECT_EQ(memory_budgets(told).bodies, 128 * kMiB);
  Config free = config_of({});
  EXPECT_EQ(follow_group(free, std::nullopt), 0u);
  EXPECT_EQ(memory_budgets(free).bodies, 256 * kMiB);
}

TEST(Memory, ASmallLimitStillAdmitsTheLargestRequest) {
  const MemoryBudgets budgets = memory_budgets(config_of({
      {"limits.memory", "1MiB"}
  }));
  EXPECT_EQ(budgets.bodies, 10 * kMiB);
  EXPECT_EQ(budgets.gathered, 20 * kMiB);
  EXPECT_EQ(budgets.tail_cache, kMiB);
}

TEST(ServerOptions, WhatTheConfigurationSaysReachesTheServer) {
  const auto options = *server_options(config_of({
      {"http.hosts",        "a.example, b.example"},
      {"http.cors_origins", "https://c.example"   },
      {"http.compression",  "false"               }
  }));
  EXPECT_THAT(options.hosts_allowed, testing::ElementsAre("a.example", "b.example"));
  EXPECT_THAT(*options.origins_allowed.now(), testing::ElementsAre("https://c.example"));
  EXPECT_FALSE(options.compression);
  EXPECT_TRUE(server_options(config_of({}))->compression);
}

TEST(ServerOptions, ThePublicUrlIsInQueueUrlsAndItsHostIsOurs) {
  const auto queue_url = [](const char* url) {
    return server_options(config_of({
                              {"http.public_url", url}
    }))
        ->sqs.queue_url;
  };
  EXPECT_EQ(queue_url(""), "{scheme}://{host}/{account}/{name}");
  EXPECT_EQ(queue_url("https://q.example"), "https://q.example/{account}/{name}");
  EXPECT_EQ(queue_url("http://[::1]:80/a"), "http://[::1]:80/a/{account}/{name}");

  const auto options = *server_options(config_of({
      {"http.hosts",      "a.example"                                 },
      {"http.public_url", "https://q.example:8443"                    },
      {"sqs.queue_url",   "{scheme}://sqs.{region}.x/{account}/{name}"}
  }));
  EXPECT_EQ(options.sqs.queue_url, "https://sqs.{region}.x/{account}/{name}")
      << "what spells its host keeps it";
  EXPECT_THAT(options.hosts_allowed,
              testing::ElementsAre("a.example", "q.example", "q.example:8443"));
  EXPECT_THAT(server_options(config_of({
                                 {"http.public_url", "http://[::1]:80/a"}
  }))
                  ->hosts_allowed,
              testing::ElementsAre("[::1]", "[::1]:80"));
}

}  // namespace
}  // namespace twofold
