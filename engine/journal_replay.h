#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/file_journal.h"

namespace twofold::engine {

/// Reads blocks back in order and decides where the journal ends.
///
/// Let s be the first block that does not verify. A later block of this stream that was sealed when
/// s was already durable is a witness: s was acknowledged, so it is damage, reported and stepped
/// over. Without a witness s is a torn write that nobody was told about: the journal ends before it.
/// What cannot be read at all decides nothing: the error is io, and the journal stays as it is.
class JournalReplay {
 public:
  using Files = std::map<std::uint32_t, std::shared_ptr<JournalFile>>;
  using Visit = std::function<Result<>(const ReplayedBlock&)>;

  JournalReplay(const Files& files, std::uint64_t stream_id, const ReplayStart& from,
                std::uint64_t durable_seq);
  Result<ReplayEnd> run(const Visit& visit);

 private:
  struct Found {
    BlockHeader header;
    JournalPosition position;
  };
  std::string_view window(JournalPosition at, std::size_t bytes);
  std::optional<BlockHeader> header_at(JournalPosition at);
  std::optional<BlockHeader> next_header(bool* sound);
  Result<> take(const BlockHeader& header, bool salvage, const Visit& visit);
  bool payload_ok(const BlockHeader& header);
  Result<bool> step_over_damage(const std::optional<BlockHeader>& unverified, const Visit& visit);
  std::uint64_t bytes_up_to(const std::optional<Found>& later) const;
  std::optional<Found> find_later_block(std::uint64_t after_seq, bool* witnessed);

  const Files& files_;
  const std::uint64_t stream_id_;
  const std::uint64_t durable_seq_;
  ReplayEnd end_;
  bool chained_ = true;  // whether prev_block_crc says anything here
  std::uint64_t incarnation_ = 0;

  std::string window_;
  JournalPosition window_at_;
  std::optional<Error> unreadable_;
};

}  // namespace twofold::engine
