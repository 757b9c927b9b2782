#include "http/trace/otlp.h"

#include "http/json_writer.h"

namespace twofold::http::trace {
namespace {

// opentelemetry.proto.trace.v1.Span.SpanKind and Status.StatusCode
constexpr int kProducer = 4;
constexpr int kConsumer = 5;
constexpr int kClient = 3;
constexpr int kStatusError = 2;
constexpr int kSampledFlags = 1;

void text(JsonWriter& json, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json.begin_object().name("key").string(name).name("value").begin_object();
  json.name("stringValue").string(value).end_object().end_object();
}

// 64 bit numbers are strings in the JSON form of Protobuf.
void number(JsonWriter& json, std::string_view name, std::uint64_t value) {
  json.begin_object().name("key").string(name).name("value").begin_object();
  json.name("intValue").string(std::to_string(value)).end_object().end_object();
}

int kind_of(const Span& span) {
  switch (span.operation) {
    case Operation::send: return kProducer;
    case Operation::receive: return kConsumer;
    case Operation::settle:
    case Operation::none: return kClient;
  }
  __builtin_unreachable();
}

std::string_view type_of(const Span& span) {
  switch (span.operation) {
    case Operation::send: return "send";
    case Operation::receive: return "receive";
    case Operation::settle: return "settle";
    case Operation::none: return "";
  }
  __builtin_unreachable();
}

// "localhost:8080" and "[::1]:8080" taken apart.
void append_server(JsonWriter& json, std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  text(json, "server.address", host.substr(0, has_port ? colon : host.size()));
  std::uint64_t port = 0;
  if (!has_port || host.size() - colon > 6) return;
  for (const char c : host.substr(colon + 1)) {
    if (c < '0' || c > '9') return;
    port = port * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (port > 0) number(json, "server.port", port);
}

void append_attributes(JsonWriter& json, const Span& span) {
  json.name("attributes").begin_array();
  text(json, "messaging.system", "twofold");
  text(json, "messaging.operation.name", span.name);
  text(json, "messaging.operation.type", type_of(span));
  text(json, "messaging.destination.name", span.destination);
  text(json, "messaging.consumer.group.name", span.group);
  text(json, "messaging.message.id", span.message_id);
  if (span.messages && span.message_id.empty())
    number(json, "messaging.batch.message_count", *span.messages);
  text(json, "http.request.method", span.method);
  if (span.status > 0)
    number(json, "http.response.status_code", static_cast<std::uint64_t>(span.status));
  text(json, "error.type", span.error);
  append_server(json, span.host);
  json.end_array();
}

void append_links(JsonWriter& json, const Span& span) {
  if (span.links.empty()) return;
  json.name("links").begin_array();
  for (const Context& link : span.links) {
    json.begin_object().name("traceId").string(id_text(link.trace));
    json.name("spanId").string(id_text(link.span)).end_object();
  }
  json.end_array();
  if (span.links_left_out > 0) json.name("droppedLinksCount").number(span.links_left_out);
}

void append_span(JsonWriter& json, const Span& span) {
  const std::string_view of = span.destination.empty() ? span.group : span.destination;
  std::string name(span.name);
  if (!of.empty()) name.append(" ").append(of);
  json.begin_object().name("traceId").string(id_text(span.context.trace));
  json.name("spanId").string(id_text(span.context.span));
  if (!span.tracestate.empty()) json.name("traceState").string(span.tracestate);
  if (span.parent) json.name("parentSpanId").string(id_text(*span.parent));
  json.name("flags").number(kSampledFlags);
  json.name("name").string(name).name("kind").number(kind_of(span));
  json.name("startTimeUnixNano").string(std::to_string(span.began_ns));
  json.name("endTimeUnixNano").string(std::to_string(span.ended_ns));
  append_attributes(json, span);
  append_links(json, span);
  if (!span.error.empty()) {
    json.name("status").begin_object().name("code").number(kStatusError);
    json.name("message").string(span.error).end_object();
  }
  json.end_object();
}

}  // namespace

std::string to_otlp(const Resource& resource, std::span<const Span> spans) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().name("resourceSpans").begin_array().begin_object();
  json.name("resource").begin_object().name("attributes").begin_array();
  text(json, "service.name", resource.service);
  text(json, "service.version", resource.version);
  text(json, "service.instance.id", resource.instance);
  text(json, "telemetry.sdk.name", "twofold");
  text(json, "telemetry.sdk.language", "cpp");
  json.end_array().end_object();
  json.name("scopeSpans").begin_array().begin_object();
  json.name("scope").begin_object().name("name").string("twofold");
  json.name("version").string(resource.version).end_object();
  json.name("spans").begin_array();
  for (const Span& span : spans) append_span(json, span);
  json.end_array().end_object().end_array();
  json.end_object().end_array().end_object();
  return out;
}

}  // namespace twofold::http::trace
