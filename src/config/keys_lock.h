#pragma once

#include <string>

#include "src/config/outcome.h"

namespace twofold::config {

/// While it lives, nobody else who changes the keys file reads it in order to write it: neither
/// another process nor another part of this one. Reading alone needs no lock.
///
///   auto lock = KeysLock::take(path);     // before read_keys
///   if (!lock) return lock.error();
///   ... read_keys, change, write_keys ...
///
/// It is an advisory lock of the folder, which stays where it is when the file is replaced, leaves
/// nothing behind, and goes with the process that holds it. On a file system that cannot lock a
/// folder (NFS) it holds nobody back.
/// Blocking, for five seconds at most. Refused: there is no such folder, or it stays taken.
class KeysLock {
 public:
  static Outcome<KeysLock> take(const std::string& path);
  KeysLock(KeysLock&& other) noexcept;
  KeysLock& operator=(KeysLock&&) = delete;
  ~KeysLock();

 private:
  explicit KeysLock(int folder) : folder_(folder) {}
  int folder_;
};

/// The folder that a file is in, as open() takes it.
std::string folder_of(const std::string& path);

}  // namespace twofold::config
