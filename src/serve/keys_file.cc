#include "src/serve/keys_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include "engine/base/diag.h"
#include "src/config/key_file.h"
#include "src/config/keys_lock.h"
#include "src/config/text_file.h"

namespace twofold {

using engine::DiagLevel;
using engine::Errc;
using engine::Error;
using engine::Result;

namespace {

Result<std::vector<http::access::Key>> read(const std::string& path) {
  auto keys = config::read_keys(path);
  if (keys) return *std::move(keys);
  return Error(Errc::invalid_request, "auth.keys_file: " + keys.error().why,
               config::keys_file_hint(path));
}

Error unchanged(const std::string& why) {
  return Error(Errc::io, why,
               fmt::format("auth.keys_file has to be a file in a folder that user {} may write to, "
                           "the broker's; or use twofold key create there, and send SIGHUP",
                           ::geteuid()));
}

}  // namespace

Result<> KeysFile::load() {
  const std::lock_guard lock(mutex_);
  auto keys = read(path_);
  if (!keys) return keys.error();
  if (config::readable_by_others(path_)) {
    engine::diag(DiagLevel::warn, "auth", "others can read auth.keys_file",
                 {
                     {"file", path_      },
                     {"hint", "chmod 600"}
    });
  }
  const std::string count = std::to_string(keys->size());
  keyring_.replace(*std::move(keys));
  engine::diag(DiagLevel::info, "auth", "keys loaded", {{"keys", count}});
  return {};
}

Result<bool> KeysFile::change(const http::access::KeyEdit& edit) {
  const std::lock_guard lock(mutex_);
  const auto alone = config::KeysLock::take(path_);
  if (!alone) return unchanged(alone.error().why);
  auto keys = config::read_keys(path_);
  if (!keys) return unchanged(keys.error().why);
  if (!edit(*keys)) return false;
  if (auto written = config::write_keys(path_, *keys); !written)
    return unchanged(written.error().why);
  keyring_.replace(*std::move(keys));
  return true;
}

}  // namespace twofold
