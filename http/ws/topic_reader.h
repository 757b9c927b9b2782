#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/fetched.h"
#include "http/ws/batch_writer.h"

namespace twofold::http::ws {

using Positions = std::vector<log::PartitionPosition>;

/// What makes two streams of a topic the same stream, wherever each of them stands.
struct StreamSpec {
  Broker* broker = nullptr;  ///< of the namespace that the topic is in; never null in use
  std::string topic;
  std::uint32_t topic_id = 0;
  Format format = Format::json;
  std::size_t batch_max = 100;
  bool total_order = false;
  std::string filter_text;
  std::shared_ptr<const queue::RecordFilter> filter;  ///< null: everything

  /// Equal for equal streams over the partitions of `positions`, whose cursors carry the same
  /// seeks.
  std::string key(const Positions& positions) const;
};

/// Offsets that retention or damage took before a reader came by.
struct Gap {
  engine::PartitionId partition;
  engine::Offset from;
  engine::Offset to;
};

/// Reads a stream and cuts it into batches: fill() fetches, next() cuts, until there is no more.
/// Records of different partitions follow their seq within what was fetched; with total order also
/// across fetches.
/// Threads  a lane's. One fill() at a time; seek() may come in between, and makes it worthless.
class TopicReader {
 public:
  /// What it fetches from the disk, and its batches, count in the account.
  TopicReader(Account& account, std::shared_ptr<const StreamSpec> spec, Positions positions);

  struct Filled {
    std::vector<Gap> gaps;
    bool caught_up = false;  ///< nothing was left to read (up to `upto`)
    std::int64_t lag = 0;    ///< records behind the positions when it was asked
    bool no_room = false;    ///< not all was fetched for want of memory: try again in a while
  };
  /// Fetches up to about `bytes_max`, of each partition only what lies before `upto` (null: all).
  /// Waits until `deadline` when there is nothing. Errors: topic_not_found (also when another of
  /// the name came in its place), data_damaged, and what a read answers.
  Task<Result<Filled>> fill(engine::Instant deadline, std::size_t bytes_max, const Positions* upto);

  struct Limits {
    std::size_t messages_max = SIZE_MAX;
    std::int64_t bytes_max = INT64_MAX;  ///< a message goes in while less than this is used
  };
  /// Cuts the next batch; nullopt when nothing that was fetched is left.
  std::optional<Batch> next(Limits limits);

  /// Where the next batch begins.
  const Positions& positions() const { return positions_; }
  std::string cursor() const;
  void seek(Positions positions);
  /// Lets go what was fetched and not cut.
  void forget();
  bool has_fetched() const { return !parts_.empty(); }
  const StreamSpec& spec() const { return *spec_; }
  const std::shared_ptr<const StreamSpec>& shared_spec() const { return spec_; }

 private:
  // What was fetched of one partition.
  struct Part {
    std::size_t index;  // in positions_
    RecordCursor cursor;
    engine::Offset upto;
    bool goes_on;  // there is more than was fetched
    const engine::StoredRecord* head = nullptr;
  };
  Task<Result<std::vector<engine::StoredBatch>>> fetch(const engine::ReadPlan& plan);
  Task<Result<log::Readable>> read(engine::Instant deadline, std::size_t bytes_max,
                                   const Positions* upto, std::vector<std::size_t>& asked);
  void hold_back(std::size_t index, engine::Offset upto);
  void advance(Part& part);
  Part* earliest();
  bool full(const Limits& limits) const;

  Broker& broker_;
  std::shared_ptr<const StreamSpec> spec_;
  Positions positions_;
  Share room_;  // of parts_
  std::vector<Part> parts_;
  BatchWriter writer_;
  std::optional<engine::Error> trouble_;  // met while cutting; the next fill() says it
  std::uint64_t generation_ = 0;
};

/// What a stream of a topic ends with when it was removed, or another of the name took its place.
engine::Error topic_gone(const std::string& topic);

/// Whether every partition of `a` stands at or behind its place in `b`, and whether at the same.
bool not_ahead(const Positions& a, const Positions& b);
bool same_place(const Positions& a, const Positions& b);

}  // namespace twofold::http::ws
