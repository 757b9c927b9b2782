#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/broker.h"
#include "http/problem.h"

namespace twofold::http {

/// A filter of a request, ready for use; null for an empty text. Refused as invalid-filter with the
/// place of the wrong character in `at`; `param` is the member it was given as.
Try<std::shared_ptr<const queue::RecordFilter>> read_filter(const Broker& broker,
                                                            std::string_view text,
                                                            std::string param);

}  // namespace twofold::http
