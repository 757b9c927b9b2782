#include <array>

#include "http/sqs/action.h"
#include "http/sqs/dialect.h"
#include "http/sqs/peek.h"
#include "http/sqs/serve.h"

namespace twofold::http::sqs {
namespace {

using A = About;
using P = Permission;
using S = Served;
constexpr bool kResult = true;
constexpr bool kEmpty = false;

// name, summary, about, answer, permission, served, handler
constexpr auto kActions = std::to_array<Action>({
    {"AddPermission", "Let other accounts use a queue", A::queue, kEmpty, P::manage, S::when_ready, &add_permission},
    {"CancelMessageMoveTask", "Stop moving dead letters", A::other, kResult, P::manage, S::when_ready, &cancel_message_move_task},
    {"ChangeMessageVisibility", "Keep a received message hidden for longer or shorter", A::queue, kEmpty, P::consume, S::while_draining, &change_message_visibility},
    {"ChangeMessageVisibilityBatch", "The same for up to ten messages", A::queue, kResult, P::consume, S::while_draining, &change_message_visibility_batch},
    {"CreateQueue", "Create a queue", A::account, kResult, P::manage, S::when_ready, &create_queue},
    {"DeleteMessage", "Delete a received message for good", A::queue, kEmpty, P::consume, S::while_draining, &delete_message},
    {"DeleteMessageBatch", "Delete up to ten received messages", A::queue, kResult, P::consume, S::while_draining, &delete_message_batch},
    {"DeleteQueue", "Delete a queue and its messages", A::queue, kEmpty, P::manage, S::when_ready, &delete_queue},
    {"GetQueueAttributes", "Show a queue's settings and counts", A::queue, kResult, P::inspect, S::when_ready, &get_queue_attributes},
    {"GetQueueUrl", "Look up a queue by name", A::other, kResult, P::inspect, S::when_ready, &get_queue_url},
    {"ListDeadLetterSourceQueues", "List the queues whose dead letters come here", A::queue, kResult, P::inspect, S::when_ready, &list_dead_letter_source_queues},
    {"ListMessageMoveTasks", "Show how moving dead letters goes on", A::other, kResult, P::inspect, S::when_ready, &list_message_move_tasks},
    {"ListQueues", "List queues", A::account, kResult, P::inspect, S::when_ready, &list_queues},
    {"ListQueueTags", "Show a queue's tags", A::queue, kResult, P::inspect, S::when_ready, &list_queue_tags},
    {"PurgeQueue", "Delete every message of a queue", A::queue, kEmpty, P::manage, S::when_ready, &purge_queue},
    {"ReceiveMessage", "Receive up to ten messages", A::queue, kResult, P::consume, S::when_ready, &receive_message},
    {"RemovePermission", "Take a permission back", A::queue, kEmpty, P::manage, S::when_ready, &remove_permission},
    {"SendMessage", "Send a message", A::queue, kResult, P::publish, S::when_ready, &send_message},
    {"SendMessageBatch", "Send up to ten messages", A::queue, kResult, P::publish, S::when_ready, &send_message_batch},
    {"SetQueueAttributes", "Change a queue's settings", A::queue, kEmpty, P::manage, S::when_ready, &set_queue_attributes},
    {"StartMessageMoveTask", "Move dead letters back, or elsewhere", A::other, kResult, P::manage, S::when_ready, &start_message_move_task},
    {"TagQueue", "Add tags to a queue", A::queue, kEmpty, P::manage, S::when_ready, &tag_queue},
    {"UntagQueue", "Remove tags from a queue", A::queue, kEmpty, P::manage, S::when_ready, &untag_queue},
});

constexpr std::size_t kGeneral = kActions.size();

// A request is served by the general route until its action is known; metrics then count the action.
constexpr auto kRoutes = [] {
  std::array<Route, kActions.size() + 3> routes{};
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    const Action& action = kActions[i];
    routes[i] = Route{"POST", "/", action.name, action.summary, action.permission,
                      action.about == About::account && action.permission == Permission::inspect ? Scope::list : Scope::named,
                      action.served, Body::raw, &serve, {}};
  }
  routes[kGeneral] = Route{"POST", "/", "sqs", "A request in the manner of Amazon SQS",
                           P::nothing, Scope::named, S::always, Body::raw, &serve, {}};
  routes[kGeneral + 1] = Route{"GET", "/_localstack/health", "sqs_health", "Whether SQS is served",
                               P::nothing, Scope::nothing, S::always, Body::raw, &local_health, {}};
  routes[kGeneral + 2] = Route{"GET", "/_aws/sqs/messages", "sqs_peek",
                               "Look at messages without receiving them",
                               P::inspect, Scope::named, S::when_ready, Body::raw, &peek_messages, {}};
  return routes;
}();

}  // namespace

std::span<const Action> actions() { return kActions; }

const Action* find_action(std::string_view name) {
  for (const Action& action : kActions) {
    if (action.name == name) return &action;
  }
  return nullptr;
}

std::span<const Route> routes() { return kRoutes; }
const Route& general_route() { return kRoutes[kGeneral]; }
const Route& local_health_route() { return kRoutes[kGeneral + 1]; }
const Route& peek_route() { return kRoutes[kGeneral + 2]; }

}  // namespace twofold::http::sqs
