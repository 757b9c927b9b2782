#include "tests/support/history.h"

#include <algorithm>

namespace twofold::test {
namespace {

std::string_view name_of(Told told) {
  switch (told) {
    case Told::invoke: return "invoke";
    case Told::ok: return "ok";
    case Told::fail: return "fail";
    case Told::info: return "info";
    case Told::event: return "event";
  }
  __builtin_unreachable();
}

}  // namespace

void History::add(engine::Instant at, std::uint64_t process, Told told, std::string_view what,
                  std::string_view detail) {
  std::string line = std::to_string(at.value());
  line.append(" p").append(std::to_string(process)).append(" ").append(name_of(told));
  line.append(" ").append(what);
  if (!detail.empty()) line.append(" ").append(detail);
  for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  lines_.push_back(std::move(line));
}

std::string History::tail(std::size_t lines) const {
  std::string out;
  for (std::size_t i = lines_.size() - std::min(lines, lines_.size()); i < lines_.size(); ++i)
    out.append(lines_[i]).append("\n");
  return out;
}

}  // namespace twofold::test
