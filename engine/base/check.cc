#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace twofold::engine {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "twofold: broken invariant: %s (%s:%d). This is a bug; stopping now.\n",
               condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace twofold::engine
