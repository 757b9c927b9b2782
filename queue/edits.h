#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/ids.h"
#include "queue/header_patch.h"

namespace twofold::queue {

/// The edited headers of the messages of one log.
class Edits {
 public:
  /// Null when it has none.
  HeaderPatch of(engine::Offset o) const {
    if (patches_.empty()) return nullptr;
    const auto found = patches_.find(o);
    return found == patches_.end() ? nullptr : found->second;
  }
  void set(engine::Offset o, std::string patch);
  void forget(engine::Offset from, engine::Offset upto);
  /// What they take, about.
  std::uint64_t bytes() const { return bytes_; }

  /// n, then n x (offset - previous, length, patch).
  void write(engine::ByteWriter& out) const;
  bool read(engine::ByteReader& in);

 private:
  static constexpr std::uint64_t kEach = 128;  // beside its own bytes

  std::map<engine::Offset, HeaderPatch> patches_;
  std::uint64_t bytes_ = 0;
};

}  // namespace twofold::queue
