// GET /openapi.json: generated from the route table, once.
#include <algorithm>
#include <map>

#include "http/json_writer.h"
#include "http/once.h"
#include "http/rest/examples.h"
#include "http/rest/handlers.h"
#include "http/rest/schemas.h"

namespace twofold::http {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view tag_of(std::string_view path) {
  for (const std::string_view tag : {"topics", "queues", "groups", "operations"}) {
    if (path.starts_with(std::string("/v1/").append(tag))) return tag;
  }
  return "server";
}

// {topic}, {partition}: the arguments of a path.
std::vector<std::string_view> path_args(std::string_view path) {
  std::vector<std::string_view> args;
  for (std::size_t open; (open = path.find('{')) != std::string_view::npos;) {
    const std::size_t close = path.find('}');
    args.push_back(path.substr(open + 1, close - open - 1));
    path.remove_prefix(close + 1);
  }
  return args;
}

void append_parameters(JsonWriter& json, const Route& route) {
  const auto args = path_args(route.path);
  const bool key = takes_key(route.operation);
  if (args.empty() && route.query.empty() && !key) return;
  json.name("parameters").begin_array();
  for (const std::string_view arg : args) {
    const bool number = arg == "partition" || arg == "offset";
    json.begin_object().name("name").string(arg).name("in").string("path");
    json.name("required").boolean(true).name("schema").begin_object();
    json.name("type").string(number ? "integer" : "string").end_object().end_object();
  }
  for (const QueryParam& param : route.query) {
    json.begin_object().name("name").string(param.name).name("in").string("query");
    json.name("description").string(param.description).name("schema").begin_object();
    json.name("type").string(param.type).end_object().end_object();
  }
  if (key) {
    json.begin_object().name("name").string("Idempotency-Key").name("in").string("header");
    json.name("description")
        .string("a request that is sent again with its key is carried out once");
    json.name("schema").begin_object().name("type").string("string");
    json.name("maxLength").number(255).end_object().end_object();
  }
  json.end_array();
}

void append_reference(JsonWriter& json, std::string_view schema) {
  json.begin_object().name("$ref");
  json.string(std::string("#/components/schemas/").append(schema)).end_object();
}

void append_body(JsonWriter& json, const Route& route, std::span<const Example> examples) {
  if (route.body == Body::nothing) return;
  const SchemaNames names = schemas_of(route.operation);
  json.name("requestBody").begin_object().name("content").begin_object();
  if (route.body == Body::raw) {
    json.name("*/*").begin_object().end_object();
  } else {
    json.name("application/json").begin_object();
    if (!names.request.empty()) {
      json.name("schema");
      append_reference(json, names.request);
    }
    json.name("examples").begin_object();
    for (const Example& example : examples) {
      if (example.request.empty()) continue;
      json.name(example.name).begin_object().name("summary").string(example.summary);
      json.name("value").raw(example.request).end_object();
    }
    json.end_object().end_object();
  }
  if (route.body == Body::data || route.body == Body::records) {
    json.name("application/protobuf").begin_object().end_object();
  }
  if (route.body == Body::records) json.name("application/x-ndjson").begin_object().end_object();
  json.end_object().end_object();
}

void append_responses(JsonWriter& json, const Route& route, std::span<const Example> examples) {
  const SchemaNames names = schemas_of(route.operation);
  std::map<int, std::vector<const Example*>> by_status;
  for (const Example& example : examples) by_status[example.status].push_back(&example);
  if (by_status.empty()) by_status[200] = {};
  json.name("responses").begin_object();
  for (const auto& [status, answered] : by_status) {
    json.name(std::to_string(status)).begin_object().name("description").string("Done.");
    const bool text = route.operation == "metrics";
    json.name("content").begin_object().name(text ? "text/plain" : "application/json");
    json.begin_object();
    if (!names.response.empty()) {
      json.name("schema");
      append_reference(json, names.response);
    }
    if (!answered.empty()) {
      json.name("examples").begin_object();
      for (const Example* example : answered) {
        json.name(example->name).begin_object().name("value").raw(example->response).end_object();
      }
      json.end_object();
    }
    json.end_object().end_object().end_object();
  }
  json.name("default").begin_object().name("description").string("A problem, RFC 9457.");
  json.name("content").begin_object().name("application/problem+json").begin_object();
  json.name("schema");
  append_reference(json, "Problem");
  json.end_object().end_object().end_object();
  json.end_object();
}

std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::nothing: return "nothing";
    case Scope::caller: return "caller";
    case Scope::broker: return "broker";
    case Scope::list: return "list";
    case Scope::topic: return "topic";
    case Scope::queue: return "queue";
    case Scope::group: return "group";
    case Scope::named: return "named";
  }
  __builtin_unreachable();
}

void append_operation(JsonWriter& json, const Route& route) {
  const auto examples = examples_of(route.operation);
  json.name(lower(route.method)).begin_object();
  json.name("operationId").string(route.operation).name("summary").string(route.summary);
  json.name("tags").begin_array().string(tag_of(route.path)).end_array();
  json.name("x-twofold-permission").string(access::permission_name(route.permission));
  json.name("x-twofold-scope").string(scope_name(route.scope));
  append_parameters(json, route);
  append_body(json, route, examples);
  append_responses(json, route, examples);
  if (!examples.empty()) {
    json.name("x-examples").begin_array();
    for (const Example& example : examples) {
      json.begin_object().name("name").string(example.name).name("target").string(example.target);
      json.name("status").number(example.status).end_object();
    }
    json.end_array();
  }
  json.end_object();
}

std::string generate(const Broker& broker) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("openapi").string("3.1.0").name("info").begin_object();
  json.name("title").string("Twofold").name("version").string(broker.shared.server.version);
  json.name("description").string("Write an event once. Read it as a queue, as a log, or as both.");
  json.end_object().name("paths").begin_object();
  const auto table = route_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool first_of_path =
        std::none_of(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](const Route& r) { return r.path == table[i].path; });
    if (!first_of_path) continue;
    json.name(table[i].path).begin_object();
    for (const Route& route : table) {
      if (route.path == table[i].path) append_operation(json, route);
    }
    json.end_object();
  }
  json.end_object();
  // The order in which the examples make one story.
  json.name("x-story").begin_array();
  for (const Example& example : all_examples()) {
    json.begin_array().string(example.operation).string(example.name).end_array();
  }
  json.end_array().name("components").begin_object().name("schemas").raw(schemas_json());
  json.end_object().end_object();
  return text;
}

}  // namespace

Task<Try<>> openapi(Call& call) {
  static const std::string text = generate(call.broker());
  call.reply.body = text;
  co_return Try<>();
}

}  // namespace twofold::http
