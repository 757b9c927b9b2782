#include "filter/like_pattern.h"

#include <algorithm>

#include "engine/base/check.h"

namespace twofold::filter {
namespace {

template <class Bits>
void set(Bits& bits, std::size_t place) {
  bits[place / 64] |= std::uint64_t{1} << (place % 64);
}
template <class Bits>
bool is_set(const Bits& bits, std::size_t place) {
  return (bits[place / 64] >> (place % 64) & 1) != 0;
}

bool continues_character(unsigned char byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

std::optional<LikePattern> LikePattern::compile(std::string_view pattern,
                                                std::optional<char> escape) {
  TF_CHECK(pattern.size() <= kPatternBytesMax);
  LikePattern made;
  Leads leads{};
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == escape) {
      if (++i == pattern.size()) return std::nullopt;
      if (pattern[i] != '%' && pattern[i] != '_' && pattern[i] != escape) return std::nullopt;
      made.add_byte(pattern[i], leads);
    } else if (pattern[i] == '%') {
      set(made.stays_, made.end_);
    } else if (pattern[i] == '_') {
      made.add_any_character(leads);
    } else {
      made.add_byte(pattern[i], leads);
    }
  }
  made.keep(leads);
  return made;
}

void LikePattern::add_byte(char byte, Leads& leads) {
  set(leads[static_cast<unsigned char>(byte)], end_++);
}

void LikePattern::add_any_character(Leads& leads) {
  for (std::size_t byte = 0; byte < leads.size(); ++byte) {
    if (!continues_character(static_cast<unsigned char>(byte))) set(leads[byte], end_);
  }
  set(continues_, ++end_);
}

void LikePattern::keep(const Leads& leads) {
  for (std::size_t byte = 0; byte < leads.size(); ++byte) {
    const auto same = std::find(rows_.begin(), rows_.end(), leads[byte]);
    row_of_[byte] = static_cast<std::uint8_t>(same - rows_.begin());
    if (same == rows_.end()) rows_.push_back(leads[byte]);
  }
}

bool LikePattern::matches(std::string_view text) const {
  return end_ < 64 ? run<1>(text) : run<kWordsMax>(text);
}

template <std::size_t kWords>
bool LikePattern::run(std::string_view text) const {
  std::array<std::uint64_t, kWords> reached{1};
  const bool end_stays = is_set(stays_, end_);
  for (const char c : text) {
    // Behind the last element with a % there: whatever follows fits.
    if (end_stays && is_set(reached, end_)) return true;
    const auto byte = static_cast<unsigned char>(c);
    const Bits& leads = rows_[row_of_[byte]];
    const std::uint64_t continues = continues_character(byte) ? ~std::uint64_t{0} : 0;
    std::uint64_t carry = 0;
    std::uint64_t any = 0;
    for (std::size_t w = 0; w < kWords; ++w) {
      const std::uint64_t moved = reached[w] & leads[w];
      reached[w] = (moved << 1) | carry | (reached[w] & (stays_[w] | (continues_[w] & continues)));
      carry = moved >> 63;
      any |= reached[w];
    }
    if (any == 0) return false;
  }
  return is_set(reached, end_);
}

}  // namespace twofold::filter
