#pragma once

#include <memory>

#include "http/trace/span.h"
#include "http/ws/connection.h"

namespace twofold::http::ws {

/// A publish or a transaction on its way. Its views point into the message that it came in.
struct Connection::Writing {
  ClientFrame frame;
  std::shared_ptr<const void> keep;
  std::shared_ptr<trace::Span> span{};  ///< null for nearly all

  PublishFrame& publish() { return std::get<PublishFrame>(frame.op); }
  Transact& transact() { return std::get<Transact>(frame.op); }
};

}  // namespace twofold::http::ws
