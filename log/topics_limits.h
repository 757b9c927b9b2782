#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace twofold::log {

inline constexpr std::size_t kTopicNameMax = 249;
inline constexpr std::int32_t kPartitionsMax = 10'000;         ///< of one topic
inline constexpr std::size_t kPartitionsTotalMax = 1'000'000;  ///< of all topics
inline constexpr std::uint32_t kRecordBytesMax = 64u << 20;    ///< what a topic may allow
inline constexpr std::size_t kWaitersMax = 100'000;            ///< readers waiting for records

inline constexpr std::chrono::milliseconds kDedupWindowMax = std::chrono::hours{24};
inline constexpr std::size_t kProducerIdMax = 255;  ///< bytes of a producer's name

inline constexpr std::size_t kGroupNameMax = 255;
inline constexpr std::size_t kGroupsMax = 1'000'000;
inline constexpr std::size_t kLiveGroupsMax = 100'000;  ///< that have members
inline constexpr std::size_t kGroupTopicsMax = 16;      ///< that one member reads
inline constexpr std::size_t kOffsetMetadataMax = 4096;

}  // namespace twofold::log
