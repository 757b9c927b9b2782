#include "log/assignors.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
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

// Loads of members, least first among those that may read a topic; of equals the first by name.
// Topics with the same readers share one order.
class Loads {
 public:
  Loads(const std::vector<Subscriber>& by_name, const std::map<std::uint32_t, Topic>& topics) {
    for (std::size_t i = 0; i < by_name.size(); ++i) members_[by_name[i].number].rank = i;
    std::map<std::vector<MemberNumber>, std::size_t> of_readers;
    for (const auto& [id, topic] : topics) {
      const auto [at, is_new] = of_readers.try_emplace(topic.readers, orders_.size());
      order_of_[id] = at->second;
      if (!is_new) continue;
      auto& order = orders_.emplace_back();
      for (const MemberNumber reader : topic.readers) {
        Member& member = members_.at(reader);
        member.orders.push_back(at->second);
        order.insert({0, member.rank, reader});
      }
    }
  }
  std::size_t of(MemberNumber member) const { return members_.at(member).load; }
  void add(MemberNumber member) { change(member, 1); }
  void remove(MemberNumber member) { change(member, -1); }
  MemberNumber least(std::uint32_t topic) const {
    return std::get<MemberNumber>(*orders_[order_of_.at(topic)].begin());
  }
  bool may_read(MemberNumber member, std::uint32_t topic) const {
    const auto found = members_.find(member);
    return found != members_.end() &&
           std::binary_search(found->second.orders.begin(), found->second.orders.end(),
                              order_of_.at(topic));
  }

 private:
  using Order = std::set<std::tuple<std::size_t, std::size_t, MemberNumber>>;  // load, rank
  struct Member {
    std::size_t load = 0;
    std::size_t rank = 0;
    std::vector<std::size_t> orders;  // ascending
  };

  void change(MemberNumber number, int by) {
    Member& member = members_.at(number);
    const std::size_t load = member.load + static_cast<std::size_t>(by);
    for (const std::size_t order : member.orders) {
      orders_[order].erase({member.load, member.rank, number});
      orders_[order].insert({load, member.rank, number});
    }
    member.load = load;
  }

  std::map<MemberNumber, Member> members_;
  std::vector<Order> orders_;
  std::map<std::uint32_t, std::size_t> order_of_;  // of a topic
};

// Moves partitions from whoever has two more than another that may read them. Every move makes the
// sum of the squares smaller, so this comes to an end.
void level(Loads& loads, Assignment& assignment) {
  for (bool moved = true; moved;) {
    moved = false;
    // From the back: the partitions that a newcomer gets are the last ones.
    for (auto at = assignment.rbegin(); at != assignment.rend(); ++at) {
      const MemberNumber to = loads.least(at->first.topic_id);
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
  Loads loads(subscribers, topics);
  Assignment assignment;
  std::vector<PartitionKey> free;
  for (const auto& [id, topic] : topics) {
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      const PartitionKey key{id, PartitionId{p}};
      const auto held = had.find(key);
      const bool keeps = held != had.end() && loads.may_read(held->second, id);
      if (!keeps) {
        free.push_back(key);
        continue;
      }
      assignment[key] = held->second;
      loads.add(held->second);
    }
  }
  for (const PartitionKey& key : free) {
    const MemberNumber member = loads.least(key.topic_id);
    assignment[key] = member;
    loads.add(member);
  }
  level(loads, assignment);
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
