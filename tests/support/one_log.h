#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/simulated_file_system.h"
#include "engine/record_batch.h"
#include "tests/support/engine_rig.h"

namespace twofold::test {

/// One log on a disk that may fail, with what its client was told: "n" is the n-th value sent.
///
/// The promise that every test checks after a restart: everything acknowledged is there, in order;
/// nothing is there that was never sent; what is there of the rest was sent after it.
class OneLog {
 public:
  static constexpr engine::LogId kLog{1};

  explicit OneLog(engine::SimulatedFileSystem& disk, engine::EngineOptions options = tiny())
      : disk_(disk), options_(options) {}

  static engine::EngineOptions tiny() {
    auto options = EngineRig::small();
    options.journal.file_bytes = 64 << 10;
    options.core.checkpoint_bytes = 96 << 10;
    options.core.journal_files = 2;
    options.core.segment_bytes = 32 << 10;
    return options;
  }

  engine::Result<engine::RecoveryReport> start() {
    rig_ = std::make_unique<EngineRig>(disk_, options_);
    auto report = rig_->start([](engine::Core& core) {
      core.catalog().watch("log/", [&core](std::string_view, const engine::Document*) {
        core.open_log(kLog, engine::LogOptions{});
      });
    });
    if (!report) {
      rig_.reset();
      return report;
    }
    if (rig_->core().catalog().get("log/1") == nullptr) {
      rig_->turn([&] { (void)rig_->core().catalog().put_if("log/1", "", 0).has_value(); });
    }
    return report;
  }

  /// Sends one value; true when it was acknowledged.
  bool publish(std::size_t bytes = 3000) {
    bool acknowledged = false;
    rig_->turn([&] {
      auto& core = rig_->core();
      if (!core.admit(engine::Admission::publish, bytes)) return;
      std::string value = std::to_string(sent_) + ":";
      value.resize(std::max(value.size(), bytes), 'x');
      ++sent_;
      core.append(kLog, engine::NewRecord{std::nullopt, value, {}, rig_->clock.wall()});
      core.on_commit(engine::Durability::disk, [&](engine::Result<engine::Durability> done) {
        acknowledged = done.has_value();
      });
    });
    if (acknowledged) acknowledged_.push_back(sent_ - 1);
    return acknowledged;
  }
  void pass(engine::Duration time) { rig_->pass(time); }

  /// The numbers of all values that can be read; nullopt when a reader is told of damage.
  std::optional<std::vector<int>> read() {
    std::vector<int> out;
    auto& core = rig_->core();
    engine::Offset from = core.status(kLog).start;
    for (;;) {
      const auto plan = core.plan_read(kLog, from, 1 << 20);
      if (plan.empty()) return out;
      const auto batches = plan.fetch();
      if (!batches) {
        if (batches.error().code != engine::Errc::data_damaged) return std::nullopt;
        ++damaged_reads_;
        if (batches.error().number <= from.value()) return std::nullopt;
        from = engine::Offset{batches.error().number};
        continue;
      }
      const auto before = from;
      for (const auto& batch : *batches) {
        engine::BatchCursor cursor(batch.bytes, batch.base_seq);
        for (auto r = cursor.next(); r && *r; r = cursor.next()) {
          if ((*r)->offset < from) continue;
          out.push_back(std::stoi(std::string(*(*r)->value)));
          from = engine::advance((*r)->offset, 1);
        }
      }
      if (from == before) return out;
    }
  }

  void kill() {
    rig_.reset();
    disk_.kill();
  }
  void crash(engine::Random& random) {
    rig_.reset();
    disk_.crash(random);
  }
  void stop() {
    rig_->stop();
    rig_.reset();
    disk_.kill();
  }
  bool running() const { return rig_ != nullptr; }
  EngineRig& rig() { return *rig_; }
  const std::vector<int>& acknowledged() const { return acknowledged_; }
  int sent() const { return sent_; }
  int damaged_reads() const { return damaged_reads_; }

 private:
  engine::SimulatedFileSystem& disk_;
  engine::EngineOptions options_;
  std::unique_ptr<EngineRig> rig_;
  std::vector<int> acknowledged_;
  int sent_ = 0;
  int damaged_reads_ = 0;
};

}  // namespace twofold::test
