#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "filter/filter.h"

namespace twofold::filter {

/// A pattern of LIKE: % stands for any bytes, _ for one UTF-8 character, everything else for
/// itself.
///
/// All places where the text may stand in the pattern are kept as bits and moved together, so the
/// time is linear in the text whatever the pattern is: there is nothing to go back to.
/// Threads  any number at once.
class LikePattern {
 public:
  /// Behind `escape` one of %, _ or the escape itself must follow, and stands for itself; nullopt
  /// when it does not. The pattern has kPatternBytesMax bytes at most.
  static std::optional<LikePattern> compile(std::string_view pattern, std::optional<char> escape);

  /// Whether all of `text` fits. Bytes that continue a UTF-8 character belong to what is before
  /// them.
  bool matches(std::string_view text) const;

 private:
  // A bit for each place, also the one behind the last element: in place j, j elements have
  // matched.
  static constexpr std::size_t kWordsMax = (kPatternBytesMax + 1) / 64;
  static_assert((kPatternBytesMax + 1) % 64 == 0);
  using Bits = std::array<std::uint64_t, kWordsMax>;
  using Leads = std::array<Bits, 256>;

  void add_byte(char byte, Leads& leads);
  void add_any_character(Leads& leads);
  void keep(const Leads& leads);
  template <std::size_t kWords>
  bool run(std::string_view text) const;

  std::size_t end_ = 0;     // the last place
  Bits stays_{};            // a % is here: any byte leaves the place reached
  Bits continues_{};        // a _ ended here: bytes that continue its character leave it reached
  std::vector<Bits> rows_;  // the places that a byte leads on from; many bytes share a row
  std::array<std::uint8_t, 256> row_of_{};
};

}  // namespace twofold::filter
