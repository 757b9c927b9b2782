// What is durable of a producer's records.
#include <fmt/format.h>

#include "http/json_writer.h"
#include "http/permit.h"
#include "http/rest/handlers.h"

namespace twofold::http {
namespace {

void append_view(JsonWriter& json, const log::ProducerView& view) {
  json.begin_object().name("topic").string(view.topic).name("epoch").number(view.epoch);
  json.name("last_seq");
  if (view.last_seq >= 0) {
    json.number(view.last_seq);
  } else {
    json.null();
  }
  if (view.last_place) {
    json.name("id").string(
        fmt::format("{}-{}", view.last_place->partition.value(), view.last_place->offset.value()));
    json.name("partition").number(view.last_place->partition.value());
    json.name("offset").number(view.last_place->offset.value());
  }
  json.end_object();
}

}  // namespace

// Its name may be anything: unlike a topic's it was never part of a path before.
Task<Try<>> get_producer(Call& call) {
  const std::string id(call.args[0]);
  auto ask = [&topics = call.broker().topics, &id] { return topics.producer(id); };
  const auto views = co_await ask_core(call.broker().core, std::move(ask));
  JsonWriter json(call.reply.body);
  json.begin_object().name("producer").string(id).name("topics").begin_array();
  for (const log::ProducerView& view : views) {
    if (may_inspect(call, access::topic(view.topic))) append_view(json, view);
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
