// The same targets under libFuzzer: TWOFOLD_FUZZ_TARGET says which one (scripts/fuzz.sh).
#ifdef TWOFOLD_LIBFUZZER
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/target.h"

namespace {

twofold::fuzz::Target chosen;

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const std::string& seed : chosen.seeds()) {
    std::ofstream(folder / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const wanted = std::getenv("TWOFOLD_FUZZ_TARGET");
  for (const auto& target : twofold::fuzz::targets()) {
    if (wanted && target.name == wanted) chosen = target;
    if (!wanted) std::cout << target.name << '\n';
  }
  if (!wanted) std::exit(0);
  if (!chosen.run) {
    std::cerr << "there is no target named " << wanted << '\n';
    std::exit(2);
  }
  if (const char* const folder = std::getenv("TWOFOLD_FUZZ_SEEDS")) write_seeds(folder);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  chosen.run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
#endif
