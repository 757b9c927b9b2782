#include "http/rest/receive_in.h"

#include <fmt/format.h>

#include "http/client_name.h"
#include "http/proto_reader.h"
#include "http/rest/json_request.h"
#include "queue/client_names.h"

namespace twofold::http {
namespace {

constexpr std::int64_t kReceiveMax = 1'000;
constexpr engine::Duration kWaitMax = std::chrono::seconds{60};

Try<std::size_t> checked_max(std::int64_t max) {
  if (max >= 1 && max <= kReceiveMax) return static_cast<std::size_t>(max);
  return Problem(ProblemKind::invalid_request,
                 fmt::format("max must be a whole number from 1 to {}.", kReceiveMax), "max");
}

Try<std::string> checked_client(std::string_view client) {
  if (!client.empty() && client.size() <= queue::ClientNames::kBytesMax) return std::string(client);
  return Problem(ProblemKind::invalid_request, "client must be a name of 1 to 64 bytes.", "client");
}

Try<engine::Duration> checked_wait(engine::Duration wait) {
  if (wait.count() >= 0 && wait <= kWaitMax) return wait;
  return Problem(ProblemKind::invalid_request, "wait must be from 0s to 60s.", "wait");
}

// Checks one value and puts it in its place.
template <class T, class Place>
Try<> store(Try<T> value, Place& place) {
  if (!value) return std::move(value).problem();
  place = *value;
  return {};
}

Try<ReceiveRequest> read_json(Call& call, ReceiveRequest request) {
  static constexpr std::string_view kNames[] = {"max", "wait", "visibility_timeout", "filter",
                                                "client"};
  JsonReader json(call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    if (*member == 0) {
      const std::int64_t max = json.integer();
      if (json.ok()) taken = store(checked_max(max), request.max);
    } else if (*member == 4) {
      const std::string_view client = json.string();
      if (json.ok()) taken = store(checked_client(client), request.client);
    } else if (*member == 3) {
      taken = Problem(ProblemKind::invalid_request, "Filters are not available in this version.");
    } else {
      auto duration = read_duration(json);
      if (!duration) {
        taken = std::move(duration).problem();
      } else if (*member == 1) {
        taken = store(checked_wait(*duration), request.wait);
      } else {
        taken = store(checked_visibility(*duration), request.visibility_timeout);
      }
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  return request;
}

Try<ReceiveRequest> read_protobuf(Call& call, ReceiveRequest request) {
  ProtoReader fields(call.body);
  while (fields.next()) {
    Try<> taken;
    const engine::Duration duration{fields.signed_number()};
    if (fields.is_number(1)) taken = store(checked_max(fields.signed_number()), request.max);
    if (fields.is_number(2)) taken = store(checked_wait(duration), request.wait);
    if (fields.is_number(4)) taken = store(checked_client(fields.bytes()), request.client);
    if (fields.is_number(3)) {
      taken = store(checked_visibility(duration), request.visibility_timeout);
    }
    if (!taken) return std::move(taken).problem();
  }
  if (fields.ok()) return request;
  return Problem(ProblemKind::invalid_request, "The body is not a twofold.v1.ReceiveRequest.");
}

}  // namespace

Try<engine::Duration> checked_visibility(engine::Duration duration) {
  if (duration.count() >= 0 && duration <= kVisibilityMax) return duration;
  return Problem(ProblemKind::invalid_request, "visibility_timeout must be from 0s to 36525d.",
                 "visibility_timeout");
}

Try<ReceiveRequest> read_receive(Call& call) {
  auto queue = call.name(0);
  if (!queue) return std::move(queue).problem();
  ReceiveRequest request;
  request.queue = *std::move(queue);
  request.client = client_name(call.head);
  if (call.body.empty()) return request;
  if (call.media == Media::protobuf) return read_protobuf(call, std::move(request));
  return read_json(call, std::move(request));
}

}  // namespace twofold::http
