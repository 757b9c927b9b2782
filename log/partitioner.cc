#include "log/partitioner.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace twofold::log {

std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t kMix = 0x5bd1e995;
  constexpr std::uint32_t kSeed = 0x9747b28c;

  auto hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    auto block = engine::load_le<std::uint32_t>(bytes.data());
    block *= kMix;
    block ^= block >> 24;
    block *= kMix;
    hash *= kMix;
    hash ^= block;
  }
  if (!bytes.empty()) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    hash *= kMix;
  }
  hash ^= hash >> 13;
  hash *= kMix;
  hash ^= hash >> 15;
  return hash;
}

engine::PartitionId partition_of_key(std::string_view key, std::int32_t partitions) {
  TF_CHECK(partitions > 0);
  return engine::PartitionId{static_cast<std::int32_t>(murmur2(key) & 0x7fffffff) % partitions};
}

}  // namespace twofold::log
