#include "queue/header_patch.h"

#include <algorithm>
#include <cstdint>

#include "engine/base/bytes.h"

namespace twofold::queue {
namespace {

std::vector<HeaderChange> decode(std::string_view patch, bool* sound = nullptr) {
  engine::ByteReader in(patch);
  std::vector<HeaderChange> changes;
  for (std::size_t n = in.count(2); n > 0 && in.ok(); --n) {
    HeaderChange& change = changes.emplace_back();
    change.name = in.bytes();
    if (in.fixed<std::uint8_t>() != 0) change.value = in.bytes();
  }
  if (sound) *sound = in.ok() && in.done();
  return changes;
}

}  // namespace

std::string encode_patch(std::span<const HeaderChange> changes) {
  std::string patch;
  engine::ByteWriter out(patch);
  out.uvarint(changes.size());
  for (const HeaderChange& change : changes) {
    out.bytes(change.name);
    out.fixed(static_cast<std::uint8_t>(change.value ? 1 : 0));
    if (change.value) out.bytes(*change.value);
  }
  return patch;
}

bool is_patch(std::string_view patch) {
  bool sound = false;
  decode(patch, &sound);
  return sound;
}

std::string merged_patch(std::string_view older, std::string_view newer) {
  std::vector<HeaderChange> changes = decode(older);
  for (const HeaderChange& change : decode(newer)) {
    const auto same = std::find_if(changes.begin(), changes.end(), [&change](const auto& before) {
      return before.name == change.name;
    });
    if (same == changes.end()) {
      changes.push_back(change);
    } else {
      same->value = change.value;
    }
  }
  return encode_patch(changes);
}

void apply_patch(std::string_view patch, std::vector<engine::Header>& headers) {
  for (const HeaderChange& change : decode(patch)) {
    const auto named = [&change](const engine::Header& h) { return h.name == change.name; };
    auto rest = std::find_if(headers.begin(), headers.end(), named);
    if (change.value && rest == headers.end()) {
      headers.push_back({change.name, change.value});
      continue;
    }
    if (change.value) {
      rest->value = change.value;
      ++rest;
    }
    headers.erase(std::remove_if(rest, headers.end(), named), headers.end());
  }
}

}  // namespace twofold::queue
