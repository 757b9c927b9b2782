#include "src/serve/reload.h"

#include <utility>

#include "engine/base/diag.h"

namespace twofold {

using engine::DiagLevel;

void Reload::add(std::string name, Action action) {
  actions_.push_back(Named{std::move(name), std::move(action)});
}

void Reload::request() {
  if (actions_.empty() || requested_.exchange(true)) return;
  if (!thread_) thread_ = std::make_unique<engine::ThreadPool>("reload", 1);
  thread_->post([this] {
    requested_ = false;
    run();
  });
}

void Reload::run() {
  const std::lock_guard one_at_a_time(running_);
  for (const Named& one : actions_) {
    const auto done = one.action();
    if (done) {
      engine::diag(DiagLevel::info, "main", "reloaded",
                   {
                       {"what", one.name}
      });
      continue;
    }
    engine::diag(
        DiagLevel::error, "main", "not reloaded, what was there stays in force",
        {
            {"what",  one.name           },
            {"error", done.error().detail},
            {"hint",  done.error().hint  }
    });
  }
}

}  // namespace twofold
