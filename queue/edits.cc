#include "queue/edits.h"

#include <utility>

namespace twofold::queue {

void Edits::set(engine::Offset o, std::string patch) {
  forget(o, engine::advance(o, 1));
  bytes_ += kEach + patch.size();
  patches_.emplace(o, std::make_shared<const std::string>(std::move(patch)));
}

void Edits::forget(engine::Offset from, engine::Offset upto) {
  if (patches_.empty()) return;
  for (auto at = patches_.lower_bound(from); at != patches_.end() && at->first < upto;) {
    bytes_ -= kEach + at->second->size();
    at = patches_.erase(at);
  }
}

void Edits::write(engine::ByteWriter& out) const {
  out.uvarint(patches_.size());
  std::int64_t previous = 0;
  for (const auto& [offset, patch] : patches_) {
    out.uvarint(static_cast<std::uint64_t>(offset.value() - previous));
    out.bytes(*patch);
    previous = offset.value();
  }
}

bool Edits::read(engine::ByteReader& in) {
  std::int64_t offset = 0;
  for (std::size_t n = in.count(2); n > 0; --n) {
    const std::uint64_t gap = in.uvarint();
    if (!in.ok() || gap > static_cast<std::uint64_t>(INT64_MAX - offset)) return false;
    offset += static_cast<std::int64_t>(gap);
    const std::string_view patch = in.bytes();
    if (!in.ok() || !is_patch(patch)) return false;
    set(engine::Offset{offset}, std::string(patch));
  }
  return in.ok();
}

}  // namespace twofold::queue
