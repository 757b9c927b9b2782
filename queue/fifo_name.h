#pragma once

#include <string_view>

namespace twofold::queue {

/// Names that promise an order, as Amazon SQS has them: whoever reads such a name, over whatever
/// protocol, relies on the messages of a group going out one after the other. So a queue of such a
/// name has Order::key and a log of its own, and nothing else can be made of it.
inline bool is_fifo_name(std::string_view name) { return name.ends_with(".fifo"); }

}  // namespace twofold::queue
