#pragma once

#include "engine/base/task.h"

namespace twofold::http {

/// Where an answer goes that does not end: piece by piece, at the speed of its client.
///
/// The head goes out with the first piece, as it then stands in the reply (chunked; HTTP/1.0 is
/// sent bare bytes); the connection closes behind the last. A client that takes nothing for the
/// server's write timeout is cut off. Until the first send() a handler may still refuse. Threads
/// the connection's I/O thread.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// Sends reply.body and empties it. False: nobody is there any more.
  virtual engine::Task<bool> send() = 0;
  /// Waits for a moment, where there is no room for the next piece.
  virtual engine::Task<> pause() = 0;
  /// Whether the answer should end now: the client is gone, or the broker is draining.
  virtual bool is_closing() = 0;
};

/// For calls whose answer goes back in one piece: there is nobody to send pieces to.
class NoOutlet final : public Outlet {
 public:
  engine::Task<bool> send() override { co_return false; }
  engine::Task<> pause() override { co_return; }
  bool is_closing() override { return true; }
};

}  // namespace twofold::http
