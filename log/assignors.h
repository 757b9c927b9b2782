#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/group.h"

namespace twofold::log {

/// How the broker shares partitions out.
///   cooperative_sticky  evenly, and whoever has a partition keeps it as long as that stays even
///   range               of each topic neighbours go together, members in the order of their names:
///                       partition n of two topics goes to one member, where keys are joined
enum class Assignor : std::uint8_t { cooperative_sticky, range };

std::string_view assignor_name(Assignor assignor);
std::optional<Assignor> parse_assignor(std::string_view name);

struct TopicPartitions {
  std::uint32_t topic_id;
  std::int32_t partitions;

  friend bool operator==(const TopicPartitions&, const TopicPartitions&) = default;
};

/// A number for a member that is only used inside of one group.
using MemberNumber = std::uint32_t;
inline constexpr MemberNumber kNobody = 0;

struct Subscriber {
  MemberNumber number;
  std::string name;
  std::vector<TopicPartitions> topics;
};

/// Who is to read each partition of the subscribed topics. The same answer for the same arguments;
/// every partition has exactly one reader among those that subscribe to its topic. Members that
/// read the same topics differ by one partition at most (with cooperative_sticky over all topics,
/// with range in each). `had` says who reads what now.
std::map<PartitionKey, MemberNumber> assign(Assignor assignor,
                                            const std::vector<Subscriber>& subscribers,
                                            const std::map<PartitionKey, MemberNumber>& had);

}  // namespace twofold::log
