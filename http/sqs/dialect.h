#pragma once

#include <span>

namespace twofold::http {
struct Call;
struct Route;
}  // namespace twofold::http

namespace twofold::http::sqs {

/// The route of a request that speaks Amazon SQS, null when it does not. AWS clients post to "/" or
/// to a queue's URL, so the path says nothing: a header X-Amz-Target or a parameter Action does.
/// A form that is posted where REST has nothing is looked at, too; its Action is in the body.
/// Reads call.head and call.target, sets call.refuse.
const Route* recognise(Call& call, bool path_exists);

/// One for each action, for metrics, and one for what names none.
std::span<const Route> routes();

}  // namespace twofold::http::sqs
