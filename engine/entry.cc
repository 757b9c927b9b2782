#include "engine/entry.h"

#include <cstring>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kBatchBytesOutsideItsCrc = 21;

std::uint32_t entry_crc(const char* header, EntryType type, std::string_view payload) {
  char clean[kEntryHeaderBytes];
  std::memcpy(clean, header, sizeof clean);
  store_le<std::uint32_t>(clean + 12, 0);
  const auto crc = crc32c(std::string_view(clean, sizeof clean));
  const bool own_crc = type == EntryType::batch;
  return crc32c(own_crc ? payload.substr(0, kBatchBytesOutsideItsCrc) : payload, crc);
}

Error damaged(std::string what) { return Error(Errc::data_damaged, std::move(what)); }

bool known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(EntryType::batch) &&
         type <= static_cast<std::uint8_t>(EntryType::namespaced);
}

}  // namespace

std::size_t Entry::stored_bytes() const { return kEntryHeaderBytes + payload.size(); }

void write_entry_header(char* out, const Entry& entry) {
  TF_CHECK(entry.payload.size() <= kEntryPayloadMax);
  std::memset(out, 0, kEntryHeaderBytes);
  store_le(out, static_cast<std::uint32_t>(entry.payload.size()));
  store_le(out + 4, static_cast<std::uint8_t>(entry.type));
  store_le(out + 8, entry.owner);
  store_le(out + 16, entry.base_offset);
  store_le(out + 24, entry.base_seq);
  store_le(out + 12, entry_crc(out, entry.type, entry.payload));
}

void write_entry(std::string& out, const Entry& entry) {
  const auto at = out.size();
  out.resize(at + kEntryHeaderBytes);
  out.append(entry.payload);
  write_entry_header(out.data() + at, entry);
}

Result<Entry> read_entry(std::string_view bytes) {
  if (bytes.size() < kEntryHeaderBytes) return damaged("an entry ends inside its header");
  const char* h = bytes.data();
  const auto len = load_le<std::uint32_t>(h);
  const auto type = load_le<std::uint8_t>(h + 4);
  if (!known(type)) return damaged(fmt::format("an entry has the unknown type {}", type));
  if (len > bytes.size() - kEntryHeaderBytes) return damaged("an entry is longer than its block");
  if (load_le<std::uint8_t>(h + 5) != 0) return damaged("an entry has unknown flags");

  Entry entry{static_cast<EntryType>(type), load_le<std::uint32_t>(h + 8),
              load_le<std::int64_t>(h + 16), load_le<std::uint64_t>(h + 24),
              bytes.substr(kEntryHeaderBytes, len)};
  if (load_le<std::uint32_t>(h + 12) != entry_crc(h, entry.type, entry.payload))
    return damaged("an entry's checksum does not match");
  if (entry.type == EntryType::batch) {
    const auto batch = parse_batch(entry.payload);
    if (!batch) return batch.error();
    if (batch->size() != len || batch->base_offset != entry.base_offset)
      return damaged("a batch does not agree with the entry around it");
  }
  return entry;
}

std::optional<DamagedEntry> read_damaged_batch(std::string_view bytes) {
  if (bytes.size() < kEntryHeaderBytes) return std::nullopt;
  const char* h = bytes.data();
  const auto len = load_le<std::uint32_t>(h);
  if (load_le<std::uint8_t>(h + 4) != static_cast<std::uint8_t>(EntryType::batch))
    return std::nullopt;
  if (len > bytes.size() - kEntryHeaderBytes) return std::nullopt;
  const auto crc = entry_crc(h, EntryType::batch, bytes.substr(kEntryHeaderBytes, len));
  if (load_le<std::uint32_t>(h + 12) != crc) return std::nullopt;
  return DamagedEntry{LogId{load_le<std::uint32_t>(h + 8)}, Offset{load_le<std::int64_t>(h + 16)},
                      kEntryHeaderBytes + len};
}

}  // namespace twofold::engine
