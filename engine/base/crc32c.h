#pragma once

#include <cstdint>
#include <string_view>

namespace twofold::engine {

/// CRC-32C (Castagnoli, reflected 0x82F63B78, init and final xor FFFFFFFF), as Kafka and iSCSI use
/// it. "123456789" gives E3069283. Uses the processor's instruction where there is one.
/// `crc` continues an earlier result: crc32c(b, crc32c(a)) == crc32c(ab).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

/// The table version, whatever the processor can do: what the fast one is tested against.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace twofold::engine
