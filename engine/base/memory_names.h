#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace twofold::engine {

/// What the file systems in memory share about names.

inline std::string directory_of(const std::string& name) {
  const auto slash = name.find_last_of('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

inline Error file_error(const char* call, const std::string& name, const char* why) {
  return Error(Errc::io, std::string(call) + ' ' + (name.empty() ? "." : name) + ": " + why);
}

/// Names directly inside `directory`, sorted.
template <class Files>
std::vector<std::string> names_inside(const std::string& directory, const Files& files,
                                      const std::set<std::string>& directories) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& path) {
    if (!path.empty() && directory_of(path) == directory)
      names.push_back(path.substr(directory.empty() ? 0 : directory.size() + 1));
  };
  for (const auto& [path, node] : files) add(path);
  for (const auto& path : directories) add(path);
  std::sort(names.begin(), names.end());
  return names;
}

template <class Files>
bool is_empty_directory(const std::string& name, const Files& files,
                        const std::set<std::string>& directories) {
  return !name.empty() && directories.count(name) > 0 &&
         names_inside(name, files, directories).empty();
}

}  // namespace twofold::engine
