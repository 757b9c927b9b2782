#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/topics.h"
#include "queue/queues.h"

namespace twofold::test {

/// What a record was when it was handed over: found again by its number, which stands in a header.
struct SentRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::int64_t timestamp = 0;
  bool refused = false;              ///< certainly not applied: must never be seen
  std::optional<std::uint64_t> seq;  ///< once its author was told
};

/// A record that a queue put into its dead letter queue. Which one it is shows when it is read:
/// one of those that left in the same turn.
struct Letter {
  std::size_t group;
  std::optional<std::int64_t> id;
};

/// Everything that never forgets: what a crash takes back keeps its number here.
struct Ledger {
  std::vector<SentRecord> records;
  std::vector<Letter> letters;
  std::vector<std::multiset<std::int64_t>> letter_groups;  ///< records, or letters that moved on
  std::int64_t wall_newest = 0;                            ///< that the calendar ever showed
  std::int64_t set_back_ms = 0;  ///< in all: records may be older by this than when they were sent

  /// Whether retention may have taken a record that was sent then.
  bool may_be_old(std::int64_t appended_ms, engine::Duration age) const {
    return appended_ms - set_back_ms < wall_newest - age.count();
  }

  /// Stands for the next letter in a log, until it is known which record it is.
  std::int64_t new_letter(std::size_t group) {
    letters.push_back(Letter{group, std::nullopt});
    return -static_cast<std::int64_t>(letters.size());
  }
  /// Whether the record found in a log may be the one that `noted` stands for; remembers it if so.
  bool is(std::int64_t noted, std::int64_t found, bool remember);
};

/// One delivery, by its number in the simulation's list.
struct KnownReceipt {
  std::uint32_t queue;
  std::int32_t partition;
  std::int64_t offset;
  std::string text;
  bool queue_was_lost = false;  ///< a crash took its making back: the number may mean another now
};

/// A message's newest receipt when two turns look the same from outside and differ in it.
inline constexpr std::int32_t kUnsureReceipt = -2;

enum class Phase : std::uint8_t { fresh, held, delayed, dead, done };

struct ModelMessage {
  Phase phase = Phase::fresh;
  std::uint32_t receives = 0;
  std::int64_t due = 0;
  std::int32_t receipt = -1;  ///< the newest; -1: nobody's
  std::int32_t reason = 0;    ///< dead: which of the reasons somebody gave; 0: none

  bool alive() const { return phase != Phase::done; }
  bool timed() const { return phase == Phase::held || phase == Phase::delayed; }
  bool held_at(std::int64_t now) const { return phase == Phase::held && due > now; }
  bool ready_at(std::int64_t now) const { return phase == Phase::fresh || (timed() && due <= now); }
  /// Its receives are used up, or somebody said so: it may be dead, or on its way.
  bool may_be_dead(std::int64_t now, std::uint32_t receives_max) const {
    return phase == Phase::dead ||
           (timed() && due <= now && receives_max > 0 && receives >= receives_max);
  }
};

struct ModelRecord {
  std::int64_t id;     ///< of SentRecord, or a letter
  std::uint64_t step;  ///< the turn that appended it
  std::int64_t appended_ms;
};

struct ModelLog {
  std::int64_t start = 0;
  std::vector<ModelRecord> records;
  engine::Durability weakest = engine::Durability::disk;  ///< that its readers ever agreed to

  std::int64_t end() const { return static_cast<std::int64_t>(records.size()); }
};

struct ModelTopic {
  std::uint32_t id;
  std::uint64_t version;
  log::TopicConfig config;
  std::vector<std::uint32_t> logs;
};

struct ModelPart {
  std::uint32_t log;
  std::vector<ModelMessage> messages;  ///< by offset
};

struct ModelQueue {
  std::uint32_t id;
  std::uint64_t version;
  queue::QueueConfig config;
  std::optional<queue::QueueSource> source;
  std::vector<ModelPart> parts;
};

using GroupKey = std::pair<std::string, std::int32_t>;  // topic, partition

/// What the broker would be if it were twenty maps on one thread that never dies: the state that
/// its answers have led to, one turn after the other.
struct Model {
  std::map<std::string, ModelTopic> topics;
  std::map<std::string, ModelQueue> queues;
  std::map<std::uint32_t, ModelLog> logs;
  std::map<std::string, std::map<GroupKey, std::int64_t>> groups;

  void add_topic(const log::TopicInfo& info);
  void remove_topic(const std::string& name);
  void add_queue(const queue::QueueInfo& info);
  void remove_queue(const std::string& name);
  void weaken(std::uint32_t log, engine::Durability durability);

  void append(std::uint32_t log, std::int64_t id, std::uint64_t step, std::int64_t now);
  /// A log forgets; its queues skip.
  void trim(std::uint32_t log, std::int64_t start);
  static void skip(ModelPart& part, std::int64_t upto);
  /// The oldest message that somebody may still want.
  std::int64_t floor(const ModelPart& part) const;

  /// Whether any message came due in the last `ms`.
  bool due_within(std::int64_t now, std::int64_t ms) const;

  /// Whether a message is ready that has used up its receives, because there were more of them when
  /// it came free: whoever looks next (a restart does) finds it dead.
  bool undecided(std::int64_t now) const;

  /// Makes room for messages that were appended since.
  ModelMessage& message(ModelPart& part, std::int64_t offset);
  const ModelMessage* find(const KnownReceipt& receipt) const;
  /// Receipts that are others in `other` are unsure from now on.
  void doubt_receipts(const Model& other);
  /// Whether a message waits for another time than in `other`, or for none any more.
  bool waits_otherwise(const Model& other) const;
  std::pair<const std::string, ModelQueue>* queue_of(std::uint32_t id);
  /// The queue that the dead of `name` move to; null: they stay.
  std::pair<const std::string, ModelQueue>* dead_letter_of(const std::string& name);
  /// 0: without end. What has no place to go does not die of it.
  std::uint32_t receives_max(const std::string& name) const;
  /// What died of so many receives and was on its way comes back if there is no such end any more.
  void revive_used_up(const std::string& name, std::uint32_t max_before);
};

}  // namespace twofold::test
