#include "queue/look.h"

#include <algorithm>

#include <sodium.h>

#include "engine/record_batch.h"
#include "queue/letter.h"

namespace twofold::queue {
namespace {

GroupHash hash_of(std::string_view name, const std::array<unsigned char, 16>& key) {
  static_assert(crypto_shorthash_BYTES == sizeof(GroupHash));
  static_assert(crypto_shorthash_KEYBYTES == 16);
  unsigned char out[crypto_shorthash_BYTES];
  crypto_shorthash(out, reinterpret_cast<const unsigned char*>(name.data()), name.size(),
                   key.data());
  const auto hash = engine::load_le<GroupHash>(reinterpret_cast<const char*>(out));
  return hash == 0 ? 1 : hash;
}

GroupHash group_in(const engine::StoredRecord& record, Order order,
                   const std::array<unsigned char, 16>& key) {
  if (order == Order::none) return 0;
  if (order == Order::strict) return 1;
  const auto group = group_of(record);
  return group ? hash_of(*group, key) : 0;
}

}  // namespace

Look Looker::look(const engine::Result<std::vector<engine::StoredBatch>>& batches,
                  Offset from) const {
  Look look;
  look.from = look.upto = from;
  if (!batches) {
    look.trouble = batches.error();
    return look;
  }
  for (const engine::StoredBatch& batch : *batches) {
    const Offset last = engine::batch_header(batch.bytes).last_offset();
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    for (;;) {
      const auto record = cursor.next();
      if (!record) {
        look.trouble = record.error();
        look.trouble->number = engine::advance(last, 1).value();
        return look;
      }
      if (!*record) break;
      if ((**record).offset < look.upto) continue;
      const bool matches = !filter || filter->matches(**record);
      const auto expires = expiry_of(**record);
      look.seen.push_back(
          {(**record).offset, group_in(**record, order, key), matches, expires && *expires <= now});
    }
    look.upto = std::max(look.upto, engine::advance(last, 1));
  }
  return look;
}

}  // namespace twofold::queue
