#include "src/cli/failure.h"

namespace twofold::cli {

ExitCode exit_code_for_status(int status) {
  switch (status) {
    case 401:
    case 403: return ExitCode::not_authorised;
    case 404:
    case 410: return ExitCode::not_found;
    case 409:
    case 412: return ExitCode::conflict;
    case 408:
    case 504: return ExitCode::timed_out;
    // Try again later: the request was right, so it is no usage error.
    case 429: return ExitCode::failed;
    default: return status >= 400 && status < 500 ? ExitCode::refused : ExitCode::failed;
  }
}

}  // namespace twofold::cli
