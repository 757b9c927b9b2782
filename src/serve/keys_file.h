#pragma once

#include <mutex>
#include <string>

#include "engine/base/error.h"
#include "http/access/keyring.h"

namespace twofold {

/// The keys file of a running broker: read at the start and with SIGHUP, written when keys are made
/// or taken away over the network.
///
/// Contract
///   load()    the keyring holds what the file says; it stays as it is when the file is wrong.
///   change()  reads the file anew, lets `edit` change the keys, and puts the file and then the
///             keyring in place of the old ones; false when there was nothing to change. What
///             others write is not lost: that of editors before it, and that of `twofold key`,
///             which takes the same lock (keys_lock.h), at any time.
/// Errors    invalid_request (load), io (change: file and keys are as they were); they name the
///           file and no secret.
/// Threads   any that may wait for the disk; one call after the other.
class KeysFile {
 public:
  KeysFile(std::string path, http::access::Keyring& keyring)
      : path_(std::move(path)), keyring_(keyring) {}

  engine::Result<> load();
  engine::Result<bool> change(const http::access::KeyEdit& edit);

 private:
  const std::string path_;
  http::access::Keyring& keyring_;
  std::mutex mutex_;
};

}  // namespace twofold
