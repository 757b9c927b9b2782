#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace twofold::engine {

/// Bytes at places, zero where nothing was written: the body of a file in memory. A file that was
/// allocated but not written takes nothing. Not thread safe.
class SparseBytes {
 public:
  static constexpr std::uint64_t kChunkBytes = 64u << 10;

  void write(std::uint64_t place, std::string_view bytes) {
    each_chunk(place, bytes.size(),
               [&](std::uint64_t at, std::uint64_t inside, std::size_t done, std::size_t n) {
                 if (at >= chunks_.size()) chunks_.resize(at + 1);
                 if (!chunks_[at]) {
                   chunks_[at] = std::make_unique<char[]>(kChunkBytes);
                   ++chunk_count_;
                 }
                 std::memcpy(chunks_[at].get() + inside, bytes.data() + done, n);
               });
  }

  void read(std::uint64_t place, char* out, std::size_t size) const {
    each_chunk(place, size,
               [&](std::uint64_t at, std::uint64_t inside, std::size_t done, std::size_t n) {
                 if (at < chunks_.size() && chunks_[at]) {
                   std::memcpy(out + done, chunks_[at].get() + inside, n);
                 } else {
                   std::memset(out + done, 0, n);
                 }
               });
  }

  /// How much more memory a write would take.
  std::uint64_t growth(std::uint64_t place, std::size_t size) const {
    std::uint64_t fresh = 0;
    each_chunk(place, size, [&](std::uint64_t at, std::uint64_t, std::size_t, std::size_t) {
      if (at >= chunks_.size() || !chunks_[at]) ++fresh;
    });
    return fresh * kChunkBytes;
  }
  std::uint64_t memory_bytes() const { return chunk_count_ * kChunkBytes; }

 private:
  template <class Visit>
  static void each_chunk(std::uint64_t place, std::size_t size, Visit visit) {
    for (std::size_t done = 0; done < size;) {
      const auto inside = (place + done) % kChunkBytes;
      const auto n = std::min<std::size_t>(size - done, kChunkBytes - inside);
      visit((place + done) / kChunkBytes, inside, done, n);
      done += n;
    }
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::uint64_t chunk_count_ = 0;
};

}  // namespace twofold::engine
