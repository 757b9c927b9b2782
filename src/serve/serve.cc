#include "src/serve/serve.h"

#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/diag.h"
#include "src/serve/group_memory.h"
#include "src/serve/live_settings.h"
#include "src/serve/memory.h"
#include "src/serve/running_broker.h"
#include "version.h"

namespace twofold {
namespace {

using engine::DiagLevel;
using engine::Errc;

// Every connection is a descriptor. The soft limit is low for the sake of programs that use
// select(), which we do not.
void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  engine::diag(DiagLevel::warn, "main", "the limit of open files cannot be raised",
               {
                   {"to", std::to_string(limit.rlim_max)}
  });
}

// Bodies of megabytes come and go. Left alone, glibc raises the first of these to 32 MiB as they do,
// has them in the heap from then on, between what lasts, and gives nothing back.
void keep_large_blocks_apart() {
  ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

// Past the limit of its group the kernel ends the process.
void stay_within_group(Config& config) {
  const auto group_bytes = group_memory("/");
  const std::uint64_t shared = follow_group(config, group_bytes);
  if (shared == 0) return;
  engine::diag(DiagLevel::info, "main", "memory follows the limit of the control group",
               {
                   {"group_bytes",   std::to_string(*group_bytes)                      },
                   {"limits.memory", std::to_string(shared)                            },
                   {"hint",          "limits.memory says how much to share out instead"}
  });
}

/// sysexits' EX_TEMPFAIL for a directory that another process holds, 1 for the rest.
int exit_code(Errc code) { return code == Errc::busy ? 75 : 1; }

}  // namespace

int serve(const Config& given, const Prepare& prepare,
          const std::function<void(std::uint16_t port)>& ready, Reread reread) {
  configure_log(given);
  Config config = given;
  engine::diag(DiagLevel::info, "main", "twofold starting",
               {
                   {"version", std::string(kVersion)                                         },
                   {"commit",  std::string(kGitCommit)                                       },
                   {"pid",     std::to_string(getpid())                                      },
                   {"data",    config.storage.memory_only ? "memory" : config.server.data_dir},
                   {"durability", std::string(durability_text(config.storage.durability))}
  });
  stay_within_group(config);
  // A terminal that closes is no reason to leave requests unanswered, before the broker listens to
  // the signal as well as later.
  std::signal(SIGHUP, SIG_IGN);
  if (config.auth.insecure && config.auth.keys_file.empty()) {
    engine::diag(DiagLevel::warn, "auth",
                 "nobody is asked for a key: whoever reaches this broker may read and delete all of it",
                 {
                     {"http", config.http.listen                              },
                     {"hint", "make keys with twofold key create --keys-file"}
    });
  }
  // Memory that a crash writes to disk would hold keys.
  if (!config.auth.keys_file.empty()) {
    constexpr rlimit kNone{};
    ::setrlimit(RLIMIT_CORE, &kNone);
  }
  raise_open_files();
  keep_large_blocks_apart();
  auto broker = RunningBroker::open(config, std::move(reread));
  if (!broker) {
    fmt::print(stderr, "error: {}\n", broker.error().detail);
    if (!broker.error().hint.empty()) fmt::print(stderr, "hint: {}\n", broker.error().hint);
    return exit_code(broker.error().code);
  }
  return (*broker)->run(prepare, ready);
}

}  // namespace twofold
