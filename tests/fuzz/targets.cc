#include "tests/fuzz/target.h"

namespace twofold::fuzz {

std::vector<Target> targets() {
  std::vector<Target> all;
  for (const auto part :
       {http_targets(), sqs_targets(), stream_targets(), storage_targets(), state_targets()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace twofold::fuzz
