#include "src/cli/json_text.h"

namespace twofold::cli {
namespace {

// How many bytes follow a leading byte; 4 means that it cannot lead.
std::size_t followers(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead < 0xC2) return 4;
  if (lead < 0xE0) return 1;
  if (lead < 0xF0) return 2;
  return lead < 0xF5 ? 3 : 4;
}

// Overlong forms, surrogates, and what lies beyond the last code point.
bool second_byte_allowed(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second <= 0x9F;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second <= 0x8F;
    default: return true;
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t more = followers(byte(i));
    if (more == 4 || i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    if (more > 0 && !second_byte_allowed(byte(i), byte(i + 1))) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace twofold::cli
