#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "http/broker.h"

namespace twofold::http {

/// Receipts of one queue whose messages are done with.
struct Acks {
  std::string queue;
  std::vector<std::string> receipts;
};
/// How far a group has read.
struct GroupOffsets {
  std::string group;
  std::vector<log::CommittedOffset> offsets;
  log::Committer by{};
};

/// Writes to any topics, queues and groups that are carried out together or not at all. A topic,
/// queue or group stands in each list once. Views in the records stay valid until the completion
/// ran.
struct Transaction {
  std::vector<log::Publish> publish{};
  std::vector<queue::Send> send{};
  std::vector<Acks> ack{};
  std::vector<GroupOffsets> offsets{};

  bool empty() const { return publish.empty() && send.empty() && ack.empty() && offsets.empty(); }
};

/// What was carried out, list by list as it was asked for.
struct Committed {
  std::vector<log::Published> published{};
  std::vector<queue::Sent> sent{};
  std::vector<std::size_t> acked{};  ///< messages
  engine::Durability durability = engine::Durability::disk;
};

/// Which part of a transaction stood in the way. Nothing was written.
struct Refused {
  enum class List { publish, send, ack, offsets, none };
  engine::Error error;
  List list = List::none;
  std::size_t entry = 0;  ///< of that list
};

using TransactionOutcome = std::variant<Committed, Refused>;

/// Carries out a transaction in one turn of the core, so that the journal keeps all of it or none:
/// everything is checked first, then everything is done. Answers once it is on disk, whatever less
/// the topics and queues are content with. `decided` hears in that turn what was written.
/// Errors: those of Topics::publish(), Queues::send(), Queues::check_ack() and Groups::check(),
/// and invalid_request when something stands in a list twice, or nothing in any. storage_failed
/// leaves open whether it was carried out. Threads: the core.
void commit(Broker& broker, Transaction transaction,
            engine::UniqueFunction<void(TransactionOutcome)> done,
            engine::Decided<Committed> decided = {});

}  // namespace twofold::http
