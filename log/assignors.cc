#include "log/assignors.h"

#include <algorithm>
#include <array>
#include <utility>

namespace twofold::log {
namespace {

constexpr std::array<std::pair<Assignor, std::string_view>, 2> kNames = {
    {{Assignor::cooperative_sticky, "cooperative-sticky"}, {Assignor::range, "range"}}
};

using Assignment = std::map<PartitionKey, MemberNumber>;

struct Topic {
  std::int32_t partitions = 0;
  std::vector<MemberNumber> readers;
};

std::map<std::uint32_t, Topic> topics_of(const std::vector<Subscriber>& subscribers) {
  std::map<std::uint32_t, Topic> topics;
  for (const Subscriber& subscriber : subscribers) {
    for (const TopicPartitions& topic : subscriber.topics) {
      topics[topic.topic_id].partitions = topic.partitions;
      topics[topic.topic_id].readers.push_back(subscriber.number);
    }
  }
  return topics;
}

Assignment assign_ranges(const std::map<std::uint32_t, Topic>& topics) {
  Assignment assignment;
  for (const auto& [id, topic] : topics) {
    const auto members = static_cast<std::int32_t>(topic.readers.size());
    std::int32_t next = 0;
    for (std::int32_t m = 0; m < members; ++m) {
      const std::int32_t share = topic.partitions / members + (m < topic.partitions % members);
      for (std::int32_t end = next + share; next < end; ++next) {
        assignment[{id, PartitionId{next}}] = topic.readers[static_cast<std::size_t>(m)];
      }
    }
  }
  return assignment;
}

// Loads of members, least first among those that may read a topic.
class Loads {
 public:
  explicit Loads(const std::vector<Subscriber>& subscribers) {
    for (const Subscriber& subscriber : subscribers) of_[subscriber.number] = 0;
  }
  std::size_t of(MemberNumber member) const { return of_.at(member); }
  void add(MemberNumber member) { ++of_[member]; }
  void remove(MemberNumber member) { --of_[member]; }
  MemberNumber least(const Topic& topic) const {
    return *std::min_element(
        topic.readers.begin(), topic.readers.end(),
        [this](MemberNumber a, MemberNumber b) { return of_.at(a) < of_.at(b); });
  }

 private:
  std::map<MemberNumber, std::size_t> of_;
};

// Moves partitions from whoever has two more than another that may read them. Every move makes the
// sum of the squares smaller, so this comes to an end.
void level(const std::map<std::uint32_t, Topic>& topics, Loads& loads, Assignment& assignment) {
  for (bool moved = true; moved;) {
    moved = false;
    // From the back: the partitions that a newcomer gets are the last ones.
    for (auto at = assignment.rbegin(); at != assignment.rend(); ++at) {
      const MemberNumber to = loads.least(topics.at(at->first.topic_id));
      if (loads.of(at->second) < loads.of(to) + 2) continue;
      loads.remove(at->second);
      loads.add(to);
      at->second = to;
      moved = true;
    }
  }
}

Assignment assign_sticky(const std::map<std::uint32_t, Topic>& topics,
                         const std::vector<Subscriber>& subscribers, const Assignment& had) {
  Loads loads(subscribers);
  Assignment assignment;
  std::vector<PartitionKey> free;
  for (const auto& [id, topic] : topics) {
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      const PartitionKey key{id, PartitionId{p}};
      const auto held = had.find(key);
      const bool keeps = held != had.end() && std::find(topic.readers.begin(), topic.readers.end(),
                                                        held->second) != topic.readers.end();
      if (!keeps) {
        free.push_back(key);
        continue;
      }
      assignment[key] = held->second;
      loads.add(held->second);
    }
  }
  for (const PartitionKey& key : free) {
    const MemberNumber member = loads.least(topics.at(key.topic_id));
    assignment[key] = member;
    loads.add(member);
  }
  level(topics, loads, assignment);
  return assignment;
}

}  // namespace

std::string_view assignor_name(Assignor assignor) {
  for (const auto& [one, name] : kNames) {
    if (one == assignor) return name;
  }
  return "unknown";
}

std::optional<Assignor> parse_assignor(std::string_view name) {
  for (const auto& [assignor, one] : kNames) {
    if (one == name) return assignor;
  }
  return std::nullopt;
}

std::map<PartitionKey, MemberNumber> assign(Assignor assignor,
                                            const std::vector<Subscriber>& subscribers,
                                            const std::map<PartitionKey, MemberNumber>& had) {
  std::vector<Subscriber> by_name = subscribers;
  std::sort(by_name.begin(), by_name.end(),
            [](const Subscriber& a, const Subscriber& b) { return a.name < b.name; });
  const auto topics = topics_of(by_name);
  return assignor == Assignor::range ? assign_ranges(topics) : assign_sticky(topics, by_name, had);
}

}  // namespace twofold::log
