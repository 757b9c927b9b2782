#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/ids.h"

namespace twofold::log {

/// The 32-bit murmur2 that Java's Kafka client hashes keys with, seed 9747b28c.
std::uint32_t murmur2(std::string_view bytes);

/// The partition that a key belongs to: the same one that Java's Kafka client chooses, so producers
/// of every protocol agree. "" is a key like any other. Requires partitions > 0.
engine::PartitionId partition_of_key(std::string_view key, std::int32_t partitions);

}  // namespace twofold::log
