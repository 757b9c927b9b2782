#pragma once

#include <cstdint>

namespace twofold::test {

/// A number that whoever runs the tests gives; TWOFOLD_SIM_SEED replays one run.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise);

/// While it lives, a broken belief that ends the process says which seed it was about.
class SaysSeed {
 public:
  SaysSeed();
  ~SaysSeed();
  void now(std::uint64_t seed);
};

}  // namespace twofold::test
