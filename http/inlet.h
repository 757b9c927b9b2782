#pragma once

#include <string>

#include "engine/base/task.h"
#include "http/problem.h"

namespace twofold::http {

/// Where a body comes from that is handled while it arrives: portion by portion, as its client
/// sends it.
///
/// There is one for chunked bodies of lines only (call.h). What the handler leaves unread is thrown
/// away with the connection, which closes behind the answer. A client may be silent for the
/// server's idle timeout. Threads the connection's I/O thread.
class Inlet {
 public:
  virtual ~Inlet() = default;
  /// Appends what has arrived since to `into`, waiting for the first of it. False: that was the
  /// end. Fails when the body is malformed, its client silent for too long or gone, and when the
  /// broker is draining.
  virtual engine::Task<Try<bool>> receive(std::string& into) = 0;
};

}  // namespace twofold::http
