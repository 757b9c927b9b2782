#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/broker_model.h"
#include "tests/support/broker_rig.h"

namespace twofold::test {

/// A record as it was read, known by its number.
struct FoundRecord {
  std::int64_t offset;
  std::int64_t id;
  std::uint64_t seq;
};

struct FoundLog {
  std::int64_t start;
  std::int64_t visible_end;
  std::int64_t end;
  std::vector<FoundRecord> records;  ///< topics: all; own logs: what is not done with
};

using Place = std::pair<std::int32_t, std::int64_t>;  // partition, offset

struct FoundQueue {
  queue::QueueInfo info;
  std::map<Place, queue::BrowseItem> messages;  ///< all but acked
};

/// Everything that can be seen of a broker from outside.
struct Observed {
  std::map<std::string, log::TopicInfo> topics;
  std::map<std::string, FoundQueue> queues;
  std::map<std::uint32_t, FoundLog> logs;
  std::map<std::string, std::map<GroupKey, std::int64_t>> groups;
  std::vector<std::string> wrong;  ///< what needs no model to be wrong
};

/// Reads the records of `batches` in [from, upto). A sentence in `wrong` for each record that is not
/// what its author wrote, or not in its place.
std::vector<FoundRecord> read_records(const std::vector<engine::StoredBatch>& batches,
                                      std::int64_t from, std::int64_t upto, const Ledger& ledger,
                                      std::vector<std::string>& wrong);

std::map<Place, queue::BrowseItem> browse_all(BrokerRig& rig, const std::string& queue);

/// Looks at everything, reading every record there is. Needs a disk that works.
Observed observe(BrokerRig& rig, const Ledger& ledger);

}  // namespace twofold::test
