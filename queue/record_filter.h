#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "engine/base/error.h"
#include "engine/record.h"

namespace twofold::queue {

/// Decides which records of its log a queue delivers. Queues know no JSON: whoever builds them
/// brings the language.
/// Threads  any.
class RecordFilter {
 public:
  virtual ~RecordFilter() = default;
  virtual bool matches(const engine::StoredRecord& record) const = 0;
};

/// Errors: invalid_request, with the place in Error::number.
using FilterCompiler =
    std::function<engine::Result<std::shared_ptr<const RecordFilter>>(std::string_view text)>;

}  // namespace twofold::queue
