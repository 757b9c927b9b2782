// Requests with a key: what is kept of an answer, and who is answered with it.
#include "http/once.h"

#include <gtest/gtest.h>

#include "http/kept_answer.h"
#include "tests/unit/http/call_rig.h"

namespace twofold::http {
namespace {

using engine::Durability;
using engine::Errc;
using engine::LogId;
using engine::Offset;
using engine::PartitionId;
using engine::RequestKey;
using engine::Seq;
using queue::Settled;

log::Published published() {
  return {
      {{PartitionId{2}, LogId{9}, Offset{41}, Seq{7}, false},
       {PartitionId{0}, LogId{7}, Offset{5}, Seq{0}, true}},
      Durability::os
  };
}
queue::Sent sent() {
  return {
      {{Offset{4}, Seq{11}, false}, {Offset{1}, Seq{0}, true}},
      Durability::memory, LogId{12                          }
  };
}

void expect_same(const log::Published& a, const log::Published& b) {
  EXPECT_EQ(a.durability, b.durability);
  ASSERT_EQ(a.records.size(), b.records.size());
  for (std::size_t i = 0; i < a.records.size(); ++i) {
    EXPECT_EQ(a.records[i].partition, b.records[i].partition);
    EXPECT_EQ(a.records[i].log, b.records[i].log);
    EXPECT_EQ(a.records[i].offset, b.records[i].offset);
    EXPECT_EQ(a.records[i].seq, b.records[i].seq);
    EXPECT_EQ(a.records[i].duplicate, b.records[i].duplicate);
  }
}
void expect_same(const queue::Sent& a, const queue::Sent& b) {
  EXPECT_EQ(a.durability, b.durability);
  EXPECT_EQ(a.log, b.log);
  ASSERT_EQ(a.messages.size(), b.messages.size());
  for (std::size_t i = 0; i < a.messages.size(); ++i) {
    EXPECT_EQ(a.messages[i].offset, b.messages[i].offset);
    EXPECT_EQ(a.messages[i].seq, b.messages[i].seq);
    EXPECT_EQ(a.messages[i].duplicate, b.messages[i].duplicate);
  }
}

TEST(KeptAnswer, EveryResultComesBack) {
  expect_same(recall<log::Published>(keep(published())), published());
  expect_same(recall<queue::Sent>(keep(sent())), sent());
  const std::vector<Settled> settled = {Settled::acked,   Settled::already, Settled::stale,
                                        Settled::unknown, Settled::ok,      Settled::too_long};
  EXPECT_EQ(recall<std::vector<Settled>>(keep(settled)), settled);
  EXPECT_EQ(recall<std::uint64_t>(keep(std::uint64_t{1} << 63)), std::uint64_t{1} << 63);
  const auto offsets =
      recall<std::vector<log::CommittedOffset>>(keep(std::vector<log::CommittedOffset>{
          {"orders", PartitionId{3}, Offset{42}}
  }));
  ASSERT_EQ(offsets.size(), 1u);
  EXPECT_EQ(offsets[0].topic, "orders");
  EXPECT_EQ(offsets[0].partition, PartitionId{3});
  EXPECT_EQ(offsets[0].offset, Offset{42});
  const engine::LogStatus status{Offset{5}, Offset{9}, Offset{9}, 0, engine::WallTime{0}};
  const auto starts =
      recall<std::vector<log::PartitionOffsets>>(keep(std::vector<log::PartitionOffsets>{
          {PartitionId{1}, status}
  }));
  ASSERT_EQ(starts.size(), 1u);
  EXPECT_EQ(starts[0].status.start, Offset{5});
  EXPECT_EQ(starts[0].status.visible_end, Offset{9});
  const Committed committed{
      {published(), published()},
      {sent()     },
      {3,          0           },
      Durability::disk
  };
  const auto again = recall<Committed>(keep(committed));
  ASSERT_EQ(again.published.size(), 2u);
  expect_same(again.published[1], log::Published{published().records, Durability::disk});
  EXPECT_EQ(again.sent.at(0).messages.size(), 2u);
  EXPECT_EQ(again.acked, committed.acked);
}

// What a later version keeps may look different; whatever it is, reading it harms nobody.
TEST(KeptAnswer, CutOrForeignItRecallsAsLess) {
  const Committed committed{{published()}, {sent()}, {3}, Durability::disk};
  const engine::RequestAnswer whole = keep(committed);
  for (std::size_t cut = 0; cut < whole.bytes.size(); ++cut) {
    engine::RequestAnswer part{whole.bytes.substr(0, cut), whole.records};
    EXPECT_LE(recall<Committed>(part).published.size(), 1u);
    part = {
        whole.bytes,
        {whole.records.begin(),
                whole.records.begin() + static_cast<std::ptrdiff_t>(cut % whole.records.size())}
    };
    (void)recall<Committed>(part);
    EXPECT_TRUE(recall<log::Published>(part).records.empty()) << "another kind";
  }
}

struct Once : ::testing::Test {
  using Done = engine::Completion<std::uint64_t>;
  using Says = engine::Decided<std::uint64_t>;

  /// Asks under a key. A number, the name of an error, or nothing as long as there is no answer.
  template <class Start>
  std::shared_ptr<std::string> ask(char key, Start start, char fingerprint = 'f',
                                   Kept kept = Kept::durably) {
    auto answer = std::make_shared<std::string>();
    bool replayed = false;
    detail::carry_out_once<std::uint64_t>(
        rig.broker, RequestKey{{key}, {fingerprint}}, kept, replayed, start,
        [answer](Result<std::uint64_t> result) {
          *answer = result ? std::to_string(*result)
                           : std::to_string(static_cast<int>(result.error().code));
        });
    return answer;
  }
  /// A write that says `number` once it is durable.
  auto write(std::uint64_t number) {
    return [this, number](Done done, Says decided) {
      ++carried_out;
      decided(number);
      rig.core().on_commit(Durability::disk, [number, done = std::move(done)](
                                                 Result<Durability>) mutable { done(number); });
    };
  }
  static std::string name(Errc code) { return std::to_string(static_cast<int>(code)); }

  CallRig rig;
  int carried_out = 0;
};

TEST_F(Once, ASecondRequestWaitsForNobodyAndIsCarriedOutByNobody) {
  const auto first = ask('a', write(1));
  EXPECT_EQ(*ask('a', write(2)), name(Errc::idempotency_in_progress));
  EXPECT_EQ(*ask('a', write(2), 'x'), name(Errc::idempotency_key_reused));
  rig.core().commit();
  EXPECT_EQ(*first, "1");
  const auto again = ask('a', write(2));
  EXPECT_EQ(*again, "") << "not before the first answer is durable for certain";
  rig.core().commit();
  EXPECT_EQ(*again, "1");
  EXPECT_EQ(carried_out, 1);
}

TEST_F(Once, ARefusedRequestLeavesNoKeyBehind) {
  auto refuse = [this](Done done, const Says&) {
    ++carried_out;
    done(engine::Error(Errc::topic_not_found, ""));
  };
  EXPECT_EQ(*ask('a', refuse), name(Errc::topic_not_found));
  EXPECT_EQ(*ask('a', refuse), name(Errc::topic_not_found));
  EXPECT_EQ(carried_out, 2);
  EXPECT_EQ(rig.broker.requests.size(), 0u);
  EXPECT_EQ(rig.core().uncommitted(), 0u);
}

TEST_F(Once, WhatComesToItsWriteLaterIsRunningUntilThen) {
  std::optional<std::pair<Done, Says>> later;
  auto slow = [&later](Done done, Says decided) {
    later.emplace(std::move(done), std::move(decided));
  };
  const auto first = ask('a', slow);
  EXPECT_EQ(*ask('a', write(2)), name(Errc::idempotency_in_progress));
  later->second(7);
  later->first(7);
  EXPECT_EQ(*first, "7");
  const auto again = ask('a', write(2));
  rig.core().commit();
  EXPECT_EQ(*again, "7");
  EXPECT_EQ(carried_out, 0);
}

TEST_F(Once, AnUnknownOutcomeStaysOpen) {
  const auto first = ask('a', [this](Done done, Says decided) {
    decided(1);
    rig.core().on_commit(
        Durability::disk,
        [done = std::move(done)](Result<Durability> reached) mutable { done(reached.error()); });
  });
  rig.core().fail_commit();
  EXPECT_EQ(*first, name(Errc::storage_failed));
  EXPECT_EQ(*ask('a', write(2)), name(Errc::idempotency_in_progress)) << "only a restart can tell";
}

TEST_F(Once, WhatARestartEndsIsRememberedUntilThen) {
  std::optional<Done> running;
  auto begin = [&running](Done done, Says decided) {
    decided(0);
    running = std::move(done);
  };
  const auto first = ask('a', begin, 'f', Kept::until_restart);
  EXPECT_EQ(*ask('a', begin, 'f', Kept::until_restart), name(Errc::idempotency_in_progress));
  (*running)(5);
  EXPECT_EQ(*first, "5");
  const auto again = ask('a', begin, 'f', Kept::until_restart);
  rig.core().commit();
  EXPECT_EQ(*again, "5") << "what it came to, not what was said when it began";
}

struct NobodyWaits final : Watch {
  void begin_wait(std::shared_ptr<Interruptible>) override {}
  void end_wait() override {}
};
struct NothingGoesOut final : Outlet {
  Task<> pause() override { co_return; }
  Task<bool> send() override { co_return false; }
  bool is_closing() override { return true; }
};

TEST(RequestKeys, AreOfEverythingThatIsAskedFor) {
  CallRig rig;
  NobodyWaits watch;
  NothingGoesOut outlet;
  const auto key_of = [&](std::string_view method, std::string_view target, std::string_view body,
                          std::vector<Field> fields, std::string_view key) {
    Call call(rig.broker, rig.common, watch, outlet);
    call.head.method = method;
    call.head.target = target;
    call.head.fields = std::move(fields);
    call.head.idempotency_key = key;
    call.body = body;
    return *request_key(call);
  };
  const std::string_view target = "/v1/topics/t/records";
  const RequestKey same = key_of("POST", target, "a", {}, "k");
  EXPECT_EQ(key_of("POST", target, "a", {}, "k").fingerprint, same.fingerprint);
  EXPECT_EQ(key_of("POST", target, "a",
                   {
                       {"Accept",     "x"},
                       {"User-Agent", "y"}
  },
                   "k")
                .fingerprint,
            same.fingerprint);
  EXPECT_NE(key_of("POST", target, "b", {}, "k").fingerprint, same.fingerprint);
  EXPECT_NE(key_of("POST", "/v1/topics/u/records", "a", {}, "k").fingerprint, same.fingerprint);
  EXPECT_NE(key_of("POST", target, "a",
                   {
                       {"twofold-h-x", "1"}
  },
                   "k")
                .fingerprint,
            same.fingerprint);
  EXPECT_NE(key_of("POST", target, "a",
                   {
                       {"ce-id", "1"}
  },
                   "k")
                .fingerprint,
            same.fingerprint);
  EXPECT_NE(key_of("POST", target, "a", {}, "l").key, same.key);
  EXPECT_EQ(key_of("POST", target, "b", {}, "k").key, same.key);
}

}  // namespace
}  // namespace twofold::http
