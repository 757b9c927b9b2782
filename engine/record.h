#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/ids.h"

namespace twofold::engine {

/// A name and bytes beside a record's value. Names may repeat; order is kept. A value may be null.
struct Header {
  std::string_view name;
  std::optional<std::string_view> value;
};

/// A record on its way in. Views: whoever hands it over keeps the bytes until the call returns.
/// A null key means "no key"; a null value is a tombstone.
struct NewRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const Header> headers;
  WallTime timestamp;
};

/// A record as it was stored. Views into the batch that it was read from.
struct StoredRecord {
  Offset offset;
  Seq seq;
  WallTime timestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<Header> headers;
};

}  // namespace twofold::engine
