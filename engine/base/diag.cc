#include "engine/base/diag.h"

#include <atomic>
#include <mutex>

#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/diag_line.h"

namespace twofold::engine {
namespace {

std::atomic<DiagLevel> least_level = DiagLevel::info;
std::atomic<DiagFormat> line_format = DiagFormat::text;
std::mutex mutex;

DiagLimiter& limiter() {
  static DiagLimiter instance;
  return instance;
}

/// One call of write for the whole line, so that lines of several processes stay whole too.
void print(WallTime now, DiagLevel level, std::string_view component, std::string_view message,
           DiagFields fields) {
  auto line = diag_line(line_format, now, level, component, message, fields);
  line += '\n';
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nowhere left to complain
}

}  // namespace

void diag(DiagLevel level, std::string_view component, std::string_view message,
          std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  if (level < least_level) return;
  static const SystemClock clock;
  const auto now = clock.wall();

  const std::lock_guard lock(mutex);
  for (const auto& held : limiter().take_suppressed(now)) {
    const std::pair<std::string_view, std::string> count{"suppressed",
                                                         std::to_string(held.suppressed)};
    print(now, DiagLevel::warn, held.component, held.message, {&count, 1});
  }
  if (!limiter().pass(now, component, message)) return;
  print(now, level, component, message, {fields.begin(), fields.size()});
}

void diag_configure(DiagLevel least, DiagFormat format) {
  least_level = least;
  line_format = format;
}

}  // namespace twofold::engine
