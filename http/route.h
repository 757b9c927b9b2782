#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http/access/permission.h"
#include "http/call.h"
#include "http/metrics.h"

namespace twofold::http {

/// Parses the call, submits it to the broker, renders the answer into call.reply.
using Handler = Task<Try<>> (*)(Call& call);

/// What a route's permission is about. Every route says one: without it the table does not compile.
enum class Scope : std::uint8_t {
  nothing,  ///< open to all
  caller,   ///< whoever has shown a key, or needs none
  broker,   ///< the broker as a whole
  list,     ///< many things: anybody who has the permission for one of them, and the handler leaves
            ///< out what the caller may not see
  topic,    ///< the topic, queue or group that the path names first
  queue,
  group,
  named     ///< what the query or the body names: the handler asks permit() for each of them
};

/// When a route is served.
enum class Served : std::uint8_t {
  always,         ///< health, metrics, documentation
  when_ready,     ///< from recovery until the drain begins
  while_draining  ///< also while draining: acks and commits must get through
};

/// Whom a route is for. An address may be set apart for operators; what is for them is then found
/// nowhere else.
enum class Audience : std::uint8_t { clients, operators };

/// What is served at an address.
enum class Listener : std::uint8_t {
  full,       ///< every route
  clients,    ///< those for operators are not there: 404, as for any other path
  operators,  ///< every route, where the other addresses are for clients
};

/// What a route takes as its body.
enum class Body : std::uint8_t {
  nothing,  ///< none (an empty JSON object is forgiven)
  admin,    ///< JSON up to 1 MiB; empty means {}
  data,     ///< JSON or Protobuf up to 10 MiB; empty means {}
  records,  ///< as data, and NDJSON
  raw       ///< any type
};

struct QueryParam {
  std::string_view name;
  std::string_view type;  ///< of JSON Schema: string, integer, boolean
  std::string_view description;
};

/// One line of the route table: dispatch, Allow, /openapi.json, metrics and tests all read it.
struct Route {
  std::string_view method;
  std::string_view path;       ///< "/v1/topics/{topic}"
  std::string_view operation;  ///< its name in metrics and OpenAPI
  std::string_view summary;
  Permission permission;
  Scope scope;
  Served served;
  Body body;
  Handler handler;
  std::span<const QueryParam> query;
  Audience audience = Audience::clients;
};

/// The table, and a route's place in it.
std::span<const Route> route_table();
std::size_t route_index(const Route& route);

/// What is counted by name: the routes of the table, then those of dialects that need no path.
std::size_t operation_count();
OperationName operation_name(std::size_t index);

}  // namespace twofold::http
