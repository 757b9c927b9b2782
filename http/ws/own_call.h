#pragma once

#include "http/call.h"

namespace twofold::http::ws {

/// A call that no request stands behind: what is asked on behalf of a frame is not watched over as
/// a long poll is, and has no answer of its own.
class OwnCall {
 public:
  OwnCall(Broker& broker, const ServerCommon& common) : call_(broker, common, watch_, outlet_) {}
  Call& operator*() { return call_; }

 private:
  struct NoWatch final : Watch {
    void begin_wait(std::shared_ptr<Interruptible>) override {}
    void end_wait() override {}
  };

  NoWatch watch_;
  NoOutlet outlet_;
  Call call_;
};

}  // namespace twofold::http::ws
