// Random members that join, read, commit, fall silent, leave and are moved, against what a group
// promises: one reader for each partition, nobody without a share, commits that hold and never move
// back, work in hand that nobody else gets in time, and positions that a seek makes void.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "log/groups.h"
#include "tests/support/fake_core.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 5;
constexpr std::int64_t kRecords = 100;
constexpr Duration kSession = 10s;
constexpr Duration kTick = 9ms;  // a timer is late by so much
const std::vector<std::string> kMembers = {"a", "b", "c", "d"};

/// What a random step does: a kind and two numbers to make choices with.
using Step = std::tuple<std::uint8_t, std::uint16_t, std::uint16_t>;

/// A member as its own process sees it.
struct Client {
  bool joined = false;
  struct Hand {
    std::int64_t upto;
    std::uint64_t seeks;
  };
  std::map<std::int32_t, Hand> hands;  // partition -> what of it was handed out
};

class Story {
 public:
  Story() {
    start();
    TopicConfig config;
    config.partitions = kPartitions;
    topics_->create("t", config, false, [](auto&&) {});
    core_->commit();
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      Publish publish{"t", {}, std::nullopt};
      for (std::int64_t n = 0; n < kRecords; ++n) {
        PublishRecord record{
            {"k", "v", {}, WallTime{0}},
            PartitionId{p}
        };
        publish.records.push_back(record);
      }
      topics_->publish(std::move(publish), [](auto&&) {});
    }
    core_->commit();
  }

  void play(const Step& step) {
    const auto [kind, one, two] = step;
    const std::string& member = kMembers[one % kMembers.size()];
    switch (kind % 10) {
      case 0:
      case 1:
      case 2: return poll(member, two);
      case 3:
      case 4: return commit(member, two);
      case 5: return commit_one(member, two);
      case 6: return core_->pass(kSession / 4 * (1 + two % 5));
      case 7: return two % 3 == 0 ? leave(member) : poll(member, two);
      case 8: return two % 4 == 0 ? seek(two) : commit(member, two);
      default: return two % 8 == 0 ? crash() : poll(member, two);
    }
  }

  void check() {
    const auto info = groups_->find("g");
    std::map<std::int32_t, std::string> readers;
    std::map<std::string, std::size_t> shares;
    if (info) {
      for (const GroupMember& member : info->members) {
        shares[member.id] = member.assigned.size();
        for (const auto& one : member.assigned) reads(readers, one.key, member.id);
        for (const auto& one : member.revoking) {
          reads(readers, one.key, member.id);
          RC_ASSERT(one.commit_by + kTick > core_->now());
        }
      }
      if (!info->members.empty()) RC_ASSERT(readers.size() == std::size_t{kPartitions});
      if (info->state == GroupState::stable && !info->members.empty()) {
        const auto [least, most] =
            std::minmax_element(shares.begin(), shares.end(),
                                [](const auto& x, const auto& y) { return x.second < y.second; });
        RC_ASSERT(most->second - least->second <= 1);
      }
    }
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const auto stands = groups_->committed("g", "t", PartitionId{p});
      const auto expected = committed_.find(p);
      RC_ASSERT(stands.has_value() == (expected != committed_.end()));
      if (stands) RC_ASSERT(stands->value() == expected->second);
    }
  }

 private:
  static void reads(std::map<std::int32_t, std::string>& readers, const PartitionKey& key,
                    const std::string& member) {
    RC_ASSERT(readers.emplace(key.partition.value(), member).second);
  }

  void start() {
    core_ = std::make_unique<tests::FakeCore>(disk_, clock_);
    topics_ = std::make_unique<Topics>(*core_);
    groups_ = std::make_unique<Groups>(*core_, *topics_);
    core_->recover();
  }
  void crash() {
    groups_.reset();
    topics_.reset();
    core_.reset();
    start();
  }

  // A client that begins again from what was committed, and is handed some records.
  void poll(const std::string& member, std::uint16_t choice) {
    groups_->let_go("g", member);
    clients_[member].hands.clear();
    const auto holding = groups_->join({"g", member, "test", {"t"}, kSession});
    RC_ASSERT(holding.has_value());
    RC_ASSERT(holding->revoked.empty());  // it holds nothing that it could have to commit
    for (const HeldPartition& held : holding->assigned) {
      const std::int32_t p = held.key.partition.value();
      const auto stands = committed_.find(p);
      const std::int64_t from = stands == committed_.end() ? 0 : stands->second;
      RC_ASSERT(held.committed.value_or(Offset{0}).value() == from);
      RC_ASSERT(held.seeks == seeks_[p]);
      const std::int64_t upto = std::min<std::int64_t>(kRecords, from + choice % 7);
      if (upto == from) continue;
      groups_->handed_out("g", member, held.key, Offset{upto});
      clients_[member].hands[p] = {upto, held.seeks};
    }
  }

  // All that it has in hand, in one commit.
  void commit(const std::string& member, std::uint16_t) {
    Commit commit{"g", {}, member};
    for (const auto& [p, hand] : clients_[member].hands) {
      commit.offsets.push_back({"t", PartitionId{p}, Offset{hand.upto}});
      commit.offsets.back().seeks = hand.seeks;
    }
    if (!commit.offsets.empty()) send(std::move(commit));
  }
  void commit_one(const std::string& member, std::uint16_t choice) {
    const auto p = static_cast<std::int32_t>(choice % kPartitions);
    send(Commit{"g", {{"t", PartitionId{p}, Offset{choice % kRecords}}}, member});
  }

  void send(Commit commit) {
    const std::string member = std::get<std::string>(commit.by);
    std::optional<engine::Errc> expected;
    for (const auto& offset : commit.offsets) {
      expected = refusal(member, offset);
      if (expected) break;
    }
    const auto offsets = commit.offsets;
    std::optional<Result<Committed>> answer;
    groups_->commit(std::move(commit),
                    [&answer](auto result) { answer.emplace(std::move(result)); });
    core_->commit();
    RC_ASSERT(answer.has_value());
    RC_ASSERT(answer->has_value() == !expected);
    if (expected) {
      RC_ASSERT(answer->error().code == *expected);
      return;
    }
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const std::int64_t asked = offsets[i].offset.value();
      auto [stands, is_first] = committed_.emplace(offsets[i].partition.value(), asked);
      stands->second = std::max(stands->second, asked);
      RC_ASSERT((**answer).stands[i].offset.value() == stands->second);
    }
  }

  // What speaks against committing it: it is from before a seek, or it is new and somebody else
  // reads the partition.
  std::optional<engine::Errc> refusal(const std::string& member, const CommittedOffset& offset) {
    const std::int32_t p = offset.partition.value();
    if (offset.seeks && *offset.seeks != seeks_[p]) return engine::Errc::cursor_stale;
    const auto stands = committed_.find(p);
    if (stands != committed_.end() && offset.offset.value() <= stands->second) return std::nullopt;
    const auto info = groups_->find("g");
    if (!info) return std::nullopt;
    const auto is_it = [&](const auto& one) { return one.key.partition == offset.partition; };
    for (const GroupMember& other : info->members) {
      if (other.id == member) continue;
      if (std::any_of(other.assigned.begin(), other.assigned.end(), is_it) ||
          std::any_of(other.revoking.begin(), other.revoking.end(), is_it))
        return engine::Errc::member_fenced;
    }
    return std::nullopt;
  }

  void leave(const std::string& member) {
    (void)groups_->leave("g", member).has_value();
    clients_[member] = {};
    core_->commit();
  }

  void seek(std::uint16_t choice) {
    const auto p = static_cast<std::int32_t>(choice % kPartitions);
    groups_->seek("g",
                  {
                      {"t", PartitionId{p}, Offset{choice % kRecords}}
    },
                  [](auto&&) {});
    core_->commit();
    committed_[p] = choice % kRecords;
    ++seeks_[p];
  }

  tests::FakeDisk disk_;
  engine::ManualClock clock_;
  std::unique_ptr<tests::FakeCore> core_;
  std::unique_ptr<Topics> topics_;
  std::unique_ptr<Groups> groups_;
  std::map<std::string, Client> clients_;
  std::map<std::int32_t, std::int64_t> committed_;
  std::map<std::int32_t, std::uint64_t> seeks_;
};

RC_GTEST_PROP(LogGroups, KeepWhatTheyPromise, (const std::vector<Step>& steps)) {
  Story story;
  for (const Step& step : steps) {
    story.play(step);
    story.check();
  }
}

}  // namespace
}  // namespace twofold::log
