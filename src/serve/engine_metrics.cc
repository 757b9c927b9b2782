#include <array>

#include "engine/damage.h"
#include "engine/read_plan.h"
#include "src/serve/running_broker.h"

namespace twofold {

using http::metrics::Labels;

namespace {

// As they are written.
constexpr std::array<std::string_view, engine::CountHistogram::kBounds.size()> kRecordBounds = {
    "1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "1024", "4096", "16384"};

}  // namespace

void append_engine_metrics(engine::Engine& engine, double recovery_seconds,
                           http::metrics::Text& out) {
  const engine::CoreStats s = engine.core().stats();
  const engine::JournalTimes& times = engine.journal().times();
  const auto histogram = [&](std::string_view name, const engine::DurationHistogram& of) {
    const engine::DurationHistogram* const one[] = {&of};
    if (out.begin(name)) out.durations(Labels(), one);
  };
  out.only("twofold_recovery_duration_seconds", recovery_seconds);
  if (out.begin("twofold_degraded")) {
    out.value(Labels("reason", "disk_full"), std::uint64_t{s.full});
    out.value(Labels("reason", "storage_failed"), std::uint64_t{s.failed});
  }
  histogram("twofold_append_duration_seconds", times.append);
  histogram("twofold_fsync_duration_seconds", times.device);
  if (out.begin("twofold_fsync_batch_records")) {
    const engine::CountHistogram& of = engine.core().block_records();
    out.distribution(Labels(), {kRecordBounds, of.counts(), static_cast<double>(of.sum())});
  }
  out.only("twofold_journal_blocks_total", s.blocks);
  out.only("twofold_journal_bytes_total", s.block_bytes);
  out.only("twofold_records_total", s.records);
  out.only("twofold_checkpoints_total", s.checkpoints);
  out.only("twofold_drained_bytes_total", s.drained_bytes);
  out.only("twofold_rewritten_bytes_total", s.rewritten_bytes);
  out.only("twofold_cleanings_total", s.cleanings);
  out.only("twofold_cleaned_read_bytes_total", s.cleaned_read_bytes);
  out.only("twofold_cleaned_written_bytes_total", s.cleaned_written_bytes);
  out.only("twofold_cleaned_records_total", s.cleaned_records);
  out.only("twofold_storage_damaged_blocks", s.damaged_blocks);
  out.only("twofold_storage_damaged_records", engine::damage_report().records);
  out.only("twofold_crc_errors_total", s.damaged_blocks + s.scrub_damage + engine::damaged_reads());
  out.only("twofold_logs", std::uint64_t{s.logs});
  out.only("twofold_journal_index_entries", std::uint64_t{s.extents});
  out.only("twofold_segments", std::uint64_t{s.segments});
  out.only("twofold_scrubbed_bytes_total", s.scrubbed_bytes);
  out.only("twofold_scrub_damage_total", s.scrub_damage);
  out.only("twofold_journal_waiting_bytes", std::uint64_t{s.gathered_bytes});
  out.only("twofold_tail_cache_bytes", std::uint64_t{s.tail_cache_bytes});
  out.only("twofold_disk_free_bytes", s.free_bytes);
  out.only("twofold_disk_used_bytes",
           engine.journal().bytes_on_device() + engine.core().segment_bytes());
}

void append_otel_metrics(const http::trace::Tracer* tracer, http::metrics::Text& out) {
  const auto counts = tracer ? tracer->counts() : http::trace::Tracer::Counts();
  out.only("twofold_otel_exported_total", counts.exported);
  if (!out.begin("twofold_otel_dropped_total")) return;
  out.value(Labels("reason", "full"), counts.full);
  out.value(Labels("reason", "not_taken"), counts.lost);
}

}  // namespace twofold
