#include "http/call.h"

#include <charconv>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "http/route.h"
#include "http/server_common.h"

namespace twofold::http {
namespace {

constexpr std::size_t kNameMax = 249;
constexpr std::size_t kKeptBytesMax = 64 << 10;  // a larger buffer is given back after the request

std::string_view arg_name(const Route* route, std::size_t i) {
  std::string_view path = route ? route->path : "";
  for (;; --i) {
    const std::size_t open = path.find('{');
    const std::size_t close = path.find('}');
    if (open == std::string_view::npos) return "name";
    if (i == 0) return path.substr(open + 1, close - open - 1);
    path.remove_prefix(close + 1);
  }
}

}  // namespace

void Reply::field(std::string_view name, std::string_view value) {
  fields.append(name).append(": ");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    fields.push_back(byte < 0x20 || byte == 0x7F ? ' ' : c);
  }
  fields.append("\r\n");
}

void Reply::clear() {
  status = 200;
  content_type = kJson;
  body.clear();
  if (body.capacity() > kKeptBytesMax) body.shrink_to_fit();
  fields.clear();
  undelivered = nullptr;
  messages_handed_out = messages_settled = records_read = 0;
  upgrade.reset();
  room.set(0);
}

void Scratch::clear() {
  headers.clear();
  texts.clear();
}

Call::Call(Broker& b, const ServerCommon& c, Watch& w, Outlet& o)
    : common(c),
      watch(w),
      outlet(o),
      principal(b.shared.access.stranger().get()),
      broker_(&b) {
  reply.room = Share(c.answers);
}

void Call::clear() {
  head.clear();
  route = nullptr;
  refuse = nullptr;
  args = {};
  body = {};
  broker_ = &common.broker;
  principal = broker().shared.access.stranger().get();
  signer.reset();
  wrong_key = false;
  tried_key.clear();
  subject.clear();
  refused_as = {};
  inlet = nullptr;
  media = answer_in = Media::json;
  reply.clear();
  scratch.clear();
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameMax || text == "." || text == "..") return false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    if (!plain) return false;
  }
  return true;
}

Try<std::string> Call::name(std::size_t i) const {
  if (is_name(args[i])) return std::string(args[i]);
  return Problem(ProblemKind::invalid_request,
                 "A name has 1 to 249 of the characters A-Z a-z 0-9 . _ - and is not . or ..",
                 std::string(arg_name(route, i)));
}

Try<std::int64_t> Call::number(std::string_view name, std::int64_t least, std::int64_t most,
                               std::int64_t fallback) const {
  const auto text = query(name);
  if (!text) return fallback;
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most) {
    return Problem(ProblemKind::invalid_request,
                   fmt::format("{} must be a whole number from {} to {}.", name, least, most),
                   std::string(name));
  }
  return value;
}

Try<engine::Duration> Call::duration(std::string_view name, engine::Duration most,
                                     engine::Duration fallback) const {
  const auto text = query(name);
  if (!text) return fallback;
  const auto value = engine::parse_duration(*text);
  if (!value) {
    return Problem(ProblemKind::invalid_duration, value.error().detail, std::string(name))
        .with_hint(value.error().hint);
  }
  if (*value > most) {
    return Problem(ProblemKind::invalid_request,
                   fmt::format("{} must be at most {}.", name, engine::format_duration(most)),
                   std::string(name));
  }
  return *value;
}

Try<bool> Call::flag(std::string_view name) const {
  const auto text = query(name);
  if (!text || *text == "false" || *text == "0") return false;
  if (text->empty() || *text == "true" || *text == "1") return true;
  return Problem(ProblemKind::invalid_request, fmt::format("{} is true or false.", name),
                 std::string(name));
}

}  // namespace twofold::http
