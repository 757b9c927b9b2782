#include "http/media.h"

#include "http/head_check.h"

namespace twofold::http {
namespace {

// The type without parameters and white space.
std::string_view bare(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
  return type;
}

bool ends_with(std::string_view type, std::string_view suffix) {
  return type.size() >= suffix.size() &&
         same_token(type.substr(type.size() - suffix.size()), suffix);
}

bool starts_with(std::string_view type, std::string_view prefix) {
  return same_token(type.substr(0, prefix.size()), prefix);
}

}  // namespace

Media media_of(std::string_view content_type) {
  const std::string_view type = bare(content_type);
  if (type.empty()) return Media::none;
  if (same_token(type, kCloudEvent)) return Media::cloud_event;
  if (same_token(type, kCloudEvents)) return Media::cloud_events;
  if (same_token(type, kJson) || ends_with(type, "+json")) return Media::json;
  if (same_token(type, kProtobuf) || same_token(type, "application/x-protobuf")) {
    return Media::protobuf;
  }
  if (same_token(type, kNdjson) || same_token(type, "application/ndjson")) return Media::ndjson;
  if (same_token(type, "application/x-www-form-urlencoded")) return Media::form;
  if (same_token(type, "text/event-stream")) return Media::events;
  return Media::other;
}

Media accepted(std::string_view accept, Media fallback) {
  while (!accept.empty()) {
    const std::size_t comma = accept.find(',');
    switch (media_of(accept.substr(0, comma))) {
      case Media::json: return Media::json;
      case Media::protobuf: return Media::protobuf;
      case Media::ndjson: return Media::ndjson;
      case Media::events: return Media::events;
      case Media::cloud_event: return Media::cloud_event;
      case Media::cloud_events: return Media::cloud_events;
      case Media::none:
      case Media::form:
      case Media::other: break;
    }
    if (comma == std::string_view::npos) break;
    accept.remove_prefix(comma + 1);
  }
  return fallback;
}

ValueShape shape_of(std::string_view content_type) {
  const std::string_view type = bare(content_type);
  if (type.empty() || same_token(type, kJson) || ends_with(type, "+json")) return ValueShape::json;
  if (starts_with(type, "text/") || ends_with(type, "+xml") || ends_with(type, "yaml") ||
      same_token(type, "application/xml") || same_token(type, "application/javascript") ||
      same_token(type, "application/x-www-form-urlencoded") || same_token(type, kNdjson)) {
    return ValueShape::text;
  }
  return ValueShape::bytes;
}

}  // namespace twofold::http
