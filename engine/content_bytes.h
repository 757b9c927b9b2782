#pragma once

#include <cstddef>

#include "engine/record.h"

namespace twofold::engine {

/// What a record's author wrote, key, value and headers, without what it costs to store it. Of one
/// that is new or stored.
template <class Record>
std::size_t content_bytes(const Record& record) {
  std::size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
  for (const Header& header : record.headers)
    bytes += header.name.size() + header.value.value_or("").size();
  return bytes;
}

}  // namespace twofold::engine
