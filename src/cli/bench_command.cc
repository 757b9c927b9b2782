#include "src/cli/handlers.h"
namespace twofold::cli {
Tried<> run_bench(Session&, const Args&) { return Done{}; }
}  // namespace twofold::cli
