#include "http/rest/settle_in.h"

#include "http/proto_reader.h"
#include "http/rest/json_request.h"
#include "http/rest/receive_in.h"

namespace twofold::http {

using queue::ExtendItem;
using queue::NackItem;
using queue::Settled;

namespace {

constexpr std::size_t kReasonBytesMax = 1'024;

Problem not_protobuf() {
  return {ProblemKind::invalid_request, "The body is not the Protobuf message that belongs here."};
}

Try<> check_nack(const NackItem& item) {
  const engine::Duration delay = item.delay.value_or(engine::Duration{0});
  if (item.dead && delay.count() > 0) {
    return Problem(ProblemKind::invalid_request, "A dead message is not delivered again.", "delay");
  }
  if (item.reason.size() > kReasonBytesMax) {
    return Problem(ProblemKind::invalid_request, "A reason has at most 1024 bytes.", "reason");
  }
  if (delay.count() < 0 || delay > kVisibilityMax) {
    return Problem(ProblemKind::invalid_request, "A delay must be from 0s to 36525d.", "delay");
  }
  return {};
}

}  // namespace

Try<NackItem> read_nack(JsonReader& json) {
  static constexpr std::string_view kNames[] = {"receipt", "delay", "dead", "reason", "park"};
  NackItem item;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    switch (*member) {
      case 0: item.receipt = json.string(); break;
      case 1: {
        auto delay = read_duration(json);
        if (delay) {
          item.delay = *delay;
        } else {
          members.refuse(std::move(delay).problem());
        }
        break;
      }
      case 2: item.dead = json.boolean(); break;
      case 3: item.reason = json.string(); break;
      default:
        members.refuse({ProblemKind::invalid_request, "Parking is not available in this version."});
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!members.has(0)) {
    return Problem(ProblemKind::invalid_request, "An item names its receipt.", "receipt");
  }
  if (auto checked = check_nack(item); !checked) return std::move(checked).problem();
  return item;
}

Try<NackItem> read_proto_nack(std::string_view message) {
  NackItem item;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(1)) item.receipt = fields.bytes();
    if (fields.is_number(2)) item.delay = engine::Duration{fields.signed_number()};
    if (fields.is_number(3)) item.dead = fields.number() != 0;
    if (fields.is_bytes(4)) item.reason = fields.bytes();
  }
  if (!fields.ok()) return not_protobuf();
  if (auto checked = check_nack(item); !checked) return std::move(checked).problem();
  return item;
}

Try<ExtendItem> read_extend(JsonReader& json) {
  static constexpr std::string_view kNames[] = {"receipt", "visibility_timeout"};
  ExtendItem item;
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) {
      item.receipt = json.string();
      continue;
    }
    auto timeout = read_duration(json);
    if (timeout) timeout = checked_visibility(*timeout);
    if (timeout) {
      item.visibility_timeout = *timeout;
    } else {
      members.refuse(std::move(timeout).problem());
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (members.has(0) && members.has(1)) return item;
  return Problem(ProblemKind::invalid_request, "An item has receipt and visibility_timeout.",
                 members.has(0) ? "visibility_timeout" : "receipt");
}

Try<ExtendItem> read_proto_extend(std::string_view message) {
  ExtendItem item;
  ProtoReader fields(message);
  while (fields.next()) {
    if (fields.is_bytes(1)) item.receipt = fields.bytes();
    if (fields.is_number(2)) item.visibility_timeout = engine::Duration{fields.signed_number()};
  }
  if (!fields.ok()) return not_protobuf();
  auto checked = checked_visibility(item.visibility_timeout);
  if (!checked) return std::move(checked).problem();
  return item;
}

std::string_view settled_text(Settled settled) {
  switch (settled) {
    case Settled::acked: return "acked";
    case Settled::already: return "already";
    case Settled::stale:
    case Settled::too_long: return "stale";
    case Settled::unknown: return "unknown";
    case Settled::ok: return "ok";
  }
  __builtin_unreachable();
}

std::uint64_t settled_number(Settled settled) {
  switch (settled) {
    case Settled::acked: return 1;
    case Settled::already: return 2;
    case Settled::stale:
    case Settled::too_long: return 3;
    case Settled::unknown: return 4;
    case Settled::ok: return 5;
  }
  __builtin_unreachable();
}

}  // namespace twofold::http
