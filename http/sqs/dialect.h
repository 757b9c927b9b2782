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

/// Of a request whose target cannot be read: when it means Amazon SQS, it is refused in those
/// words. Sets call.refuse, to what says that the request is malformed.
void recognise_broken(Call& call, bool path_exists);

/// Answers a request whose body is still to come when its head says that the answer will be no: the
/// key is none of ours, or has used up what it may use. A wrong signature shows with the body only.
/// False: go on, nothing was answered. Sets call.wrong_key.
bool turn_away(Call& call);

/// One for each action, in their order, for metrics; then those that follow.
std::span<const Route> routes();
/// Of a request whose action is not known yet, or that names none.
const Route& general_route();
/// Of the addresses beside the protocols (peek.h).
const Route& local_health_route();
const Route& peek_route();

}  // namespace twofold::http::sqs
