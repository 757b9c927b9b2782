#include "http/rest/cloud_event_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "http/json_reader.h"
#include "http/media.h"
#include "http/rest/record_in.h"

namespace twofold::http {
namespace {

constexpr std::string_view kEventPrefix = "ce_";
// What this writes itself, and what an attribute must not be called.
constexpr std::string_view kOwn[] = {"id",   "source",      "type", "subject",
                                     "time", "specversion", "data", "datacontenttype"};

std::string_view attribute_of(const engine::StoredRecord& record, std::string_view name) {
  for (const engine::Header& header : record.headers) {
    if (header.name.starts_with(kEventPrefix) && header.name.substr(3) == name) {
      return header.value.value_or("");
    }
  }
  return {};
}

std::string_view content_type_of(const engine::StoredRecord& record) {
  for (const engine::Header& header : record.headers) {
    if (header.name == kContentTypeHeader) return header.value.value_or("");
  }
  return {};
}

bool is_extension_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && std::ranges::all_of(name, fits) &&
         std::ranges::find(kOwn, name) == std::end(kOwn);
}

void append_identity(JsonWriter& out, std::string_view topic, engine::PartitionId partition,
                     const engine::StoredRecord& record) {
  const std::string_view id = attribute_of(record, "id");
  const std::string_view source = attribute_of(record, "source");
  const bool came_as_event = !id.empty() && !source.empty() && is_utf8(id) && is_utf8(source);
  if (came_as_event) {
    out.name("id").string(id).name("source").string(source);
  } else {
    out.name("id").string(fmt::format("{}:{}-{}", topic, partition.value(), record.offset.value()));
    out.name("source").string(fmt::format("/topics/{}", topic));
  }
  const std::string_view type = attribute_of(record, "type");
  out.name("type").string(type.empty() || !is_utf8(type) ? "record" : type);
  std::string_view subject = attribute_of(record, "subject");
  if (subject.empty() && !came_as_event) subject = record.key.value_or("");
  if (!subject.empty() && is_utf8(subject)) out.name("subject").string(subject);
}

// Two headers may come to one name (`region` and `ce_region`): the attribute goes before.
void append_extensions(JsonWriter& out, const engine::StoredRecord& record) {
  for (const engine::Header& header : record.headers) {
    const bool attribute = header.name.starts_with(kEventPrefix);
    const std::string_view name = attribute ? header.name.substr(3) : header.name;
    if (!header.value || !is_extension_name(name) || !is_utf8(*header.value)) continue;
    if (!attribute && !attribute_of(record, name).empty()) continue;
    out.any_name(name).string(*header.value);
  }
}

void append_data(JsonWriter& out, const engine::StoredRecord& record) {
  const std::string_view type = content_type_of(record);
  if (is_utf8(type) && !type.empty()) out.name("datacontenttype").string(type);
  if (!record.value) return;
  const ValueShape shape = shape_of(type);
  if (shape == ValueShape::json && is_json(*record.value)) {
    if (type.empty()) out.name("datacontenttype").string(kJson);
    out.name("data").raw(*record.value);
  } else if (shape == ValueShape::text && is_utf8(*record.value)) {
    out.name("data").string(*record.value);
  } else {
    out.name("data_base64").base64(*record.value);
  }
}

}  // namespace

void append_cloud_event(JsonWriter& out, std::string_view topic, engine::PartitionId partition,
                        const engine::StoredRecord& record) {
  out.begin_object().name("specversion").string("1.0");
  append_identity(out, topic, partition, record);
  const std::string_view time = attribute_of(record, "time");
  out.name("time").string(time.empty() || !is_utf8(time) ? engine::format_time(record.timestamp)
                                                         : std::string(time));
  append_extensions(out, record);
  append_data(out, record);
  out.end_object();
}

}  // namespace twofold::http
