#include "engine/segment_scan.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kBatchBytesInEntryCrc = 21;
constexpr std::size_t kPeekBytes = kEntryHeaderBytes + kBatchBytesInEntryCrc;
constexpr std::size_t kPageBytes = 4096;

/// How long the entry at the start of `bytes` is, once the header that says so verifies.
std::optional<std::size_t> entry_bytes(std::string_view bytes) {
  if (bytes.size() < kPeekBytes) return std::nullopt;
  const char* p = bytes.data();
  const auto length = load_le<std::uint32_t>(p);
  if (load_le<std::uint8_t>(p + 4) != static_cast<std::uint8_t>(EntryType::batch) ||
      load_le<std::uint8_t>(p + 5) != 0 || length < kBatchHeaderBytes || length > kEntryPayloadMax)
    return std::nullopt;
  char clean[kPeekBytes];
  std::memcpy(clean, p, sizeof clean);
  store_le<std::uint32_t>(clean + 12, 0);
  if (crc32c({clean, sizeof clean}) != load_le<std::uint32_t>(p + 12)) return std::nullopt;
  return kEntryHeaderBytes + length;
}

}  // namespace

SegmentScan::SegmentScan(File& file, std::uint64_t begin, std::uint64_t end,
                         std::size_t chunk_bytes, Filter filter)
    : file_(file), at_(begin), end_(end), chunk_bytes_(chunk_bytes), filter_(std::move(filter)) {}

std::optional<SegmentScan::Found> SegmentScan::next() {
  damaged_ = false;
  while (at_ < end_) {
    const auto size = entry_bytes(view(at_, kPeekBytes));
    if (!size || *size > end_ - at_) {
      // Where the next entry begins is not said: look at every byte from here.
      damaged_ = true;
      ++at_;
      continue;
    }
    const auto position = std::exchange(at_, at_ + *size);
    const auto entry = read_entry(view(position, *size));
    if (entry && filter_(*entry)) return Found{*entry, position, damaged_, buffer_};
    damaged_ = true;
  }
  return std::nullopt;
}

/// Up to `size` bytes from `position`, fewer only at the end.
std::string_view SegmentScan::view(std::uint64_t position, std::size_t size) {
  size = std::min<std::uint64_t>(size, end_ - position);
  const bool held =
      buffer_ && position >= buffer_at_ && position + size <= buffer_at_ + buffer_->size();
  if (!held) {
    // A new one each time: entries that were found hold on to the old one.
    const auto wanted = std::min<std::uint64_t>(std::max(size, chunk_bytes_), end_ - position);
    auto fresh = std::make_shared<std::string>(wanted, '\0');
    fresh->resize(read_sound(position, fresh->data(), fresh->size()));
    buffer_ = std::move(fresh);
    buffer_at_ = position;
    size = std::min(size, buffer_->size());
  }
  return std::string_view(*buffer_).substr(position - buffer_at_, size);
}

/// Where the device reports an error it is asked again page by page; what it does not give is zero,
/// which verifies as nothing.
std::size_t SegmentScan::read_sound(std::uint64_t position, char* out, std::size_t size) {
  if (auto read = file_.read_at(position, out, size); read) return *read;
  for (std::size_t done = 0; done < size;) {
    const auto n = std::min<std::size_t>(size - done, kPageBytes - (position + done) % kPageBytes);
    const auto read = file_.read_at(position + done, out + done, n);
    if (!read) {
      refused_ = true;
      std::memset(out + done, 0, n);
    }
    if (read && *read < n) return done + *read;
    done += n;
  }
  return size;
}

}  // namespace twofold::engine
