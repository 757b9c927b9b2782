#include "src/storage/view.h"

#include <chrono>
#include <limits>

#include "http/namespaces.h"
#include "src/serve/filters.h"

namespace twofold::storage {
namespace {

using engine::Result;

constexpr engine::Duration kForever = std::chrono::hours{24 * 36'500};

// A start that drains nothing, writes no checkpoint and begins no file: all of that would be
// memory.
engine::EngineOptions still_options() {
  engine::EngineOptions options;
  options.core.checkpoint_bytes = std::numeric_limits<std::uint64_t>::max();
  options.core.journal_files = std::numeric_limits<std::uint32_t>::max();
  options.core.free_bytes_min = 0;
  options.journal.file_bytes = std::uint64_t{2} << 30;
  return options;
}

log::GroupsOptions all_groups() {
  log::GroupsOptions keep;  // what a broker would forget by now is still there
  keep.offsets_retention = kForever;
  return keep;
}

}  // namespace

View::Rooms::Rooms(engine::Core& core)
    : requests(core, engine::RequestLimits{}),
      topics(core),
      groups(core, topics, all_groups()),
      queues(core, queue::QueueLimits{}, &compile_stored_filter) {}

View::~View() {
  if (core_thread_) core_thread_->drop_all();
  if (other_threads_) other_threads_->drop_all();
}

Result<std::unique_ptr<View>> View::open(engine::FileSystem& files,
                                         const std::function<Result<>(Frozen&)>& before) {
  std::unique_ptr<View> view;
  auto frozen = freeze(files, [&view, &before](Frozen& now) {
    view.reset(new View());
    if (auto looked = before(now); !looked) return looked;
    return view->recover(now);
  });
  if (!frozen) return frozen.error();
  view->frozen_ = *std::move(frozen);
  return view;
}

Result<> View::recover(Frozen& files) {
  superblock_ = files.superblock();
  clock_.emplace(engine::SystemClock().wall().value());
  core_thread_.emplace(*clock_);
  other_threads_.emplace(*clock_);
  auto opened = engine::Engine::open(
      engine::EngineWorld{files, *core_thread_, *other_threads_, *other_threads_, *clock_, random_},
      still_options());
  if (!opened) return opened.error();
  engine_ = std::move(*opened);
  home_.emplace(core());
  in_ = &*home_;
  cores_ = std::make_unique<engine::Namespaces>(
      core(),
      [this](const std::string& name, engine::Core& its) { rooms_.try_emplace(name, its); });
  auto report = engine_->recover();
  if (!report) return report.error();
  recovered_ = *std::move(report);
  engine::ManualThreads threads(*clock_);
  threads.add(*core_thread_);
  threads.add(*other_threads_);
  threads.run_until_idle();
  return {};
}

bool View::enter(std::string_view name_space) {
  if (name_space.empty() || name_space == http::kDefaultNamespace) {
    in_ = &*home_;
    return true;
  }
  const auto found = rooms_.find(name_space);
  if (found == rooms_.end()) return false;
  in_ = &found->second;
  return true;
}

std::vector<std::string> View::namespaces() const {
  std::vector<std::string> names;
  for (const auto& [name, rooms] : rooms_) names.push_back(name);
  return names;
}

engine::WallTime View::on_calendar(engine::Instant instant) const {
  return clock_->wall() + (instant - clock_->now());
}

bool View::is_stale() const {
  const auto holds = frozen_->still_holds();
  return !holds || !*holds;
}

}  // namespace twofold::storage
