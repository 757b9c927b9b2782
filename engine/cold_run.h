#pragma once

#include <utility>
#include <vector>

#include "engine/core_impl.h"

namespace twofold::engine {

/// Entries that left memory, gathered so that neighbours in one file are read together. Of the
/// core's sources only.
struct CoreImpl::ColdRun {
  ReadPlan& plan;
  Journal& journal;
  std::vector<Journal::Stretch> stretches;
  std::uint32_t file = 0;
  Offset from{0};
  Offset upto{0};
  std::size_t bytes = 0;
  std::uint64_t records = 0;

  // No longer than what the journal reads at once: whoever wants no more can stop in between.
  static constexpr std::size_t kBytesMax = 1 << 20;

  void add(const Extent& e) {
    if (!stretches.empty() && (e.file != file || bytes + e.bytes > kBytesMax)) flush();
    if (stretches.empty()) from = e.first();
    file = e.file;
    upto = e.upto();
    bytes += e.bytes;
    records += std::uint64_t{e.last_delta} + 1;
    stretches.push_back(Journal::Stretch{e.place, e.bytes, e.upto()});
  }
  void flush() {
    if (stretches.empty()) return;
    plan.add(ReadPlan::Piece{
        from, upto, StoredBatch{nullptr, {}, Seq{0}},
        journal.stored(file, std::exchange(stretches, {      }
          )), std::exchange(bytes, 0), std::exchange(records, 0)
    });
  }
};

}  // namespace twofold::engine
