#include "engine/base/read_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace twofold::engine {

std::optional<std::string> read_regular_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return std::nullopt;
  return bytes;
}

}  // namespace twofold::engine
