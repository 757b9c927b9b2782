#include "engine/catalog_state.h"

#include <fmt/format.h>

namespace twofold::engine {

const Document* CatalogState::get(std::string_view key) const {
  const auto it = documents_.find(key);
  return it == documents_.end() ? nullptr : &it->second;
}

Result<std::uint64_t> CatalogState::put_if(std::string_view key, std::string value,
                                           std::uint64_t expected) {
  const auto* now = get(key);
  const auto version = now ? now->version : 0;
  if (version != expected) {
    return Error(Errc::etag_mismatch,
                 fmt::format("{} is at version {}, not {}", key, version, expected));
  }
  std::string payload;
  ByteWriter out(payload);
  out.uvarint(version + 1);
  out.bytes(key);
  out.bytes(value);
  journal_(payload);
  put(key, std::move(value), version + 1);
  return version + 1;
}

Result<> CatalogState::remove_if(std::string_view key, std::uint64_t expected) {
  const auto* now = get(key);
  const auto version = now ? now->version : 0;
  if (version != expected || version == 0) {
    return Error(Errc::etag_mismatch,
                 fmt::format("{} is at version {}, not {}", key, version, expected));
  }
  std::string payload;
  ByteWriter out(payload);
  out.uvarint(0);
  out.bytes(key);
  journal_(payload);
  remove(key);
  return {};
}

std::vector<std::string> CatalogState::list(std::string_view prefix, std::string_view after,
                                            std::size_t limit) const {
  std::vector<std::string> out;
  auto it = after > prefix ? documents_.upper_bound(after) : documents_.lower_bound(prefix);
  for (; it != documents_.end() && out.size() < limit && it->first.starts_with(prefix); ++it)
    out.push_back(it->first);
  return out;
}

void CatalogState::watch(std::string prefix, CatalogWatch watch) {
  watches_.emplace_back(std::move(prefix), std::move(watch));
}

Result<> CatalogState::apply(std::string_view payload) {
  ByteReader in(payload);
  const auto version = in.uvarint();
  const auto key = in.bytes();
  const auto value = version == 0 ? std::string_view() : in.bytes();
  if (!in.done()) return Error(Errc::data_damaged, "a catalog entry does not parse");
  if (version == 0) {
    remove(key);
  } else {
    put(key, std::string(value), version);
  }
  return {};
}

void CatalogState::snapshot(ByteWriter& out) const {
  out.uvarint(documents_.size());
  for (const auto& [key, document] : documents_) {
    out.bytes(key);
    out.uvarint(document.version);
    out.bytes(document.value);
  }
}

Result<> CatalogState::restore(ByteReader& in) {
  for (auto n = in.count(3); n > 0 && in.ok(); --n) {
    const auto key = in.bytes();
    const auto version = in.uvarint();
    const auto value = in.bytes();
    if (in.ok()) put(key, std::string(value), version);
  }
  if (!in.ok()) return Error(Errc::data_damaged, "the catalog in the checkpoint does not parse");
  return {};
}

void CatalogState::put(std::string_view key, std::string value, std::uint64_t version) {
  auto it = documents_.find(key);
  if (it == documents_.end()) it = documents_.emplace(std::string(key), Document{}).first;
  it->second.value = std::move(value);
  it->second.version = version;
  tell(it->first, &it->second);
}

void CatalogState::remove(std::string_view key) {
  const auto it = documents_.find(key);
  if (it == documents_.end()) return;
  const std::string gone = it->first;
  documents_.erase(it);
  tell(gone, nullptr);
}

void CatalogState::tell(std::string_view key, const Document* document) const {
  for (const auto& [prefix, watch] : watches_) {
    if (key.starts_with(prefix)) watch(key, document);
  }
}

}  // namespace twofold::engine
