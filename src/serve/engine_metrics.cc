#include <fmt/format.h>

#include <iterator>

#include "src/serve/running_broker.h"

namespace twofold {
namespace {

struct Sample {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t value;
};

}  // namespace

void append_engine_metrics(const engine::CoreImpl& core, std::string& out) {
  const auto s = core.stats();
  const Sample samples[] = {
      {"twofold_journal_blocks_total", "counter", "Blocks written, one sync each", s.blocks},
      {"twofold_journal_bytes_total", "counter", "Bytes written to the journal", s.block_bytes},
      {"twofold_records_total", "counter", "Records appended to any log", s.records},
      {"twofold_checkpoints_total", "counter", "Checkpoints written", s.checkpoints},
      {"twofold_drained_bytes_total", "counter", "Bytes moved from the journal to segments",
       s.drained_bytes},
      {"twofold_rewritten_bytes_total", "counter", "Bytes copied out of mostly dead segments",
       s.rewritten_bytes},
      {"twofold_cleanings_total", "counter", "Cleanings of partitions that came to their end",
       s.cleanings},
      {"twofold_cleaned_read_bytes_total", "counter", "Bytes read by cleanings",
       s.cleaned_read_bytes},
      {"twofold_cleaned_written_bytes_total", "counter", "Bytes written by cleanings",
       s.cleaned_written_bytes},
      {"twofold_cleaned_records_total", "counter",
       "Records dropped by cleanings: superseded ones and old tombstones", s.cleaned_records},
      {"twofold_storage_damaged_blocks", "gauge", "Acknowledged blocks that did not verify",
       s.damaged_blocks},
      {"twofold_logs", "gauge", "Logs: partitions and queues of their own", s.logs},
      {"twofold_journal_index_entries", "gauge", "Batches that are only in the journal", s.extents},
      {"twofold_segments", "gauge", "Sealed segments", s.segments},
      {"twofold_scrubbed_bytes_total", "counter",
       "Bytes of sealed segments verified in the background; 0 for ever when storage.scrub is 0",
       s.scrubbed_bytes},
      {"twofold_scrub_damage_total", "counter", "Stretches found damaged by that", s.scrub_damage},
      {"twofold_journal_waiting_bytes", "gauge", "Accepted bytes not yet on the device",
       s.gathered_bytes},
      {"twofold_tail_cache_bytes", "gauge", "Recent blocks kept in memory", s.tail_cache_bytes},
      {"twofold_disk_free_bytes", "gauge", "Room on the data directory's device", s.free_bytes},
      {"twofold_degraded", "gauge", "1 while publishes are refused or storage has failed",
       s.full || s.failed ? 1u : 0u},
  };
  for (const auto& sample : samples) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n",
                   sample.name, sample.help, sample.type, sample.value);
  }
}

}  // namespace twofold
