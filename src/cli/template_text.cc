#include "src/cli/template_text.h"

#include <fmt/format.h>

#include "engine/base/random.h"
#include "engine/base/time_text.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

constexpr std::uint64_t kRandomMax = 1 << 20;

std::string random_letters(std::uint64_t count) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  engine::SystemRandom random;
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) text.push_back(kLetters[random.below(kLetters.size())]);
  return text;
}

// Version 4: 122 random bits.
std::string random_uuid() {
  engine::SystemRandom random;
  const std::uint64_t high = (random.next_u64() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (random.next_u64() & ~(3ULL << 62)) | (2ULL << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFF'FFFF'FFFFULL);
}

Outcome<std::string> value_of(std::string_view name, std::uint64_t count) {
  if (name == ".Count") return fmt::format("{}", count);
  if (name == ".UUID") return random_uuid();
  if (name == ".Time") return engine::format_time(engine::SystemClock().wall());
  if (name.starts_with(".Random ")) {
    const auto letters = parse_count(name.substr(8));
    if (letters && *letters <= kRandomMax) return random_letters(*letters);
  }
  return Refused(
      fmt::format("{{{{{}}}}} is not known; there are {{{{.Count}}}} {{{{.Time}}}} {{{{.Random "
                  "N}}}} {{{{.UUID}}}}",
                  name));
}

}  // namespace

Outcome<std::string> fill_template(std::string_view text, std::uint64_t count) {
  std::string filled;
  while (true) {
    const std::size_t open = text.find("{{.");
    if (open == std::string_view::npos) return filled + std::string(text);
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return Refused("{{ without }}");
    filled += text.substr(0, open);
    const auto value = value_of(text.substr(open + 2, close - open - 2), count);
    if (!value) return value.error();
    filled += *value;
    text.remove_prefix(close + 2);
  }
}

}  // namespace twofold::cli
