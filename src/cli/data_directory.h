#pragma once

#include <memory>
#include <string>

#include "engine/base/file_system.h"
#include "src/cli/args.h"
#include "src/cli/failure.h"

namespace twofold::cli {

class Session;

/// The directory that --data, --config and --set name, as for `serve`; warnings are printed.
Tried<std::string> data_directory(Session& session, const Args& args);

/// A directory that is there: opening a file system would make it.
Tried<std::unique_ptr<engine::FileSystem>> open_data(const std::string& directory);

Failure storage_failure(const std::string& directory, const engine::Error& error);
Failure no_such_namespace(const std::string& directory, const std::string& name);

}  // namespace twofold::cli
