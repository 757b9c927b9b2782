// Ack, nack, extend: one honest result per receipt.
#include <algorithm>

#include "http/json_writer.h"
#include "http/once.h"
#include "http/proto_reader.h"
#include "http/proto_writer.h"
#include "http/rest/handlers.h"
#include "http/rest/json_request.h"
#include "http/rest/not_found.h"
#include "http/rest/settle_in.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

using queue::ExtendItem;
using queue::NackItem;
using queue::Settled;
using Results = std::vector<Settled>;

// What the client need not come back for.
std::size_t settled_for_good(const Results& results) {
  return static_cast<std::size_t>(std::count_if(results.begin(), results.end(),
                                                [](Settled s) { return s != Settled::unknown; }));
}

void render(Call& call, const Results& results) {
  if (call.answer_in == Media::protobuf) {
    call.reply.content_type = kProtobuf;
    ProtoWriter proto(call.reply.body);
    proto.begin(1, results.size());  // packed: every number fits one byte
    for (const Settled settled : results) {
      call.reply.body.push_back(static_cast<char>(settled_number(settled)));
    }
    return;
  }
  JsonWriter json(call.reply.body);
  json.begin_object().name("results").begin_array();
  for (const Settled settled : results) json.string(settled_text(settled));
  json.end_array().end_object();
}

Problem not_protobuf() {
  return {ProblemKind::invalid_request, "The body is not the Protobuf message that belongs here."};
}

Problem too_many() {
  return {ProblemKind::batch_too_large, "A request has at most 1000 receipts."};
}

// {"<list>": [ ... ]}, one call of `element` for each element.
template <class Element>
Try<> read_list(Call& call, std::string_view list, Element element) {
  JsonReader json(call.body.empty() ? std::string_view("{}") : call.body, call.scratch.texts);
  const std::string_view names[] = {list};
  MemberLoop members(json, names);
  std::size_t count = 0;
  while (members.next()) {
    if (!json.enter_array()) break;
    while (json.next_element()) {
      Try<> taken;
      if (++count > kSettledMax) {
        taken = too_many();
      } else {
        taken = element(json);
      }
      if (taken) continue;
      Problem problem = std::move(taken).problem();
      problem.index = count - 1;
      return problem;
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (count > 0) return {};
  return Problem(ProblemKind::invalid_request, "There is nothing to settle.", std::string(list));
}

template <class Item, class Read>
Try<std::vector<Item>> read_proto_items(Call& call, Read read) {
  std::vector<Item> items;
  ProtoReader fields(call.body);
  while (fields.next()) {
    if (!fields.is_bytes(1)) continue;
    if (items.size() == kSettledMax) return too_many();
    auto item = read(fields.bytes());
    if (!item) {
      Problem problem = std::move(item).problem();
      problem.index = items.size();
      return problem;
    }
    items.push_back(*std::move(item));
  }
  if (!fields.ok()) return not_protobuf();
  if (items.empty()) return Problem(ProblemKind::invalid_request, "There is nothing to settle.");
  return items;
}

template <class Item, class ReadJson, class ReadProto>
Try<std::vector<Item>> read_items(Call& call, std::string_view list, ReadJson read_json,
                                  ReadProto read_proto) {
  if (call.media == Media::protobuf) return read_proto_items<Item>(call, read_proto);
  std::vector<Item> items;
  auto taken = read_list(call, list, [&](JsonReader& json) -> Try<> {
    auto item = read_json(json);
    if (!item) return std::move(item).problem();
    items.push_back(*std::move(item));
    return {};
  });
  if (!taken) return std::move(taken).problem();
  return items;
}

// nack and extend answer in the turn of the write.
engine::Completion<Results> in_this_turn(engine::Completion<Results> done,
                                         engine::Decided<Results> decided) {
  return [done = std::move(done), decided = std::move(decided)](Result<Results> results) mutable {
    if (results && decided) decided(*results);
    done(std::move(results));
  };
}

template <class Start>
Task<Try<>> settle(Call& call, std::string queue, Start start, bool keeps_them = false) {
  auto results = co_await write_once<Results>(call, std::move(start));
  if (!results) co_return co_await explained(call, results.error(), std::move(queue));
  if (!keeps_them) call.reply.messages_settled = settled_for_good(*results);
  if (call.span) call.span->add(results->size());
  render(call, *results);
  co_return Try<>();
}

}  // namespace

Task<Try<>> ack_messages(Call& call) {
  auto queue = call.name(0);
  if (!queue) co_return std::move(queue).problem();
  auto receipts = read_items<std::string>(
      call, "receipts",
      [](JsonReader& json) { return Try<std::string>(std::string(json.string())); },
      [](std::string_view bytes) { return Try<std::string>(std::string(bytes)); });
  if (!receipts) co_return std::move(receipts).problem();
  auto start = [&queues = call.broker().queues, &queue, &receipts](
                   engine::Completion<Results> done, engine::Decided<Results> decided) {
    queues.ack(*queue, *std::move(receipts), std::move(done), queue::Receipts::newest,
               std::move(decided));
  };
  co_return co_await settle(call, *queue, std::move(start));
}

Task<Try<>> nack_messages(Call& call) {
  auto queue = call.name(0);
  if (!queue) co_return std::move(queue).problem();
  auto items = read_items<NackItem>(call, "items", read_nack, read_proto_nack);
  if (!items) co_return std::move(items).problem();
  auto start = [&queues = call.broker().queues, &queue, &items](engine::Completion<Results> done,
                                                                engine::Decided<Results> decided) {
    queues.nack(*queue, *std::move(items), in_this_turn(std::move(done), std::move(decided)));
  };
  co_return co_await settle(call, *queue, std::move(start));
}

Task<Try<>> extend_messages(Call& call) {
  auto queue = call.name(0);
  if (!queue) co_return std::move(queue).problem();
  auto items = read_items<ExtendItem>(call, "items", read_extend, read_proto_extend);
  if (!items) co_return std::move(items).problem();
  auto start = [&queues = call.broker().queues, &queue, &items](engine::Completion<Results> done,
                                                                engine::Decided<Results> decided) {
    queues.extend(*queue, *std::move(items), in_this_turn(std::move(done), std::move(decided)));
  };
  co_return co_await settle(call, *queue, std::move(start), /*keeps_them=*/true);
}

}  // namespace twofold::http
