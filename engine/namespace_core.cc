#include "engine/namespace_core.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace twofold::engine {

NamespaceCatalog::NamespaceCatalog(Catalog& whole, const std::string& name)
    : whole_(whole), prefix_(std::string(kNamespaceKeys) + name + '/') {}

std::string NamespaceCatalog::whole_key(std::string_view key) const {
  std::string whole;
  whole.reserve(prefix_.size() + key.size());
  return whole.append(prefix_).append(key);
}

const Document* NamespaceCatalog::get(std::string_view key) const {
  return whole_.get(whole_key(key));
}

Result<std::uint64_t> NamespaceCatalog::put_if(std::string_view key, std::string value,
                                               std::uint64_t expected) {
  return whole_.put_if(whole_key(key), std::move(value), expected);
}

Result<> NamespaceCatalog::remove_if(std::string_view key, std::uint64_t expected) {
  return whole_.remove_if(whole_key(key), expected);
}

std::vector<std::string> NamespaceCatalog::list(std::string_view prefix, std::string_view after,
                                                std::size_t limit) const {
  auto keys = whole_.list(whole_key(prefix), whole_key(after), limit);
  for (std::string& key : keys) key.erase(0, prefix_.size());
  return keys;
}

void NamespaceCatalog::watch(std::string prefix, CatalogWatch watch) {
  watches_.emplace_back(std::move(prefix), std::move(watch));
}

void NamespaceCatalog::tell(std::string_view key, const Document* document) const {
  for (const auto& [prefix, watch] : watches_) {
    if (key.starts_with(prefix)) watch(key, document);
  }
}

NamespaceCore::NamespaceCore(Core& whole, std::string name)
    : whole_(whole), name_(std::move(name)), catalog_(whole.catalog(), name_) {}

void NamespaceCore::note_existence() { note(EntryType{0}, 0, {}); }

void NamespaceCore::note(EntryType type, std::uint32_t owner, std::string_view payload) {
  entry_.clear();
  ByteWriter out(entry_);
  out.fixed(static_cast<std::uint8_t>(type));
  out.bytes(name_);
  entry_.append(payload);
  whole_.note(EntryType::namespaced, owner, entry_);
}

void NamespaceCore::attach_machine(EntryType type, StateMachine& machine) {
  TF_CHECK(machines_.emplace(type, &machine).second);
}

void NamespaceCore::open_log(LogId log, LogOptions options) {
  logs_.insert(log);
  whole_.open_log(log, options);
}

void NamespaceCore::drop_log(LogId log) {
  logs_.erase(log);
  whole_.drop_log(log);
}

std::uint64_t NamespaceCore::stored_bytes() const {
  if (!stored_.is_under_way()) {
    stored_.begin(appended_);
    next_counted_ = LogId{0};
  }
  auto log = logs_.lower_bound(next_counted_);
  for (std::size_t left = kCountedAtOnce; left > 0 && log != logs_.end(); --left, ++log)
    stored_.add(whole_.status(*log).bytes);
  if (log == logs_.end()) {
    stored_.end();
  } else {
    next_counted_ = *log;
  }
  return stored_.bytes(appended_);
}

}  // namespace twofold::engine
