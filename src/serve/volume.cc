#include "src/serve/volume.h"

#include <fmt/format.h>

#include "engine/base/diag.h"
#include "src/storage/file_system_kind.h"

namespace twofold {

using engine::DiagLevel;
using engine::Errc;
using engine::Error;
using storage::Keeps;

bool may_be_volatile(const Config& config) {
  return config.storage.allow_volatile || config.storage.memory_only ||
         config.storage.durability == engine::Durability::memory;
}

engine::Result<> look_at_volume(const Config& config) {
  const std::string& directory = config.server.data_dir;
  const storage::FileSystemKind kind = storage::file_system_kind(directory);
  if (kind.keeps == Keeps::all || kind.keeps == Keeps::dearly) return {};
  if (kind.keeps == Keeps::nothing && !may_be_volatile(config)) {
    return Error(Errc::invalid_request,
                 fmt::format("{} is on {}, {}", directory, kind.name, kind.what),
                 fmt::format("{}, or say that the data may go: --allow-volatile", kind.hint));
  }
  const bool goes = kind.keeps != Keeps::unknown;
  const bool is_wanted = goes && may_be_volatile(config);
  engine::diag(is_wanted ? DiagLevel::info : DiagLevel::warn, "main",
               goes ? "the data does not outlive the place it is in"
                    : "whether acknowledged data is on a device is not known",
               {
                   {"data",        directory              },
                   {"file_system", kind.name              },
                   {"safe",        goes ? "no" : "unknown"},
                   {"because",     std::string(kind.what) },
                   {"hint",        std::string(kind.hint) }
  });
  return {};
}

}  // namespace twofold
