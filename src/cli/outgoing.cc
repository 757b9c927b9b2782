#include "src/cli/outgoing.h"

#include <fmt/format.h>

#include "src/cli/position.h"
#include "src/cli/template_text.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

void add_value(const Outgoing& outgoing, JsonObject& object) {
  if (!outgoing.value) {
    object.raw("value", "null");
  } else if (is_json_container(*outgoing.value)) {
    object.raw("value", *outgoing.value);
  } else if (is_utf8(*outgoing.value)) {
    object.text("text", *outgoing.value);
  } else {
    object.text("bytes", base64_encode(*outgoing.value));
  }
}

std::string text_or_base64(const std::string& text) {
  return is_utf8(text) ? json_quote(text) : JsonObject().text("base64", base64_encode(text)).str();
}

}  // namespace

std::string as_json(const Outgoing& outgoing) {
  JsonObject object;
  if (outgoing.key) object.raw("key", text_or_base64(*outgoing.key));
  add_value(outgoing, object);
  if (!outgoing.headers.empty()) {
    JsonObject headers;
    for (const auto& [name, value] : outgoing.headers) headers.raw(name, text_or_base64(value));
    object.raw("headers", headers.str());
  }
  if (outgoing.partition) object.number("partition", *outgoing.partition);
  if (!outgoing.delay.empty()) object.text("delay", outgoing.delay);
  if (!outgoing.deliver_at.empty()) object.text("deliver_at", outgoing.deliver_at);
  return object.str();
}

Tried<RecordSource> RecordSource::open(const Args& args, const std::string& values) {
  RecordSource source;
  if (args.has("key")) source.model_.key = args.text("key");
  for (const std::string& text : args.all("header")) {
    auto header = parse_header(text);
    if (!header) return usage(fmt::format("--header: {}", header.error().why));
    source.model_.headers.push_back(*std::move(header));
  }
  if (const auto partition = args.count("partition")) {
    source.model_.partition = static_cast<std::int64_t>(*partition);
  }
  if (const auto delay = args.duration("delay")) source.model_.delay = format_duration(*delay);
  if (args.has("at")) {
    const auto time = parse_time(args.text("at"));
    if (!time) return usage(fmt::format("--at: {}", time.error().why));
    source.model_.deliver_at = format_time(*time);
  }
  source.values_ = args.all(values);
  source.tombstone_ = args.has("tombstone");
  source.use_template_ = args.has("template");
  if (source.tombstone_ && !source.values_.empty()) {
    return usage("--tombstone sends no value, and a value was given");
  }
  if (source.tombstone_) source.values_.emplace_back();
  source.total_ = source.values_.size() * args.count("count").value_or(1);
  if (args.has("format")) {
    if (source.total_ > 0) return usage("--format is for stdin, and a value was given");
    auto format = InputFormat::parse(args.text("format"));
    if (!format) return usage(fmt::format("--format: {}", format.error().why));
    source.lines_.set_delimiter(format->delimiter());
    source.format_ = *std::move(format);
  }
  if (args.has("count") && source.values_.empty()) {
    return usage("--count repeats the values given, and there is none");
  }
  return source;
}

Tried<std::optional<Outgoing>> RecordSource::next() {
  return values_.empty() ? next_line() : next_given();
}

bool RecordSource::ready() const { return values_.empty() ? lines_.ready() : made_ < total_; }

Tried<std::optional<Outgoing>> RecordSource::next_given() {
  if (made_ == total_) return std::optional<Outgoing>();
  const std::string& value = values_[made_ % values_.size()];
  ++made_;
  Outgoing outgoing = model_;
  if (tombstone_) return std::optional<Outgoing>(std::move(outgoing));
  outgoing.value = value;
  if (use_template_) {
    auto filled = fill_template(value, made_);
    if (!filled) return usage(fmt::format("--template: {}", filled.error().why));
    outgoing.value = *std::move(filled);
  }
  return std::optional<Outgoing>(std::move(outgoing));
}

Tried<std::optional<Outgoing>> RecordSource::next_line() {
  auto line = lines_.next();
  if (!line) return std::optional<Outgoing>();
  ++made_;
  Outgoing outgoing = model_;
  if (!format_) {
    outgoing.value = *std::move(line);
    return std::optional<Outgoing>(std::move(outgoing));
  }
  auto fields = format_->read(*line);
  if (!fields) {
    return usage(fmt::format("record {} of the input does not fit the format: {}", made_,
                             fields.error().why));
  }
  if (fields->key) outgoing.key = std::move(fields->key);
  if (fields->partition) outgoing.partition = fields->partition;
  for (auto& header : fields->headers) outgoing.headers.push_back(std::move(header));
  outgoing.value = std::move(fields->value);
  return std::optional<Outgoing>(std::move(outgoing));
}

}  // namespace twofold::cli
