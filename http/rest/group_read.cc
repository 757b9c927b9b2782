#include "http/rest/group_read.h"

#include <algorithm>
#include <utility>

namespace twofold::http {

GroupRead::GroupRead(Broker& broker, log::GroupJoin join, log::Holding holding,
                     std::vector<log::Read> reads)
    : broker_(broker), join_(std::move(join)), holding_(std::move(holding)) {
  for (const log::Read& read : reads) topics_.push_back(read.topic);
  if (!reads.empty()) read_ = std::make_shared<MultiRead>(broker.topics, std::move(reads));
}

void GroupRead::start(engine::Instant deadline, Done done) {
  done_ = std::move(done);
  const auto self = shared_from_this();  // whoever we call may drop the last other one
  const auto now = broker_.groups.join(join_, this, deadline);
  if (!done_) return;  // something changed while joining
  if (!now) return finish(now.error());
  if (!is_still(*now)) return finish(Found{{}, /*changed=*/true});
  if (read_) {
    read_->start(deadline, [self](engine::Result<std::vector<log::Readable>> readables) {
      self->end_read(std::move(readables));
    });
  } else if (deadline <= broker_.clock.now()) {
    finish(Found{});
  }
}

bool GroupRead::is_still(const log::Holding& now) const {
  const auto same = [](const log::HeldPartition& a, const log::HeldPartition& b) {
    return a.key == b.key && a.seeks == b.seeks;
  };
  return now.revoked.size() == holding_.revoked.size() &&
         std::equal(now.assigned.begin(), now.assigned.end(), holding_.assigned.begin(),
                    holding_.assigned.end(), same);
}

void GroupRead::end_read(engine::Result<std::vector<log::Readable>> readables) {
  if (!done_) return;
  if (!readables) return finish(readables.error());
  mark_handed_out(*readables);
  finish(Found{*std::move(readables), false});
}

// How many of them the answer has room for is not known yet: until it is, they count as all.
void GroupRead::mark_handed_out(const std::vector<log::Readable>& readables) {
  for (std::size_t i = 0; i < readables.size(); ++i) {
    const auto ref = broker_.topics.resolve(topics_[i]);
    if (!ref) continue;
    for (const log::ReadablePartition& partition : readables[i].partitions) {
      if (partition.plan.empty()) continue;
      broker_.groups.handed_out(join_.group, join_.member, {ref->id, partition.partition},
                                partition.end);
    }
  }
}

void GroupRead::finish(engine::Result<Found> found) {
  if (!done_) return;
  Done done = std::exchange(done_, nullptr);
  const auto self = shared_from_this();
  if (read_) read_->cancel();
  broker_.groups.detach(join_.group, join_.member, *this);
  done(std::move(found));
}

// `done_` holds whoever waits, who holds us: it goes now or never.
void GroupRead::cancel() {
  const auto self = shared_from_this();
  done_ = nullptr;
  if (read_) read_->cancel();
  broker_.groups.detach(join_.group, join_.member, *this);
}

void GroupRead::on_assigned(const std::vector<log::HeldPartition>&) {
  finish(Found{{}, /*changed=*/true});
}
void GroupRead::on_revoked(const std::vector<log::RevokedPartition>&) {
  finish(Found{{}, /*changed=*/true});
}
void GroupRead::on_moved(const std::vector<log::HeldPartition>&) {
  finish(Found{{}, /*changed=*/true});
}
void GroupRead::on_detached() { finish(Found{}); }

}  // namespace twofold::http
