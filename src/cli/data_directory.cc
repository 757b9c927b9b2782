#include "src/cli/data_directory.h"

#include <filesystem>

#include <fmt/format.h>

#include "src/cli/session.h"
#include "src/cli/settings.h"

namespace twofold::cli {

Tried<std::string> data_directory(Session& session, const Args& args) {
  auto loaded = load_settings(args);
  if (!loaded) return loaded.error();
  if (auto reported = report_settings(*loaded, session.terminal()); !reported)
    return reported.error();
  return loaded->config.server.data_dir;
}

Tried<std::unique_ptr<engine::FileSystem>> open_data(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return Failure(ExitCode::not_found, fmt::format("there is no directory {}", directory),
                   "name the broker's with --data");
  }
  auto files = engine::open_file_system(directory);
  if (!files) return storage_failure(directory, files.error());
  return *std::move(files);
}

Failure storage_failure(const std::string& directory, const engine::Error& error) {
  return Failure(ExitCode::failed, fmt::format("{}: {}", directory, error.detail), error.hint);
}

Failure no_such_namespace(const std::string& directory, const std::string& name) {
  return Failure(ExitCode::not_found, fmt::format("{} has no namespace {}", directory, name),
                 "`twofold storage list` says which there are");
}

}  // namespace twofold::cli
