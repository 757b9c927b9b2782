// Tags: kept and shown, nothing more.
#include <algorithm>

#include <fmt/format.h>

#include "http/head_check.h"
#include "http/sqs/action.h"
#include "http/sqs/on_queue.h"
#include "http/sqs/tags.h"

namespace twofold::http::sqs {
namespace {

constexpr std::size_t kKeyMax = 128;
constexpr std::size_t kValueMax = 256;

bool is_tag_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
  });
}

// Characters, not bytes.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

Fault bad(std::string message) { return {Code::invalid_parameter_value, std::move(message)}; }

Outcome<> add_tags(const Exchange& exchange, QueueView& queue) {
  auto& tags = queue.extension.tags;
  for (const auto& [key, value] : exchange.request.tags) {
    tags.insert_or_assign(std::string(key), std::string(*value));
  }
  if (tags.size() <= kTagsMax) return {};
  return bad(fmt::format("Too many tags added for queue {}.", queue.info.name));
}

Outcome<> remove_tags(const Exchange& exchange, QueueView& queue) {
  auto& tags = queue.extension.tags;
  for (const std::string_view key : exchange.request.tag_keys) {
    if (const auto found = tags.find(key); found != tags.end()) tags.erase(found);
  }
  return {};
}

}  // namespace

Outcome<> check_tags(std::span<const Tag> tags) {
  for (const auto& [key, value] : tags) {
    if (key.empty() || length_of(key) > kKeyMax) {
      return bad("Tag keys must be between 1 and 128 characters in length.");
    }
    if (!value || length_of(*value) > kValueMax)
      return bad("Tag values must be between 0 and 256 characters in length.");
    if (same_token(key.substr(0, 4), "aws:")) return bad("Tag keys cannot start with 'aws:'.");
    if (!is_tag_text(key) || !is_tag_text(*value)) {
      return bad("Tags can only contain Unicode letters, digits, whitespace and _.:/=+-@");
    }
  }
  if (tags.size() > kTagsMax) return bad("Too many tags added.");
  return {};
}

Task<Outcome<>> tag_queue(Exchange& exchange) {
  if (exchange.request.tags.empty()) co_return missing_parameter("Tags");
  const auto sound = check_tags(exchange.request.tags);
  if (!sound) co_return sound.fault();
  const auto done = co_await change_queue(exchange, &add_tags);
  co_return done;
}

Task<Outcome<>> untag_queue(Exchange& exchange) {
  if (exchange.request.tag_keys.empty()) {
    co_return bad("Tag keys must be between 1 and 128 characters in length.");
  }
  const auto done = co_await change_queue(exchange, &remove_tags);
  co_return done;
}

Task<Outcome<>> list_queue_tags(Exchange& exchange) {
  const auto name = exchange.queue();
  if (!name) co_return name.fault();
  auto ask = [&exchange, &name] { return find_queue(exchange, *name); };
  auto queue = co_await ask_core(exchange.broker().core, std::move(ask));
  if (!queue) co_return queue.fault();
  if (queue->extension.tags.empty()) co_return Outcome<>();
  exchange.answer.begin_map("Tags", "Tag", "Key");
  for (const auto& [key, value] : queue->extension.tags) exchange.answer.entry(key, value);
  exchange.answer.end_map();
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
