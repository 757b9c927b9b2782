#include "src/config/key_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/access/key_clash.h"
#include "http/namespaces.h"
#include "http/sqs/names.h"
#include "src/config/keys_lock.h"
#include "src/config/text_file.h"
#include "src/config/toml.h"

namespace twofold::config {
namespace {

using http::access::Grant;
using http::access::Key;

constexpr std::size_t kSecretBytesMax = 256;
constexpr std::size_t kCertificateBytesMax = 1024;

std::string place(const std::string& path, const toml::node& node) {
  return fmt::format("{}:{}", path, node.source().begin.line);
}

Outcome<std::vector<Grant>> read_grants(const toml::node& node) {
  const Refused form("allow is a list of texts like \"publish topic:orders\"");
  const toml::array* const list = node.as_array();
  if (list == nullptr) return form;
  std::vector<Grant> grants;
  for (const toml::node& entry : *list) {
    const auto text = entry.value_exact<std::string>();
    if (!text) return form;
    auto grant = http::access::parse_grant(*text);
    if (!grant) {
      return Refused(fmt::format(
          "\"{}\" is no grant: write publish, consume, manage, inspect or *, then a name like "
          "topic:orders, queue:kitchen*, group:reports, or *",
          *text));
    }
    grants.push_back(*std::move(grant));
  }
  return grants;
}

Outcome<std::uint64_t> read_number(std::string_view name, const toml::node& node) {
  const auto number = node.value_exact<std::int64_t>();
  if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
  return Refused(fmt::format("{} is a whole number, 0 or more", name));
}

std::uint64_t* number_of(Key& key, std::string_view name) {
  if (name == "requests_per_second") return &key.requests_per_second;
  if (name == "bytes_per_second") return &key.bytes_per_second;
  if (name == "stored_bytes") return &key.stored_bytes;
  return nullptr;
}

Outcome<Done> take_text(Key& key, std::string_view name, const std::string& text) {
  if (name == "id") {
    if (!http::access::is_key_id(text))
      return Refused("an id has 1 to 128 of the characters A-Z a-z 0-9 - _");
    if (text == http::access::kNobody)
      return Refused("no key is called nobody: the log says that of whoever has shown none");
    key.id = text;
  } else if (name == "hash") {
    key.hash = http::access::parse_hash(text);
    if (!key.hash) return Refused("a hash is sha256: and 64 hexadecimal digits");
  } else if (name == "account") {
    if (!http::sqs::is_account(text)) return Refused("an account is twelve digits");
    key.account = text;
  } else if (name == "namespace") {
    key.name_space = text == http::kDefaultNamespace ? "" : text;
    // Not the default one: who left out a name means another one than all of them.
    if (text != http::kDefaultNamespace && !http::is_namespace(text))
      return Refused("a namespace has 1 to 64 of the characters A-Z a-z 0-9 . _ -");
  } else if (name == "certificate") {
    if (text.empty() || text.size() > kCertificateBytesMax)
      return Refused("a certificate's name has 1 to 1024 bytes");
    key.certificate = text;
  } else {
    if (text.empty() || text.size() > kSecretBytesMax)
      return Refused("an sqs_secret has 1 to 256 bytes");
    key.sqs_secret = text;
  }
  return Done{};
}

Outcome<Done> take(Key& key, std::string_view name, const toml::node& node) {
  if (name == "allow") {
    auto grants = read_grants(node);
    if (!grants) return grants.error();
    key.allow = *std::move(grants);
    return Done{};
  }
  if (std::uint64_t* const number = number_of(key, name)) {
    const auto given = read_number(name, node);
    if (!given) return given.error();
    *number = *given;
    return Done{};
  }
  if (name != "id" && name != "hash" && name != "account" && name != "sqs_secret" &&
      name != "certificate" && name != "namespace") {
    return Refused(
        fmt::format("a key has no {}: it has id, hash, sqs_secret, certificate, account, allow, "
                    "namespace, requests_per_second, bytes_per_second and stored_bytes",
                    name));
  }
  const auto text = node.value_exact<std::string>();
  if (!text) return Refused(fmt::format("{} is a text", name));
  return take_text(key, name, *text);
}

Outcome<Key> read_key(const toml::node& node, const std::string& path) {
  const toml::table* const table = node.as_table();
  if (table == nullptr) return Refused(place(path, node) + ": write [[key]] above each key");
  Key key;
  for (const auto& [name, value] : *table) {
    if (auto taken = take(key, name.str(), value); !taken)
      return Refused(fmt::format("{}: {}", place(path, value), taken.error().why));
  }
  if (key.id.empty()) return Refused(place(path, node) + ": a key has an id");
  if (!key.hash && key.sqs_secret.empty() && key.certificate.empty()) {
    return Refused(fmt::format("{}: {} has no hash, no sqs_secret and no certificate",
                               place(path, node), key.id));
  }
  return key;
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') text += '\\';
    text += byte < 0x20 || byte == 0x7F ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
  }
  return text + '"';
}

std::string text_of(const std::vector<Key>& keys) {
  std::string text =
      "# Keys of a Twofold broker: tokens by their hash only, secrets of SQS clients in clear.\n"
      "# twofold key create and key revoke write this file anew; send the broker a SIGHUP "
      "afterwards.\n";
  for (const Key& key : keys) {
    text += fmt::format("\n[[key]]\nid = \"{}\"\n", key.id);
    if (key.hash) text += fmt::format("hash = \"{}\"\n", http::access::hash_text(*key.hash));
    if (!key.sqs_secret.empty()) text += fmt::format("sqs_secret = {}\n", quoted(key.sqs_secret));
    if (!key.certificate.empty())
      text += fmt::format("certificate = {}\n", quoted(key.certificate));
    text += fmt::format("account = \"{}\"\nallow = [", key.account);
    for (const Grant& grant : key.allow)
      text += fmt::format("{}\"{}\"", &grant == &key.allow.front() ? "" : ", ", grant.text());
    text += "]\n";
    if (!key.name_space.empty()) text += fmt::format("namespace = \"{}\"\n", key.name_space);
    if (key.requests_per_second > 0)
      text += fmt::format("requests_per_second = {}\n", key.requests_per_second);
    if (key.bytes_per_second > 0)
      text += fmt::format("bytes_per_second = {}\n", key.bytes_per_second);
    if (key.stored_bytes > 0) text += fmt::format("stored_bytes = {}\n", key.stored_bytes);
  }
  return text;
}

// Without it a crash may bring the old file back; file systems that cannot do it have no better
// way.
void sync_folder_of(const std::string& path) {
  const int handle = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

bool write_and_sync(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

}  // namespace

Outcome<std::vector<Key>> parse_keys(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    // Not the description: it may quote the line.
    return Refused(
        fmt::format("{}:{}: this is not TOML", path, parsed.error().source().begin.line));
  }
  std::vector<Key> keys;
  for (const auto& [name, node] : parsed.table()) {
    const toml::array* const list = node.as_array();
    if (name.str() != "key" || list == nullptr)
      return Refused(fmt::format("{}: write [[key]] above each key", place(path, node)));
    for (const toml::node& entry : *list) {
      auto key = read_key(entry, path);
      if (!key) return key.error();
      for (const Key& before : keys) {
        if (!http::access::clash(*key, before)) continue;
        const bool by_id = key->certificate.empty() || key->certificate != before.certificate;
        return Refused(fmt::format("{}: {} was given before", place(path, entry),
                                   by_id ? key->id : key->certificate));
      }
      keys.push_back(*std::move(key));
    }
  }
  return keys;
}

Outcome<std::vector<Key>> read_keys(const std::string& path) {
  const auto text = read_text_file(path);
  if (!text) return Refused(fmt::format("cannot read {}: {}", path, text.error().why));
  return parse_keys(*text, path);
}

std::string keys_file_hint(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 && errno == ENOENT) {
    return fmt::format(
        "make it with a first key: twofold key create NAME --allow '* *' --keys-file {}", path);
  }
  if (S_ISDIR(found.st_mode)) return "name a file: a directory stands in its place";
  if (::access(path.c_str(), R_OK) != 0) {
    return fmt::format(
        "user {} has to be able to read it, and its folder to let that user in: chown {} {}",
        ::geteuid(), ::geteuid(), path);
  }
  return "correct it there, or begin a new one with twofold key create";
}

Outcome<Done> write_keys(const std::string& path, const std::vector<Key>& keys) {
  const std::string fresh = path + ".new";
  const auto failed = [&](const char* what) {
    return Refused(fmt::format("cannot {} {}: {}", what, fresh, std::strerror(errno)));
  };
  ::unlink(fresh.c_str());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed("create");
  const bool written = write_and_sync(file, text_of(keys));
  ::close(file);
  if (!written) return failed("write");
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("rename");
  sync_folder_of(path);
  return Done{};
}

}  // namespace twofold::config
