#pragma once

#include <memory>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/task.h"

namespace twofold::http {

class Lane;
struct Connected;
class Wire;

/// Another protocol that a connection goes on in. A handler that puts one into its reply ends the
/// HTTP of that connection: the session writes the head of the answer (101 and the reply's fields),
/// then hands the socket over and stays around it, for its place in the lane and the accounts.
/// Threads  the lane's.
class Upgraded : public std::enable_shared_from_this<Upgraded> {
 public:
  virtual ~Upgraded() = default;
  /// Speaks until either side ends it. `early` is what came behind the request already; the wire
  /// is non-blocking and outlives the call. False when nothing more can be said to the client.
  virtual engine::Task<bool> run(Lane& lane, Wire& wire, std::string_view early) = 0;
  /// About twice a second while run() is under way: deadlines.
  virtual void tick(engine::Instant now) = 0;
  /// The broker is shutting down: tell the client, let it settle what it holds, and end.
  virtual void drain() = 0;
  /// Nobody settles anything any more: end.
  virtual void end_settling() = 0;
  /// Whether somebody has shown a key, or none is asked for.
  virtual bool is_known() const = 0;
  /// Adds what there is to say about it: who it is, what it is sent.
  virtual void describe(Connected& seen) const = 0;
  /// Out of time.
  virtual void cut() = 0;
};

}  // namespace twofold::http
