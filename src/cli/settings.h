#pragma once

#include "src/cli/args.h"
#include "src/cli/failure.h"
#include "src/cli/terminal.h"
#include "src/config/load.h"

namespace twofold::cli {

/// The broker's configuration as `--config`, `--set` and the flags that stand for a key
/// (`--data`, `--http`, `--memory`) make it, over environment, file and defaults.
/// Mistakes are returned in `errors`; a malformed --set is a Failure.
Tried<config::Loaded> load_settings(const Args& args);

/// Prints all warnings and mistakes; a Failure when there was a mistake.
Tried<> report_settings(const config::Loaded& loaded, const Terminal& terminal);

}  // namespace twofold::cli
