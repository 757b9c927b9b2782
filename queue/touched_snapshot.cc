#include <algorithm>
#include <bit>

#include "queue/touched.h"

namespace twofold::queue {

using engine::ByteReader;
using engine::ByteWriter;

namespace {
constexpr unsigned kRevived = 0x80;
}

// windows: n, then n x (index - previous index, groups: m, then m x (kind u8, its highest bit:
// revived, bits u64, due, nonce u32, receives, first)). Groups by their lowest bit, so that equal
// states give equal bytes.
void Touched::write(ByteWriter& out) const {
  out.uvarint(windows_.size());
  std::int64_t previous = 0;
  for (const auto& [index, in] : windows_) {
    out.uvarint(static_cast<std::uint64_t>(index - previous));
    previous = index;
    std::vector<Group> groups = in.groups;
    std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
      return std::countr_zero(a.bits) < std::countr_zero(b.bits);
    });
    out.uvarint(groups.size());
    for (const Group& group : groups) {
      const auto kind = static_cast<unsigned>(group.mark.kind());
      out.fixed(static_cast<std::uint8_t>(kind | (group.mark.revived != 0 ? kRevived : 0)));
      out.fixed(group.bits);
      out.varint(group.mark.due.value());
      out.fixed(group.mark.nonce);
      out.uvarint(group.mark.receives);
      out.varint(group.mark.first.value());
    }
  }
}

bool Touched::read(ByteReader& in) {
  std::int64_t index = 0;
  const std::size_t windows = in.count(2);
  for (std::size_t i = 0; i < windows; ++i) {
    const std::uint64_t gap = in.uvarint();
    if (!in.ok() ||
        gap > static_cast<std::uint64_t>(INT64_MAX >> 6) - static_cast<std::uint64_t>(index))
      return false;
    if (i > 0 && gap == 0) return false;
    index += static_cast<std::int64_t>(gap);
    if (!read_window(in, index)) return false;
  }
  return in.ok();
}

bool Touched::read_window(ByteReader& in, std::int64_t index) {
  const std::size_t groups = in.count(16);
  if (groups == 0 || groups > kWindow) return false;
  for (std::size_t i = 0; i < groups; ++i) {
    const auto kind_and_flag = in.fixed<std::uint8_t>();
    const auto kind = static_cast<std::uint8_t>(kind_and_flag & ~kRevived);
    const auto bits = in.fixed<Bits>();
    const engine::Instant due{in.varint()};
    const auto nonce = in.fixed<std::uint32_t>();
    const std::uint64_t receives = in.uvarint();
    const engine::Instant first{in.varint()};
    if (!in.ok() || kind < 1 || kind > 4 || receives > kReceivesMax) return false;
    if (bits == 0 || (bits & taken(index)) != 0) return false;
    add(index, bits,
        make_mark(static_cast<MarkKind>(kind), due, nonce, static_cast<std::uint32_t>(receives),
                  first, (kind_and_flag & kRevived) != 0));
  }
  return true;
}

}  // namespace twofold::queue
