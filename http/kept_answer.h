#pragma once

#include <cstdint>
#include <vector>

#include "engine/requests.h"
#include "http/transaction.h"
#include "log/groups.h"
#include "log/topics.h"
#include "queue/queues.h"

namespace twofold::http {

/// About the most that an answer takes while it is kept.
inline constexpr std::size_t kAnswerBytesMax = 32 << 10;

/// How the results of writes are kept, so that a request that comes again is answered alike: keep()
/// before the commit, recall() after it, also in another life of the broker. Numbers in here are on
/// disk and never change their meaning; what does not parse recalls as an empty result.
///
///   every one   kind u8 | durability u8, then
///   published   records uvarint x { partition << 1 | duplicate uvarint }; their logs and offsets
///               are the answer's records
///   sent        log uvarint | messages uvarint x { duplicate u8 }; the same
///   settled     results uvarint x u8
///   offsets     topics uvarint x { name bytes, partition uvarint, offset uvarint }
///   starts      partitions uvarint x { partition uvarint, start varint, end varint }
///   number      uvarint
///   committed   published uvarint x published | sent uvarint x sent | acked uvarint x uvarint
engine::RequestAnswer keep(const log::Published& published);
engine::RequestAnswer keep(const queue::Sent& sent);
engine::RequestAnswer keep(const std::vector<queue::Settled>& settled);
engine::RequestAnswer keep(const std::vector<log::CommittedOffset>& offsets);
engine::RequestAnswer keep(const std::vector<log::PartitionOffsets>& starts);
engine::RequestAnswer keep(std::uint64_t number);
engine::RequestAnswer keep(const Committed& committed);

template <class T>
T recall(const engine::RequestAnswer& answer);
template <>
log::Published recall(const engine::RequestAnswer& answer);
template <>
queue::Sent recall(const engine::RequestAnswer& answer);
template <>
std::vector<queue::Settled> recall(const engine::RequestAnswer& answer);
template <>
std::vector<log::CommittedOffset> recall(const engine::RequestAnswer& answer);
template <>
std::vector<log::PartitionOffsets> recall(const engine::RequestAnswer& answer);
template <>
std::uint64_t recall(const engine::RequestAnswer& answer);
template <>
Committed recall(const engine::RequestAnswer& answer);

/// What must hold before such a result is answered: disk, for those that say nothing of it.
template <class T>
engine::Durability durability_of(const T& result) {
  if constexpr (requires { result.durability; }) {
    return result.durability;
  } else {
    return engine::Durability::disk;
  }
}
template <class T>
void set_durability(T& result, engine::Durability reached) {
  if constexpr (requires { result.durability; }) result.durability = reached;
}

}  // namespace twofold::http
