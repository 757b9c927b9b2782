#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::fuzz {

/// A parser of bytes that strangers send or that a disk gives back, and what has to hold of it
/// whatever they are: run() aborts (TF_CHECK, a sanitizer) where it does not.
/// The same targets are run by ctest with seeded mutations of the seeds, and for hours under
/// libFuzzer by scripts/fuzz.sh.
struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
  std::vector<std::string> (*seeds)();  ///< good examples, made with what writes the format
};

std::span<const Target> http_targets();
std::span<const Target> sqs_targets();
std::span<const Target> stream_targets();
std::span<const Target> storage_targets();
std::span<const Target> state_targets();

/// All of them.
std::vector<Target> targets();

}  // namespace twofold::fuzz
