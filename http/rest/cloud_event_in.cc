#include "http/rest/cloud_event_in.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "http/base64.h"
#include "http/rest/json_request.h"

namespace twofold::http {
namespace {

constexpr std::string_view kFieldPrefix = "ce-";
constexpr std::string_view kRequired[] = {"specversion", "id", "source", "type"};

Problem bad_attribute(std::string_view name, std::string_view what) {
  return Problem(ProblemKind::invalid_request,
                 fmt::format("The attribute {} of the event {}.", name.substr(0, 64), what),
                 std::string(name.substr(0, 64)));
}

bool is_attribute_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

/// Gathers the attributes of one event and makes a record of them.
class EventBuilder {
 public:
  EventBuilder(Scratch& scratch, const RecordRules& rules) : scratch_(scratch), rules_(rules) {
    record_.headers_begin = scratch.headers.size();
  }

  Try<> attribute(std::string_view name, std::string_view value) {
    if (!is_attribute_name(name)) return bad_attribute(name, "is not named in a-z and 0-9");
    if (name == "datacontenttype") {
      content_type_ = value;
      return {};
    }
    if (value_of(name)) return bad_attribute(name, "is given twice");
    if (scratch_.headers.size() - record_.headers_begin == kHeadersMax) {
      return Problem(ProblemKind::invalid_request, "An event has at most 64 attributes.");
    }
    scratch_.headers.push_back({scratch_.keep(fmt::format("ce_{}", name)), value});
    return {};
  }
  void data(std::string_view bytes) { record_.value = bytes; }
  std::string_view content_type() const { return content_type_; }

  Try<IncomingRecord> finish() {
    for (const std::string_view name : kRequired) {
      if (value_of(name).value_or("").empty()) return bad_attribute(name, "is missing");
    }
    if (value_of("specversion") != "1.0") return bad_attribute("specversion", "is not 1.0");
    record_.key = value_of("partitionkey");
    if (!record_.key) record_.key = value_of("subject");
    if (const auto time = value_of("time")) {
      auto parsed = to_time(*time);
      if (!parsed) return bad_attribute("time", "is no time like 2026-11-21T10:30:00Z");
      record_.timestamp = *parsed;
    }
    if (!content_type_.empty() && content_type_ != kJson) {
      scratch_.headers.push_back({kContentTypeHeader, content_type_});
    }
    if (auto finished = finish_record(record_, scratch_, rules_); !finished) {
      return std::move(finished).problem();
    }
    return record_;
  }

 private:
  std::optional<std::string_view> value_of(std::string_view name) const {
    for (std::size_t i = record_.headers_begin; i < scratch_.headers.size(); ++i) {
      if (scratch_.headers[i].name.substr(3) == name) return scratch_.headers[i].value;
    }
    return std::nullopt;
  }

  Scratch& scratch_;
  const RecordRules& rules_;
  IncomingRecord record_;
  std::string_view content_type_;
};

// An attribute's value as text: strings as they are, numbers and booleans as they were written.
Try<std::optional<std::string_view>> attribute_text(JsonReader& json, std::string_view name) {
  switch (json.peek().value_or(JsonType::object)) {
    case JsonType::null: json.null(); return std::optional<std::string_view>();
    case JsonType::string: return std::optional(json.string());
    case JsonType::number:
    case JsonType::boolean: return std::optional(json.slice());
    case JsonType::object:
    case JsonType::array: break;
  }
  if (!json.ok()) return json_problem(*json.error());
  return bad_attribute(name, "is neither text, number nor boolean");
}

// Data of a type that is not JSON is the text itself when it came as a string.
Try<> take_data(EventBuilder& event, std::string_view data, Scratch& scratch) {
  const bool text = data.starts_with('"') && shape_of(event.content_type()) != ValueShape::json;
  if (!text) return event.data(data), Try<>();
  JsonReader json(data, scratch.texts);
  event.data(json.string());
  return {};
}

Try<> take_base64(EventBuilder& event, std::string_view text, Scratch& scratch) {
  auto bytes = decode_base64(text);
  if (!bytes) return bad_attribute("data_base64", "is not base64");
  event.data(scratch.keep(*std::move(bytes)));
  return {};
}

Try<IncomingRecord> read_event(JsonReader& json, Scratch& scratch, const RecordRules& rules) {
  EventBuilder event(scratch, rules);
  std::optional<std::string_view> data;
  std::optional<std::string_view> base64;
  std::string_view name;
  if (!json.enter_object()) return json_problem(*json.error());
  while (json.next_member(name)) {
    if (name == "data" && !data) {
      data = json.slice();
    } else if (name == "data_base64" && !base64) {
      base64 = json.string();
    } else {
      auto text = attribute_text(json, name);
      if (!text) return std::move(text).problem();
      if (!*text) continue;
      if (auto taken = event.attribute(name, **text); !taken) return std::move(taken).problem();
    }
  }
  if (!json.ok()) return json_problem(*json.error());
  if (data && base64) {
    return Problem(ProblemKind::value_and_bytes, "An event has data or data_base64, not both.");
  }
  Try<> taken;
  if (data) taken = take_data(event, *data, scratch);
  if (base64) taken = take_base64(event, *base64, scratch);
  if (!taken) return std::move(taken).problem();
  return event.finish();
}

Try<> read_events(JsonReader& json, Scratch& scratch, const RecordRules& rules,
                  IncomingBatch& batch) {
  if (!json.enter_array()) return json_problem(*json.error());
  while (json.next_element()) {
    if (batch.records.size() == kRecordsMax) {
      return Problem(ProblemKind::batch_too_large, "A request has at most 1000 events.");
    }
    auto record = read_event(json, scratch, rules);
    if (!record) {
      Problem problem = std::move(record).problem();
      problem.index = batch.records.size();
      return problem;
    }
    batch.records.push_back(*record);
  }
  if (!json.ok()) return json_problem(*json.error());
  if (!batch.records.empty()) return {};
  return Problem(ProblemKind::invalid_request, "The list of events is empty.");
}

// Fields cannot hold every character: the binding writes the others as %XX of their UTF-8.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    decoded.push_back(escape ? static_cast<char>(byte) : text[i]);
    if (escape) i += 2;
  }
  return decoded;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lowered;
}

}  // namespace

Try<IncomingBatch> read_cloud_events(Call& call, Destination destination) {
  const RecordRules rules = rules_for(call, destination);
  JsonReader json(call.body, call.scratch.texts);
  IncomingBatch batch;
  if (call.media == Media::cloud_events) {
    auto read = read_events(json, call.scratch, rules, batch);
    if (!read) return std::move(read).problem();
  } else {
    auto record = read_event(json, call.scratch, rules);
    if (!record) return std::move(record).problem();
    batch.records.push_back(*record);
    batch.single = true;
  }
  if (!json.finish()) return json_problem(*json.error());
  return batch;
}

bool is_binary_cloud_event(const Head& head) { return !head.field("ce-specversion").empty(); }

Try<IncomingRecord> read_binary_cloud_event(Call& call, Destination destination) {
  const RecordRules rules = rules_for(call, destination);
  EventBuilder event(call.scratch, rules);
  Try<> taken = event.attribute("datacontenttype", call.head.content_type);
  for (const Field& field : call.head.fields) {
    if (!same_token(field.name.substr(0, kFieldPrefix.size()), kFieldPrefix)) continue;
    const std::string_view name = call.scratch.keep(lower(field.name.substr(3)));
    const std::string_view value = call.scratch.keep(percent_decoded(field.value));
    if (taken) taken = event.attribute(name, value);
  }
  if (!taken) return std::move(taken).problem();
  if (!call.body.empty()) event.data(call.body);
  return event.finish();
}

}  // namespace twofold::http
