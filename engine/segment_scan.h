#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/file_system.h"
#include "engine/entry.h"

namespace twofold::engine {

/// Reads the entries of a stretch of a segment file one after the other, and finds its way again
/// behind bytes that do not verify: whatever is sound is found, and where something is missing is
/// said. Bytes that the device refuses to give count as damaged.
class SegmentScan {
 public:
  struct Found {
    Entry entry;             ///< its payload is a view into `buffer`
    std::uint64_t position;  ///< where it begins in the file
    bool after_damage;       ///< bytes right before it do not verify
    std::shared_ptr<const std::string> buffer;
  };
  /// Says whether a sound entry can be one of those looked for.
  using Filter = std::function<bool(const Entry&)>;

  /// Reads [begin, end) of `file`, at least `chunk_bytes` at a time.
  SegmentScan(File& file, std::uint64_t begin, std::uint64_t end, std::size_t chunk_bytes,
              Filter filter);

  /// The next entry; nullopt at the end.
  std::optional<Found> next();
  /// Whether bytes since the last entry found do not verify. After the end: whether the stretch
  /// ends in damage.
  bool damaged() const { return damaged_; }
  /// Whether the device has refused to give bytes, so far.
  bool refused() const { return refused_; }

 private:
  std::string_view view(std::uint64_t position, std::size_t size);
  std::size_t read_sound(std::uint64_t position, char* out, std::size_t size);

  File& file_;
  std::uint64_t at_;
  const std::uint64_t end_;
  const std::size_t chunk_bytes_;
  const Filter filter_;
  std::shared_ptr<std::string> buffer_;
  std::uint64_t buffer_at_ = 0;
  bool damaged_ = false;
  bool refused_ = false;
};

}  // namespace twofold::engine
