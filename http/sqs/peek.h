#pragma once

#include "http/call.h"

namespace twofold::http {
struct Route;
}

namespace twofold::http::sqs {

/// Addresses beside the protocols, under the names that LocalStack gave them:
///
///   GET /_localstack/health                             which services run
///   GET /_aws/sqs/messages?QueueUrl=URL                 the messages of a queue, none of them
///   GET /_aws/sqs/messages/{region}/{account}/{queue}   received
///
/// A peek answers as ReceiveMessage does, with every attribute: XML, JSON of the same shape with
/// `Accept: application/json`, AWS JSON 1.0 to a client that speaks it (so that an SDK may have
/// this address for its endpoint). It shows what could be received, with ShowInvisible=true what is
/// in flight, too (in a FIFO queue with what waits behind it), and with ShowDelayed=true what is
/// delayed; the first thousand, in order. Where signatures are checked, a peek needs one.

/// Null when the path is none of these. Sets call.refuse.
const Route* recognise_local(Call& call);

Task<Try<>> local_health(Call& call);
Task<Try<>> peek_messages(Call& call);

}  // namespace twofold::http::sqs
