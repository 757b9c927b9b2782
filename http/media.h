#pragma once

#include <string_view>

namespace twofold::http {

/// What a body is written in.
enum class Media { none, json, protobuf, ndjson, form, events, cloud_event, cloud_events, other };

/// By a Content-Type, its parameters aside; `none` when it is empty.
Media media_of(std::string_view content_type);

/// What an answer should be written in: the first type of an Accept field that is spoken here.
/// `fallback` when the field is empty, says */*, or names nothing that is known.
Media accepted(std::string_view accept, Media fallback);

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProtobuf = "application/protobuf";
inline constexpr std::string_view kNdjson = "application/x-ndjson";
inline constexpr std::string_view kCloudEvent = "application/cloudevents+json";
inline constexpr std::string_view kCloudEvents = "application/cloudevents-batch+json";
inline constexpr std::string_view kProblemJson = "application/problem+json";
inline constexpr std::string_view kTextPlain = "text/plain; charset=utf-8";

/// How a value of this content type is shown: as JSON, as text, or as bytes.
enum class ValueShape { json, text, bytes };
ValueShape shape_of(std::string_view content_type);

}  // namespace twofold::http
