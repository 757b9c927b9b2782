#include "engine/base/diag.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>

#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/diag_line.h"
#include "engine/base/diag_recent.h"

namespace twofold::engine {
namespace {

// All levels in one word, two bits each, so that a line is judged by one read: the least and the
// greatest of them, that of components without one, then one for each component.
enum Place : unsigned { kLeast, kGreatest, kGeneral, kFirstComponent };
constexpr unsigned kLevelBits = 2;
static_assert((kFirstComponent + kDiagComponents.size()) * kLevelBits <= 64);

std::uint64_t packed(const DiagLevels& levels) {
  std::uint64_t word = 0;
  const auto put = [&word](std::size_t place, DiagLevel level) {
    word |= static_cast<std::uint64_t>(level) << (place * kLevelBits);
  };
  DiagLevel least = levels.least;
  DiagLevel greatest = levels.least;
  put(kGeneral, levels.least);
  for (std::size_t i = 0; i < levels.of.size(); ++i) {
    const DiagLevel level = levels.of[i].value_or(levels.least);
    put(kFirstComponent + i, level);
    least = std::min(least, level);
    greatest = std::max(greatest, level);
  }
  put(kLeast, least);
  put(kGreatest, greatest);
  return word;
}

DiagLevel level_at(std::uint64_t word, std::size_t place) {
  return static_cast<DiagLevel>(word >> (place * kLevelBits) & 3);
}

std::size_t place_of(std::string_view component) {
  const auto found = std::find(kDiagComponents.begin(), kDiagComponents.end(), component);
  if (found == kDiagComponents.end()) return kGeneral;
  return kFirstComponent + static_cast<std::size_t>(found - kDiagComponents.begin());
}

std::atomic<std::uint64_t> wanted_levels = packed(DiagLevels());
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
  if (!diag_wanted(level, component)) return;
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

bool diag_wanted(DiagLevel level, std::string_view component) {
  const std::uint64_t levels = wanted_levels.load(std::memory_order_relaxed);
  if (level < level_at(levels, kLeast)) return false;
  return level >= level_at(levels, kGreatest) || level >= level_at(levels, place_of(component));
}

std::vector<RecentDiag> diag_recent(DiagLevel least, std::size_t max) {
  std::vector<RecentDiag> found;
  const std::lock_guard lock(mutex);
  for (auto line = recent().rbegin(); line != recent().rend() && found.size() < max; ++line)
    if (line->level >= least) found.push_back(*line);
  std::reverse(found.begin(), found.end());
  return found;
}

void diag_configure(const DiagLevels& levels, DiagFormat format) {
  wanted_levels = packed(levels);
  line_format = format;
}

}  // namespace twofold::engine
