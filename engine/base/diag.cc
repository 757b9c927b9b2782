#include "engine/base/diag.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/diag_line.h"
#include "engine/base/diag_recent.h"

namespace twofold::engine {
namespace {

std::atomic<DiagLevel> least_level = DiagLevel::info;
std::atomic<DiagFormat> line_format = DiagFormat::text;
std::mutex mutex;

DiagLimiter& limiter() {
  static DiagLimiter instance;
  return instance;
}

constexpr std::size_t kValueBytesMax = 256;

// The last ones, for those who look; under the mutex.
std::deque<RecentDiag>& recent() {
  static std::deque<RecentDiag> lines;
  return lines;
}

void keep(WallTime now, DiagLevel level, std::string_view component, std::string_view message,
          DiagFields fields) {
  auto& lines = recent();
  if (lines.size() == kDiagRecentMax) lines.pop_front();
  RecentDiag& line = lines.emplace_back();
  line.at = now;
  line.level = level;
  line.component = component;
  line.message = message;
  for (const auto& [name, value] : fields)
    line.fields.emplace_back(name, value.substr(0, kValueBytesMax));
}

/// One call of write for the whole line, so that lines of several processes stay whole too.
void print(WallTime now, DiagLevel level, std::string_view component, std::string_view message,
           DiagFields fields) {
  keep(now, level, component, message, fields);
  auto line = diag_line(line_format, now, level, component, message, fields);
  line += '\n';
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nowhere left to complain
}

}  // namespace

void diag(DiagLevel level, std::string_view component, std::string_view message,
          std::initializer_list<std::pair<std::string_view, std::string>> fields,
          std::string_view whom) {
  if (level < least_level) return;
  static const SystemClock clock;
  const auto now = clock.wall();

  const std::lock_guard lock(mutex);
  for (const auto& held : limiter().take_suppressed(now)) {
    const std::pair<std::string_view, std::string> said[] = {
        {"suppressed", std::to_string(held.suppressed)},
        {"of",         held.whom                      }
    };
    print(now, DiagLevel::warn, held.component, held.message, {said, held.whom.empty() ? 1u : 2u});
  }
  if (level > DiagLevel::debug && !limiter().pass(now, component, message, whom)) return;
  print(now, level, component, message, {fields.begin(), fields.size()});
}

bool diag_wanted(DiagLevel level) { return level >= least_level; }

std::vector<RecentDiag> diag_recent(DiagLevel least, std::size_t max) {
  std::vector<RecentDiag> found;
  const std::lock_guard lock(mutex);
  for (auto line = recent().rbegin(); line != recent().rend() && found.size() < max; ++line)
    if (line->level >= least) found.push_back(*line);
  std::reverse(found.begin(), found.end());
  return found;
}

void diag_configure(DiagLevel least, DiagFormat format) {
  least_level = least;
  line_format = format;
}

}  // namespace twofold::engine
