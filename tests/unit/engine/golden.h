#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/engine/hex.h"

namespace twofold::engine {

/// The bytes of the block "```hex NAME" in engine/format.md: lines "place: bytes | meaning". The
/// place must be right; lines that begin with ";" are headings.
inline std::string golden(const std::string& name) {
  const auto page = std::filesystem::path(TWOFOLD_SOURCE_DIR) / "engine/format.md";
  std::ifstream in(page);
  EXPECT_TRUE(in) << page;
  std::string line;
  while (std::getline(in, line) && line != "```hex " + name) {
  }
  std::string bytes;
  while (std::getline(in, line) && line != "```") {
    if (line.front() == ';') continue;
    const auto colon = line.find(':');
    EXPECT_EQ(std::stoul(line.substr(0, colon)), bytes.size()) << line;
    bytes += from_hex(line.substr(colon, line.find('|') - colon));
  }
  EXPECT_FALSE(bytes.empty()) << "engine/format.md has no block \"hex " << name << '"';
  return bytes;
}

}  // namespace twofold::engine
