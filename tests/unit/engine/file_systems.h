#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/file_system.h"
#include "engine/base/memory_file_system.h"
#include "engine/base/random.h"
#include "engine/base/simulated_file_system.h"

namespace twofold::engine {

/// A directory of this test alone, gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    auto name = (std::filesystem::temp_directory_path() / "twofold-test-XXXXXX").string();
    TF_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// One of the three file systems, and what it stands on.
class AnyFileSystem {
 public:
  explicit AnyFileSystem(const std::string& kind) {
    if (kind == "posix") {
      directory_ = std::make_unique<TemporaryDirectory>();
      auto opened = open_file_system(directory_->path());
      TF_CHECK(opened.has_value());
      files_ = std::move(*opened);
    } else if (kind == "memory") {
      files_ = std::make_unique<MemoryFileSystem>();
    } else {
      files_ = std::make_unique<SimulatedFileSystem>(random_);
    }
  }
  FileSystem& operator*() { return *files_; }
  FileSystem* operator->() { return files_.get(); }

 private:
  SeededRandom random_{1};
  std::unique_ptr<TemporaryDirectory> directory_;
  std::unique_ptr<FileSystem> files_;
};

/// Base of suites that run over all of them; instantiate with kEveryFileSystem.
class OverFileSystems : public ::testing::TestWithParam<const char*> {
 protected:
  AnyFileSystem files{GetParam()};
};
inline const auto kEveryFileSystem = ::testing::Values("posix", "memory", "simulated");
inline std::string file_system_name(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}

inline std::string read_all(File& file) {
  const auto size = file.size();
  TF_CHECK(size.has_value());
  std::string bytes(*size, '\0');
  const auto read = file.read_at(0, bytes.data(), bytes.size());
  TF_CHECK(read.has_value());
  bytes.resize(*read);
  return bytes;
}

/// 4096-aligned bytes, as direct modes want them.
class AlignedBytes {
 public:
  AlignedBytes(std::size_t size, char fill) : bytes_(size + kUnit, fill), size_(size) {}
  std::string_view view() const {
    const auto at = reinterpret_cast<std::uintptr_t>(bytes_.data()) % kUnit;
    return std::string_view(bytes_).substr(at == 0 ? 0 : kUnit - at, size_);
  }

 private:
  static constexpr std::size_t kUnit = 4096;
  std::string bytes_;
  std::size_t size_;
};

}  // namespace twofold::engine
