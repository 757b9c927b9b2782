#include "http/access/keyring.h"

#include <algorithm>

namespace twofold::http::access {
namespace {

std::shared_ptr<Principal> principal_of(const Key& key) {
  auto principal = std::make_shared<Principal>();
  principal->id = key.id;
  principal->account = key.account;
  principal->name_space = key.name_space;
  principal->grants = key.allow;
  principal->requests.limit(key.requests_per_second);
  principal->bytes.limit(key.bytes_per_second);
  return principal;
}

}  // namespace

void Keyring::replace(std::vector<Key> keys) {
  const std::lock_guard lock(mutex_);
  Entries before = std::exchange(entries_, {});
  for (Key& key : keys) {
    const auto same = before.find(key.id);
    if (same != before.end() && same->second.key == key) {
      entries_.insert(before.extract(same));
      continue;
    }
    Entry entry{key, principal_of(key), next_serial_++};
    entries_.emplace(key.id, std::move(entry));
  }
  certified_.clear();
  for (const auto& [id, entry] : entries_)
    if (!entry.key.certificate.empty()) certified_.emplace(entry.key.certificate, entry.principal);
  generation_.fetch_add(1, std::memory_order_release);
  for (auto& [id, entry] : before) entry.principal->revoked = true;
}

PrincipalRef Keyring::check(const Token& token) const {
  // Nobody knows a secret of this hash: it stands for ids that do not exist.
  static const SecretHash decoy{};
  const SecretHash shown = hash_secret(token.secret);
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(token.id);
  const bool known = found != entries_.end() && found->second.key.hash;
  const bool same = same_hash(known ? *found->second.key.hash : decoy, shown);
  return known && same ? found->second.principal : nullptr;
}

PrincipalRef Keyring::certified(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = certified_.find(name);
  return found == certified_.end() ? nullptr : found->second;
}

std::optional<Keyring::Signer> Keyring::signer(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.key.sqs_secret.empty()) return std::nullopt;
  const Entry& entry = found->second;
  return Signer{entry.principal, entry.key.sqs_secret, entry.serial};
}

bool Keyring::has_stored_quota() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const auto& one) { return one.second.key.stored_bytes > 0; });
}

void Keyring::judge_stored(const std::map<std::string, std::uint64_t>& held) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    const auto found = held.find(entry.key.name_space);
    if (entry.key.stored_bytes == 0 || found == held.end()) continue;
    entry.principal->stored_enough = found->second >= entry.key.stored_bytes;
  }
}

std::vector<Key> Keyring::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Key> keys;
  for (const auto& [id, entry] : entries_) {
    Key key = entry.key;
    if (!key.sqs_secret.empty()) key.sqs_secret = "set";
    if (key.hash) key.hash = SecretHash{};
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace twofold::http::access
