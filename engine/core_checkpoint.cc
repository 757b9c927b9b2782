#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "engine/core_impl.h"

namespace twofold::engine {

// Called between two blocks: the state is exactly what the journal says up to the block just sealed,
// so the snapshot is consistent without any bookkeeping of its own.
void CoreImpl::checkpoint_if_due() {
  const bool due = checkpoint_wanted_ || bytes_since_checkpoint_ >= options_.checkpoint_bytes;
  if (!due || checkpoint_ || checkpoint_writing_) return;
  start_checkpoint();
}

void CoreImpl::start_checkpoint() {
  checkpoint_wanted_ = false;
  checkpoint_since_ = world_.clock.now();
  bytes_since_checkpoint_ = 0;
  PendingCheckpoint taken;
  // A superblock whose store failed may be on the device all the same: the file that it names stays.
  checkpoint_id_ =
      std::max({superblock_.newest.id, superblock_.previous.id, checkpoint_id_}) + 1;
  taken.ref.id = checkpoint_id_;
  taken.ref.block_seq = sealed_seq_;
  taken.ref.position = end_position_;
  taken.ref.prev_block_crc = last_header_crc_;
  taken.ref.oldest_file = end_position_.file;
  for (const auto& [id, log] : logs_) {
    if (log->extent_count() > 0)
      taken.ref.oldest_file = std::min(taken.ref.oldest_file, log->extents_begin()->file);
  }
  taken.state = snapshot();
  checkpoint_ = std::move(taken);
}

std::string CoreImpl::snapshot() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.uvarint(kSnapshotVersion);
  out.varint(sealed_at_->instant.value());
  out.varint(sealed_at_->wall.value());
  out.uvarint(record_seq_);
  out.uvarint(next_log_id_);
  out.uvarint(next_segment_id_);
  out.uvarint(logs_.size());
  for (const auto& [id, log] : logs_) {
    out.fixed(id.value());
    log->snapshot(out);
  }
  out.uvarint(retired_.size());
  for (const auto& retired : retired_) {
    out.fixed(retired.id.value());
    out.uvarint(retired.block_seq);
  }
  catalog_.snapshot(out);
  snapshot_machines(machines_, out);
  return bytes;
}

// A checkpoint may name only what is durable: it waits for its own block.
void CoreImpl::write_checkpoint() {
  if (!checkpoint_ || checkpoint_writing_ || durable_seq_ < checkpoint_->ref.block_seq) return;
  checkpoint_writing_ = true;
  auto next = superblock_;
  next.durable_seq = durable_seq_;
  next.clean = false;
  auto finish = [this, alive = alive_](Result<Superblock> stored) {
    if (*alive) checkpoint_done(std::move(stored));
  };
  auto work = [&fs = world_.files, &superblocks = world_.superblocks, &core = world_.executor,
               taken = std::move(*checkpoint_), next, finish = std::move(finish)]() mutable {
    auto ref = store_checkpoint(fs, taken);
    Result<Superblock> stored = Superblock{};
    if (ref) {
      next.previous = next.newest;
      next.newest = *ref;
      const auto done = superblocks.store(next);
      stored = done ? Result<Superblock>(next) : Result<Superblock>(done.error());
    } else {
      stored = ref.error();
    }
    if (stored) remove_old_checkpoints(fs, *stored);
    core.post([finish = std::move(finish), stored = std::move(stored)]() mutable {
      finish(std::move(stored));
    });
  };
  checkpoint_.reset();
  world_.pool.post(std::move(work));
}

void CoreImpl::checkpoint_done(Result<Superblock> stored) {
  checkpoint_writing_ = false;
  checkpoint_took_ = world_.clock.now() - checkpoint_since_;
  if (stored) {
    superblock_ = *stored;
    ++stats_.checkpoints;
    release_storage();
  } else {
    // The one before still holds: only replay grows. Tried again after as many bytes as usual.
    diag(DiagLevel::error, "engine", "a checkpoint could not be written",
         {{"error", stored.error().detail}});
  }
  if (checkpoint_wanted_) touch();
  if (stopping_) return finish_stop();
  drain_if_due();
}

// What neither the newest checkpoint nor the one before it needs goes back. Before the second there
// is none before it: who starts from the other superblock replays everything.
void CoreImpl::release_storage() {
  const auto& older = superblock_.previous;
  world_.journal.release(std::min(older.oldest_file, superblock_.newest.oldest_file));
  std::erase_if(retired_, [&](const RetiredSegment& retired) {
    if (retired.block_seq > older.block_seq) return false;
    world_.pool.post([&segments = world_.segments, id = retired.id] {
      if (auto removed = segments.remove(id); !removed) {
        diag(DiagLevel::warn, "engine", "cannot remove a segment",
             {{"error", removed.error().detail}});
      }
    });
    return true;
  });
}

void CoreImpl::stop(UniqueFunction<void()> done) {
  TF_CHECK(!stopping_ && !stopped_);
  stopping_ = std::move(done);
  if (failure_) return fail(*failure_);
  // Whoever stops brokers kills those that take their time: what is not said here is replayed.
  checkpoint_wanted_ = checkpoint_took_ <= options_.last_checkpoint_max;
  seal_wanted_empty_ = true;
  touch();
}

void CoreImpl::finish_stop() {
  if (in_flight_ || checkpoint_ || checkpoint_writing_ || checkpoint_wanted_ || !open_.empty())
    return;
  stopped_ = true;
  auto last = superblock_;
  last.clean = true;
  last.durable_seq = durable_seq_;
  if (auto stored = world_.superblocks.store(last); !stored) {
    diag(DiagLevel::warn, "engine", "the clean marker could not be written",
         {{"error", stored.error().detail}});
  }
  std::exchange(stopping_, nullptr)();
}

}  // namespace twofold::engine
