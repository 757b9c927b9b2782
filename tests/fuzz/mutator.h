#pragma once

#include <string>
#include <vector>

#include "engine/base/random.h"

namespace twofold::fuzz {

/// Changes bytes in the ways in which parsers break: single bits, numbers at their limits, pieces
/// that are doubled, cut or moved, and halves of two inputs put together. Nothing knows how far it
/// got into the parser: that is libFuzzer's trade.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  /// One of `inputs`, changed in one to eight places.
  std::string mutate(const std::vector<std::string>& inputs);

 private:
  std::size_t below(std::size_t bound);
  void change(std::string& bytes, const std::vector<std::string>& inputs);

  engine::SeededRandom random_;
};

}  // namespace twofold::fuzz
