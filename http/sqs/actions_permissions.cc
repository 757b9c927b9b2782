// AddPermission and RemovePermission: kept in the queue's policy, which nothing enforces.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/sqs/action.h"
#include "http/sqs/on_queue.h"

namespace twofold::http::sqs {
namespace {

namespace json = boost::json;

constexpr std::string_view kPolicy = "Policy";
constexpr std::size_t kActionsMax = 7;
constexpr std::size_t kPrincipalsMax = 50;
constexpr std::size_t kStatementsMax = 20;

Fault over_limit(std::string_view what, std::size_t found, std::size_t most) {
  return {Code::over_limit,
          fmt::format("{} {} were found, maximum allowed is {}.", found, what, most)};
}

Fault bad_label(std::string_view label, std::string_view reason) {
  return invalid_value(label, "Label", reason);
}

Outcome<> check_label(const Request& request) {
  if (!request.label) return missing_parameter("Label");
  if (is_queue_name(*request.label) && !is_fifo_name(*request.label)) return {};
  return bad_label(*request.label,
                   "Can only include alphanumeric characters, hyphens, or underscores. "
                   "1 to 80 in length");
}

Outcome<> check_add(const Request& request) {
  if (auto label = check_label(request); !label) return label;
  if (request.account_ids.empty()) return missing_parameter("AWSAccountIds");
  if (request.actions.empty()) return missing_parameter("Actions");
  if (request.actions.size() > kActionsMax)
    return over_limit("Actions", request.actions.size(), kActionsMax);
  if (request.account_ids.size() > kPrincipalsMax)
    return over_limit("AWSAccountIds", request.account_ids.size(), kPrincipalsMax);
  for (const std::string_view action : request.actions) {
    if (action == "*" || find_action(action)) continue;
    return invalid_value(fmt::format("SQS:{}", action), "ActionName",
                         "Please refer to the appropriate WSDL for a list of valid actions.");
  }
  return {};
}

// The policy as an object; a new one when there is none.
json::object policy_of(const QueueView& queue) {
  const std::string_view text = queue.extension.attribute(kPolicy);
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (!error && value.is_object()) return std::move(value.as_object());
  return {
      {"Version", "2008-10-17"                     },
      {"Id",      queue.arn() + "/SQSDefaultPolicy"}
  };
}

json::array statements_of(const json::object& policy) {
  const json::value* const statements = policy.if_contains("Statement");
  if (!statements) return {};
  if (statements->is_array()) return statements->get_array();
  return {*statements};
}

bool labelled(const json::value& statement, std::string_view label) {
  if (!statement.is_object()) return false;
  const json::value* const sid = statement.get_object().if_contains("Sid");
  return sid && sid->is_string() &&
         sid->get_string() == json::string_view(label.data(), label.size());
}

// One element stands for itself.
json::value one_or_list(json::array list) {
  if (list.size() == 1) return list.front();
  return list;
}

json::object statement_of(const Request& request, const QueueView& queue) {
  json::array principals;
  for (const std::string_view account : request.account_ids) {
    principals.emplace_back(fmt::format("arn:aws:iam::{}:root", account));
  }
  json::array actions;
  for (const std::string_view action : request.actions)
    actions.emplace_back(fmt::format("SQS:{}", action));
  json::object principal;
  principal["AWS"] = one_or_list(std::move(principals));
  json::object statement;
  statement["Sid"] = json::string_view(request.label->data(), request.label->size());
  statement["Effect"] = "Allow";
  statement["Principal"] = std::move(principal);
  statement["Action"] = one_or_list(std::move(actions));
  statement["Resource"] = queue.arn();
  return statement;
}

void put_policy(QueueView& queue, json::object policy, json::array statements) {
  if (statements.empty()) return queue.extension.set(kPolicy, "");
  policy["Statement"] = std::move(statements);
  queue.extension.set(kPolicy, json::serialize(policy));
}

Outcome<> add(const Exchange& exchange, QueueView& queue) {
  const Request& request = exchange.request;
  json::object policy = policy_of(queue);
  json::array statements = statements_of(policy);
  for (const json::value& statement : statements) {
    if (labelled(statement, *request.label)) return bad_label(*request.label, "Already exists.");
  }
  statements.emplace_back(statement_of(request, queue));
  if (statements.size() > kStatementsMax)
    return over_limit("Statements", statements.size(), kStatementsMax);
  put_policy(queue, std::move(policy), std::move(statements));
  const std::size_t bytes = queue.extension.attribute(kPolicy).size();
  if (bytes > kPolicyBytesMax) return over_limit("bytes of policy", bytes, kPolicyBytesMax);
  return {};
}

Outcome<> remove(const Exchange& exchange, QueueView& queue) {
  const Request& request = exchange.request;
  json::object policy = policy_of(queue);
  json::array left;
  const json::array statements = statements_of(policy);
  for (const json::value& statement : statements) {
    if (!labelled(statement, *request.label)) left.push_back(statement);
  }
  if (left.size() == statements.size()) return bad_label(*request.label, "can't find label.");
  put_policy(queue, std::move(policy), std::move(left));
  return {};
}

}  // namespace

Task<Outcome<>> add_permission(Exchange& exchange) {
  const auto checked = check_add(exchange.request);
  if (!checked) co_return checked.fault();
  const auto done = co_await change_queue(exchange, &add);
  co_return done;
}

Task<Outcome<>> remove_permission(Exchange& exchange) {
  const auto checked = check_label(exchange.request);
  if (!checked) co_return checked.fault();
  const auto done = co_await change_queue(exchange, &remove);
  co_return done;
}

}  // namespace twofold::http::sqs
