#pragma once

#include "queue/record_filter.h"

namespace twofold {

/// The filter language (filter/language.md) as queues and requests take it.
/// Errors: invalid_request, with the byte in Error::number.
engine::Result<std::shared_ptr<const queue::RecordFilter>> compile_filter(std::string_view text);
/// The same of one that is stored: it may be as long and as deep as it ever might.
engine::Result<std::shared_ptr<const queue::RecordFilter>> compile_stored_filter(
    std::string_view text);

}  // namespace twofold
