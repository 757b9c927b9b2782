#include "src/cli/doctor_checks.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "src/cli/device_sync.h"
#include "src/cli/doctor_host.h"
#include "src/cli/doctor_storage.h"
#include "src/config/certificates.h"
#include "src/config/key_file.h"
#include "src/config/text_file.h"
#include "src/config/units.h"
#include "src/serve/volume.h"
#include "src/storage/file_system_kind.h"

namespace twofold::cli {
namespace {

std::string user_name(uid_t id) {
  const passwd* entry = ::getpwuid(id);
  return entry != nullptr ? entry->pw_name : fmt::format("{}", id);
}

// 0, or why no directory can be made there: permissions do not tell (/proc, a full disk).
int try_directory_in(const std::string& base) {
  std::string name = fmt::format("{}/.twofold-doctor-XXXXXX", base);
  if (::mkdtemp(name.data()) == nullptr) return errno;
  ::rmdir(name.c_str());
  return 0;
}

Check check_config(const config::Loaded& loaded) {
  if (!loaded.errors.empty()) {
    return {"configuration", Verdict::fail, loaded.errors.front().what, loaded.errors.front().hint};
  }
  if (!loaded.warnings.empty()) {
    return {"configuration", Verdict::warn, loaded.warnings.front(), "run: twofold config keys"};
  }
  const std::string file = loaded.file.empty() ? "no file" : loaded.file;
  return {"configuration", Verdict::ok, fmt::format("{}, no mistakes", file), ""};
}

Check check_directory(const std::string& directory, const std::string& base) {
  struct stat found {};
  const bool known = ::stat(base.c_str(), &found) == 0;
  if (known && !S_ISDIR(found.st_mode)) {
    return {"data directory", Verdict::fail, fmt::format("{} is a file", base),
            "choose another with --data DIR"};
  }
  if (::access(base.c_str(), R_OK | W_OK | X_OK) != 0) {
    const std::string me = user_name(::geteuid());
    return {"data directory", Verdict::fail,
            fmt::format("{} is not writable for {} (owner: {})", base, me,
                        known ? user_name(found.st_uid) : "unknown"),
            fmt::format("run: chown -R {} {}, or choose another with --data DIR", me, base)};
  }
  if (base == directory) {
    return {"data directory", Verdict::ok, fmt::format("{} exists, writable", directory), ""};
  }
  if (const int reason = try_directory_in(base); reason != 0) {
    return {"data directory", Verdict::fail,
            fmt::format("{} cannot be made in {}: {}", directory, base, std::strerror(reason)),
            "choose another with --data DIR"};
  }
  return {"data directory", Verdict::ok, fmt::format("{} will be made, writable", directory), ""};
}

Check check_space(const std::string& base, std::uint64_t min_free) {
  struct statvfs space {};
  if (::statvfs(base.c_str(), &space) != 0) {
    return {"free space", Verdict::warn, std::strerror(errno), ""};
  }
  const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
  const std::string detail = fmt::format("{} free", about_size(free));
  if (free < min_free) {
    return {"free space", Verdict::fail,
            fmt::format("{}, storage.min_free is {}", detail, format_size(min_free)),
            "publishes would be refused: make room, or lower storage.min_free"};
  }
  if (free < 2 * min_free) return {"free space", Verdict::warn, detail, "little room is left"};
  return {"free space", Verdict::ok, detail, ""};
}

// What keeps a broker from starting there is a failure; what it says as it starts, a warning.
Check check_file_system(const Config& config) {
  const storage::FileSystemKind kind = storage::file_system_kind(config.server.data_dir);
  if (kind.keeps == storage::Keeps::all) return {"file system", Verdict::ok, kind.name, ""};
  const bool refused = kind.keeps == storage::Keeps::nothing && !may_be_volatile(config);
  const std::string hint = kind.hint.empty() ? "" : fmt::format("; {}", kind.hint);
  return {"file system", refused ? Verdict::fail : Verdict::warn, kind.name,
          fmt::format("{}{}", kind.what, hint)};
}

Check check_sync(const std::string& base) {
  const auto latency = measure_sync(base);
  if (!latency) return {"sync", Verdict::fail, latency.error().why, ""};
  const auto millis = [](std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1e6;
  };
  const std::string detail =
      fmt::format("p50 {:.3f} ms, p99 {:.3f} ms over {} {} writes", millis(latency->p50),
                  millis(latency->p99), latency->writes, latency->direct ? "direct" : "buffered");
  if (latency->p50 > std::chrono::milliseconds(20)) {
    return {"sync", Verdict::warn, detail, "a slow device: every durable publish waits that long"};
  }
  return {"sync", Verdict::ok, detail, ""};
}

Check check_open_files(int connections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(connections) + 256;
  // The broker raises its soft limit itself.
  if (limit.rlim_max < wanted) {
    return {"open files", Verdict::warn,
            fmt::format("limit {}, {} are wanted for {} connections", limit.rlim_max, wanted,
                        connections),
            "raise it with ulimit -Hn, or LimitNOFILE in the unit"};
  }
  return {"open files", Verdict::ok, fmt::format("limit {}", limit.rlim_max), ""};
}

Check check_keys(const std::string& path) {
  const auto keys = config::read_keys(path);
  if (!keys) return {"keys", Verdict::fail, keys.error().why, config::keys_file_hint(path)};
  if (config::readable_by_others(path)) {
    return {"keys", Verdict::warn, fmt::format("others can read {}", path), "chmod 600"};
  }
  return {"keys", Verdict::ok, fmt::format("{} keys", keys->size()), ""};
}

// What a start would say of the files of tls.*, and whether clients would believe the certificate.
std::optional<Check> check_certificate(const Config& config) {
  const auto found = try_tls(config);
  if (!found) return Check{"certificate", Verdict::fail, found.error().detail, found.error().hint};
  if (!*found) return std::nullopt;
  const http::CertificateInfo& info = **found;
  if (const std::string why = why_refused(config, info); !why.empty()) {
    return Check{"certificate", Verdict::fail, why,
                 info.expired ? "clients refuse it: put a new one there"
                              : "clients refuse it: look at the clock, too"};
  }
  if (config::readable_by_others(config.tls.key)) {
    return Check{"certificate", Verdict::warn,
                 fmt::format("others than its owner can read tls.key: {}", config.tls.key),
                 "chmod 600"};
  }
  return Check{"certificate", Verdict::ok, fmt::format("{}, until {}", info.subject, info.until),
               ""};
}

}  // namespace

std::vector<Check> run_checks(const config::Loaded& loaded) {
  const Config& config = loaded.config;
  std::vector<Check> checks{check_config(loaded)};
  if (!config.storage.memory_only) {
    const std::string base = storage::existing_parent(config.server.data_dir);
    checks.push_back(check_directory(config.server.data_dir, base));
    if (checks.back().verdict == Verdict::ok) {
      checks.push_back(check_sync(base));
      checks.push_back(check_clock(base));
    }
    checks.push_back(check_space(base, config.storage.min_free));
    checks.push_back(check_file_system(config));
    checks.push_back(check_mount(base));
    checks.push_back(check_lock(config.server.data_dir));
    for (Check& check : check_stored(config.server.data_dir)) checks.push_back(std::move(check));
  }
  checks.push_back(check_open_files(config.limits.connections));
  checks.push_back(check_port(config.http.listen));
  for (const std::string& address : config.sqs.listen) checks.push_back(check_port(address));
  if (!config.http.admin_listen.empty()) checks.push_back(check_port(config.http.admin_listen));
  if (!config.auth.keys_file.empty()) checks.push_back(check_keys(config.auth.keys_file));
  if (auto certificate = check_certificate(config)) checks.push_back(*std::move(certificate));
  checks.push_back(check_memory(config));
  checks.push_back(check_seccomp());
  return checks;
}

}  // namespace twofold::cli
