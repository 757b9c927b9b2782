#pragma once

#include "http/access/keyring.h"
#include "http/call.h"
#include "http/problem.h"

namespace twofold::http {

/// A key that is asked for, before it has secrets.
struct NewKey {
  access::Key key;
  bool token = true;  ///< it gets one
  bool sqs = false;   ///< it gets a secret that SQS clients sign with
};

/// Of the body. A key that may do nothing, or that nobody could show, is refused.
Try<NewKey> read_new_key(Call& call);

}  // namespace twofold::http
