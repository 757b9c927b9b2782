#include "http/transaction.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace twofold::http {
namespace {

using engine::Durability;
using engine::Errc;
using engine::Error;
using engine::Result;
using List = Refused::List;

/// What the checks of a transaction have found, by list.
struct Checked {
  std::vector<log::CheckedPublish> publish;
  std::vector<queue::CheckedSend> send;
  std::vector<queue::CheckedAck> ack;
  std::vector<log::Groups::Checked> offsets;
  std::size_t to_publish = 0;  // bytes
  std::size_t to_consume = 0;
};

// The first entry whose name stood before it.
template <class Entry>
std::optional<Refused> named_twice(const std::vector<Entry>& entries, std::string Entry::*name,
                                   List list) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const auto same = [&](const Entry& other) { return other.*name == entries[i].*name; };
    if (std::none_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(i), same))
      continue;
    Error error(Errc::invalid_request, fmt::format("{} is named twice", entries[i].*name),
                "put what belongs to one topic, queue or group together");
    return Refused{std::move(error), list, i};
  }
  return std::nullopt;
}

std::optional<Refused> check_shape(const Transaction& transaction) {
  if (transaction.empty())
    return Refused{Error(Errc::invalid_request, "there is nothing to commit")};
  auto twice = named_twice(transaction.publish, &log::Publish::topic, List::publish);
  if (!twice) twice = named_twice(transaction.send, &queue::Send::queue, List::send);
  if (!twice) twice = named_twice(transaction.ack, &Acks::queue, List::ack);
  if (!twice) twice = named_twice(transaction.offsets, &GroupOffsets::group, List::offsets);
  return twice;
}

// Checks each entry of a list; `check` says whether one can be carried out, and what it takes.
template <class Entry, class Found, class Check>
std::optional<Refused> check_each(const std::vector<Entry>& entries, List list,
                                  std::vector<Found>& found, Check check) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto checked = check(entries[i]);
    if (!checked) return Refused{checked.error(), list, i};
    found.push_back(*std::move(checked));
  }
  return std::nullopt;
}

std::optional<Refused> check(const Broker& broker, const Transaction& transaction, Checked& found) {
  auto refused = check_shape(transaction);
  // Offsets alone from the past change nothing; with them go results that were written before.
  const bool results_hang_on_it =
      !transaction.publish.empty() || !transaction.send.empty() || !transaction.ack.empty();
  if (!refused)
    refused = check_each(transaction.ack, List::ack, found.ack, [&](const Acks& acks) {
      return broker.queues.check_ack(acks.queue, acks.receipts);
    });
  if (!refused)
    refused = check_each(transaction.offsets, List::offsets, found.offsets,
                         [&](const GroupOffsets& group) {
                           log::Commit commit{group.group, group.offsets, group.by};
                           commit.must_not_lag = results_hang_on_it;
                           return broker.groups.check(std::move(commit));
                         });
  if (!refused)
    refused = check_each(transaction.publish, List::publish, found.publish,
                         [&](const log::Publish& publish) { return broker.topics.check(publish); });
  if (!refused)
    refused = check_each(transaction.send, List::send, found.send,
                         [&](const queue::Send& send) { return broker.queues.check(send); });
  return refused;
}

std::optional<Refused> admit(Broker& broker, Checked& found) {
  for (const auto& publish : found.publish) found.to_publish += publish.bytes;
  for (const auto& send : found.send) found.to_publish += send.bytes;
  for (const auto& ack : found.ack) found.to_consume += ack.bytes;
  for (const auto& offsets : found.offsets) found.to_consume += offsets.bytes;
  const auto kind = found.to_publish > 0 ? engine::Admission::publish : engine::Admission::consume;
  auto admitted = broker.core.admit(kind, found.to_publish + found.to_consume);
  if (!admitted) return Refused{admitted.error()};
  return std::nullopt;
}

// Nothing in here can fail any more.
Committed write(Broker& broker, const Transaction& transaction, Checked& found) {
  Committed committed;
  for (std::size_t i = 0; i < found.publish.size(); ++i)
    committed.published.push_back(broker.topics.write(transaction.publish[i], found.publish[i]));
  for (std::size_t i = 0; i < found.send.size(); ++i)
    committed.sent.push_back(broker.queues.write(transaction.send[i], found.send[i]));
  for (const auto& ack : found.ack) {
    broker.queues.write_ack(ack);
    committed.acked.push_back(ack.messages);
  }
  for (auto& offsets : found.offsets) broker.groups.apply(std::move(offsets));
  return committed;
}

Committed named(Broker& broker, Committed committed, Durability reached) {
  committed.durability = reached;
  for (auto& published : committed.published)
    published = broker.topics.named(std::move(published), reached);
  for (auto& sent : committed.sent) sent = broker.queues.named(std::move(sent), reached);
  return committed;
}

using Done = engine::UniqueFunction<void(TransactionOutcome)>;

void carry_out(Broker& broker, Transaction transaction, Done done,
               engine::Decided<Committed> decided) {
  Checked found;
  auto refused = check(broker, transaction, found);
  if (!refused) refused = admit(broker, found);
  if (refused && refused->error.code == Errc::expectation_failed) {
    // What is said to be true instead must be durable first.
    const std::size_t entry = refused->entry;
    return broker.topics.refuse(
        transaction.publish[entry], std::move(refused->error),
        [entry, done = std::move(done)](const Result<log::Published>& refusal) mutable {
          done(Refused{refusal.error(), List::publish, entry});
        });
  }
  if (refused) return done(*std::move(refused));

  Committed committed = write(broker, transaction, found);
  if (decided) decided(committed);
  broker.core.on_commit(Durability::disk,
                        [&broker, committed = std::move(committed),
                         done = std::move(done)](const Result<Durability>& reached) mutable {
                          if (!reached) return done(Refused{reached.error()});
                          done(named(broker, std::move(committed), *reached));
                        });
}

// What entries expect of keys must be known before they can be checked. Each is learned once: when
// there is no room for all of them, the check says so.
void learn_then_carry_out(Broker& broker, std::size_t from, Transaction transaction, Done done,
                          engine::Decided<Committed> decided) {
  std::size_t entry = from;
  while (entry < transaction.publish.size() && broker.topics.knows(transaction.publish[entry]))
    ++entry;
  if (entry >= transaction.publish.size())
    return carry_out(broker, std::move(transaction), std::move(done), std::move(decided));
  const log::Publish about = transaction.publish[entry];
  auto learned = [&broker, entry, transaction = std::move(transaction), done = std::move(done),
                  decided = std::move(decided)](const Result<>& outcome) mutable {
    if (!outcome) return done(Refused{outcome.error(), List::publish, entry});
    learn_then_carry_out(broker, entry + 1, std::move(transaction), std::move(done),
                         std::move(decided));
  };
  broker.topics.learn(about, std::move(learned));
}

}  // namespace

void commit(Broker& broker, Transaction transaction, Done done,
            engine::Decided<Committed> decided) {
  learn_then_carry_out(broker, 0, std::move(transaction), std::move(done), std::move(decided));
}

}  // namespace twofold::http
