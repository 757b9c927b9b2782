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

  void add(const Extent& e) {
    if (!stretches.empty() && e.file != file) flush();
    if (stretches.empty()) from = e.first();
    file = e.file;
    upto = e.upto();
    bytes += e.bytes;
    stretches.push_back(Journal::Stretch{e.place, e.bytes, e.upto()});
  }
  void flush() {
    if (stretches.empty()) return;
    plan.add(ReadPlan::Piece{
        from, upto, StoredBatch{nullptr, {}, Seq{0}},
        journal.stored(file, std::exchange(stretches, {      }
          )), std::exchange(bytes, 0)
    });
  }
};

}  // namespace twofold::engine
