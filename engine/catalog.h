#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace twofold::engine {

/// One definition: what exists, under a key like "topic/orders".
struct Document {
  std::string value;      ///< bytes that only the room which wrote them reads
  std::uint64_t version;  ///< 1 when created, +1 with each change
};

/// Called for every change, live and on replay alike: rooms build their objects here.
/// `document` is null when the key was removed.
using CatalogWatch = std::function<void(std::string_view key, const Document* document)>;

/// What exists: versioned documents, changed by compare-and-set only.
///
/// The implementation of one machine is part of the core's state: a change is a journal entry like
/// any other, durable when its block is. Threads: the core only.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual const Document* get(std::string_view key) const = 0;
  /// Puts `value` when the key's version is `expected` (0: absent). Error: etag_mismatch.
  virtual Result<std::uint64_t> put_if(std::string_view key, std::string value,
                                       std::uint64_t expected) = 0;
  virtual Result<> remove_if(std::string_view key, std::uint64_t expected) = 0;
  /// Keys that begin with `prefix`, in order, after `after`, at most `limit`.
  virtual std::vector<std::string> list(std::string_view prefix, std::string_view after,
                                        std::size_t limit) const = 0;
  /// At most one watcher per prefix; prefixes do not overlap.
  virtual void watch(std::string prefix, CatalogWatch watch) = 0;
};

}  // namespace twofold::engine
