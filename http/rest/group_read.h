#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "http/broker.h"
#include "http/rest/multi_read.h"
#include "log/groups.h"

namespace twofold::http {

/// One wait of a member of a group for records of what it holds.
///
/// It is attached to the group meanwhile, which keeps the member alive, and ends with the first of:
/// records; a change of what the member holds, or where it stands; the deadline. Records that it
/// ends with are in the member's hands from that turn on.
/// Lives as long as somebody waits on it. Threads: the core.
class GroupRead final : public log::MemberObserver, public std::enable_shared_from_this<GroupRead> {
 public:
  struct Found {
    std::vector<log::Readable> readables;  ///< one for each read, in order; none when it changed
    bool changed = false;                  ///< look again
  };
  using Done = engine::Completion<Found>;

  /// `holding` is what `reads` were made from.
  GroupRead(Broker& broker, log::GroupJoin join, log::Holding holding,
            std::vector<log::Read> reads);

  void start(engine::Instant deadline, Done done);
  /// Ends it without an answer.
  void cancel();

  void on_assigned(const std::vector<log::HeldPartition>& partitions) override;
  void on_revoked(const std::vector<log::RevokedPartition>& partitions) override;
  void on_moved(const std::vector<log::HeldPartition>& partitions) override;
  void on_detached() override;

 private:
  bool is_still(const log::Holding& now) const;
  void end_read(engine::Result<std::vector<log::Readable>> readables);
  void mark_handed_out(const std::vector<log::Readable>& readables);
  void finish(engine::Result<Found> found);

  Broker& broker_;
  log::GroupJoin join_;
  log::Holding holding_;
  std::vector<std::string> topics_;  // of the reads, in order
  std::shared_ptr<MultiRead> read_;
  Done done_;
};

}  // namespace twofold::http
