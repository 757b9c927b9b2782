#pragma once

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace twofold::cli {

/// A file of a directory without a name, to try out what the device does: it cannot be left behind.
/// Threads  one at a time.
class NamelessFile {
 public:
  /// `flags` as open(2) takes them, beside O_CLOEXEC. What went wrong is in errno.
  explicit NamelessFile(const std::string& directory, int flags = 0) {
    std::string name = directory + "/.twofold-sync-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC | flags);
    if (descriptor_ >= 0) ::unlink(name.c_str());
  }
  ~NamelessFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  bool opened() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

}  // namespace twofold::cli
