#include "log/key_index.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>

#include "engine/record_batch.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;
using engine::LogId;
using engine::Offset;
using engine::Result;

namespace {

constexpr std::size_t kKeyBytes = 40;  // of memory
constexpr std::size_t kReadBytes = 1 << 20;

std::uint64_t hash_with(const std::array<unsigned char, 16>& hash_key, std::string_view key) {
  static_assert(crypto_shorthash_BYTES == sizeof(std::uint64_t));
  static_assert(crypto_shorthash_KEYBYTES == 16);
  std::uint64_t hash = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash_key.data());
  return hash;
}

bool lies_in(const engine::OffsetRuns& runs, Offset offset) {
  const auto at = std::partition_point(runs.begin(), runs.end(), [offset](const auto& run) {
    return run.second <= offset;
  });
  return at != runs.end() && at->first <= offset;
}

}  // namespace

KeyIndex::KeyIndex(engine::Core& core, std::size_t bytes_max)
    : core_(core), keys_max_(bytes_max / kKeyBytes) {
  for (unsigned char& byte : hash_key_) byte = static_cast<unsigned char>(core.random() & 0xFF);
}

KeyIndex::Log* KeyIndex::find(LogId log) {
  const auto found = logs_.find(log);
  return found == logs_.end() ? nullptr : found->second.get();
}

std::uint64_t KeyIndex::hash_of(std::string_view key) const { return hash_with(hash_key_, key); }

bool KeyIndex::knows(LogId log) const {
  const auto found = logs_.find(log);
  return found != logs_.end() && found->second->read >= found->second->begun;
}

std::optional<Offset> KeyIndex::newest(LogId log, std::string_view key) {
  Log* const of = find(log);
  TF_CHECK(of != nullptr);
  uses_.splice(uses_.end(), uses_, of->use);
  const auto found = of->newest.find(hash_of(key));
  if (found == of->newest.end() || found->second < core_.status(log).start) return std::nullopt;
  return found->second;
}

void KeyIndex::note(Log& log, std::uint64_t hash, Offset offset) {
  const auto [at, is_new] = log.newest.try_emplace(hash, offset);
  if (is_new) ++keys_;
  at->second = std::max(at->second, offset);
}

void KeyIndex::appended(LogId log, const std::optional<std::string_view>& key, Offset offset) {
  if (logs_.empty() || !key) return;
  Log* const of = find(log);
  if (!of) return;
  note(*of, hash_of(*key), offset);
  if (keys_ > keys_max_ && !make_room(log))
    end(log, Error(Errc::overloaded, fmt::format("the partition has more than {} keys", keys_max_),
                   "key_last needs all of them in memory; expect last_seq instead"));
}

void KeyIndex::removed(LogId log, const engine::OffsetRuns& removed) {
  Log* const of = find(log);
  if (!of) return;
  keys_ -= std::erase_if(of->newest,
                         [&removed](const auto& key) { return lies_in(removed, key.second); });
  if (of->read < of->begun) of->removed.push_back(removed);
}

void KeyIndex::forget(LogId log) {
  const auto found = logs_.find(log);
  if (found == logs_.end()) return;
  end(log, Error(Errc::topic_not_found, "the topic was removed"));
}

void KeyIndex::learn(LogId log, engine::Completion<void> done) {
  if (Log* const known = find(log)) {
    if (known->read >= known->begun) return done({});
    known->waiting.push_back(std::move(done));
    return;
  }
  const auto status = core_.status(log);
  auto begun = std::make_unique<Log>();
  begun->read = status.start;
  begun->begun = status.end;
  begun->number = next_number_++;
  begun->waiting.push_back(std::move(done));
  begun->use = uses_.insert(uses_.end(), log);
  logs_.emplace(log, std::move(begun));
  read_on(log);
}

void KeyIndex::read_on(LogId log) {
  Log& of = *find(log);
  const auto status = core_.status(log);
  of.read = std::max(of.read, status.start);
  if (of.read >= of.begun) return end(log, {});
  engine::ReadPlan plan = core_.plan_read(log, of.read, kReadBytes);
  if (plan.empty()) return wait_for_commit(log, of.number);
  auto found = std::make_shared<Found>();
  found->upto = of.read;
  core_.study(
      std::move(plan),
      [found, from = of.read,
       hash_key = hash_key_](Result<std::vector<engine::StoredBatch>> batches) {
        if (!batches) {
          found->trouble = batches.error();
          return;
        }
        for (const engine::StoredBatch& batch : *batches) {
          engine::BatchCursor cursor(batch.bytes, batch.base_seq);
          cursor.skip_before(from);
          for (auto record = cursor.next(); record && *record; record = cursor.next()) {
            if ((*record)->key)
              found->newest.insert_or_assign(hash_with(hash_key, *(*record)->key),
                                             (*record)->offset);
          }
          found->upto = engine::advance(engine::batch_header(batch.bytes).last_offset(), 1);
        }
      },
      [this, log, number = of.number, found] { take(log, number, *found); });
}

void KeyIndex::take(LogId log, std::uint64_t number, const Found& found) {
  Log* const of = find(log);
  if (!of || of->number != number) return;
  Offset upto = found.upto;
  if (found.trouble) {
    // Behind what is damaged for good it goes on: nobody can read a key from there either.
    const bool passable =
        found.trouble->code == Errc::data_damaged && found.trouble->number > of->read.value();
    if (!passable) return end(log, *found.trouble);
    upto = Offset{found.trouble->number};
  }
  for (const auto& [hash, offset] : found.newest) {
    const bool is_gone = std::any_of(of->removed.begin(), of->removed.end(),
                                     [at = offset](const auto& runs) { return lies_in(runs, at); });
    if (!is_gone) note(*of, hash, offset);
  }
  of->read = std::max(of->read, upto);
  if (of->read >= of->begun) of->removed = {};
  if (keys_ > keys_max_ && !make_room(log))
    return end(
        log, Error(Errc::overloaded, fmt::format("the partition has more than {} keys", keys_max_),
                   "key_last needs all of them in memory; expect last_seq instead"));
  read_on(log);
}

// What is not durable yet cannot be read yet.
void KeyIndex::wait_for_commit(LogId log, std::uint64_t number) {
  core_.on_commit(engine::Durability::disk,
                  [this, log, number](Result<engine::Durability> durable) {
                    const Log* const of = find(log);
                    if (!of || of->number != number) return;
                    if (!durable) return end(log, durable.error());
                    read_on(log);
                  });
}

// The index stays when all of the log was read, and goes when it could not be.
void KeyIndex::end(LogId log, const Result<>& outcome) {
  const auto found = logs_.find(log);
  auto waiting = std::exchange(found->second->waiting, {});
  if (!outcome) {
    keys_ -= found->second->newest.size();
    uses_.erase(found->second->use);
    logs_.erase(found);
  }
  for (auto& done : waiting) done(outcome);
}

bool KeyIndex::make_room(LogId log) {
  for (auto at = uses_.begin(); at != uses_.end() && keys_ > keys_max_;) {
    const LogId oldest = *at++;
    const Log& of = *find(oldest);
    if (oldest == log || of.read < of.begun) continue;
    end(oldest, Error(Errc::overloaded, "another partition needed the room"));
  }
  return keys_ <= keys_max_;
}

}  // namespace twofold::log
