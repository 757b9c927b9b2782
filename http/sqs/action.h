#pragma once

#include <span>
#include <string_view>

#include "http/sqs/exchange.h"

namespace twofold::http::sqs {

/// Checks the request, submits it, writes the answer.
using ActionHandler = Task<Outcome<>> (*)(Exchange& exchange);

/// What an action is about. Queue actions take a QueueUrl, and an unknown queue is what they say
/// first; account actions are not served at a queue's URL.
enum class About : std::uint8_t { queue, account, other };

/// One line of the table: both protocols, metrics and tests read it.
struct Action {
  std::string_view name;
  std::string_view summary;
  About about;
  bool has_result;  ///< else the answer is empty
  Permission permission;
  Served served;
  ActionHandler handler;
};

std::span<const Action> actions();
/// Null when there is none of that name.
const Action* find_action(std::string_view name);

// actions_queues.cc
Task<Outcome<>> create_queue(Exchange& exchange);
Task<Outcome<>> delete_queue(Exchange& exchange);
Task<Outcome<>> get_queue_url(Exchange& exchange);
Task<Outcome<>> purge_queue(Exchange& exchange);
// actions_lists.cc
Task<Outcome<>> list_queues(Exchange& exchange);
Task<Outcome<>> list_dead_letter_source_queues(Exchange& exchange);
// actions_attributes.cc
Task<Outcome<>> get_queue_attributes(Exchange& exchange);
Task<Outcome<>> set_queue_attributes(Exchange& exchange);
// actions_permissions.cc
Task<Outcome<>> add_permission(Exchange& exchange);
Task<Outcome<>> remove_permission(Exchange& exchange);
// actions_tags.cc
Task<Outcome<>> tag_queue(Exchange& exchange);
Task<Outcome<>> untag_queue(Exchange& exchange);
Task<Outcome<>> list_queue_tags(Exchange& exchange);
// actions_send.cc
Task<Outcome<>> send_message(Exchange& exchange);
Task<Outcome<>> send_message_batch(Exchange& exchange);
// actions_receive.cc
Task<Outcome<>> receive_message(Exchange& exchange);
// actions_settle.cc
Task<Outcome<>> delete_message(Exchange& exchange);
Task<Outcome<>> delete_message_batch(Exchange& exchange);
Task<Outcome<>> change_message_visibility(Exchange& exchange);
Task<Outcome<>> change_message_visibility_batch(Exchange& exchange);
// actions_moves.cc
Task<Outcome<>> start_message_move_task(Exchange& exchange);
Task<Outcome<>> list_message_move_tasks(Exchange& exchange);
Task<Outcome<>> cancel_message_move_task(Exchange& exchange);

}  // namespace twofold::http::sqs
