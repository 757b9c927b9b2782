#include "src/bench/payload.h"

#include <algorithm>

#include "schemas/api.pb.h"

namespace twofold::bench {
namespace {

// {"pad":"xxxx"} of exactly `size` bytes.
std::string padded_value(std::size_t size) {
  constexpr std::string_view kOpen = "{\"pad\":\"", kClose = "\"}";
  const std::size_t frame = kOpen.size() + kClose.size();
  std::string value(kOpen);
  for (std::size_t i = frame; i < size; ++i) value.push_back(static_cast<char>('a' + i % 26));
  return value + std::string(kClose);
}

std::string json_batch(const Shape& shape, std::string_view member) {
  const std::string record = "{\"value\":" + padded_value(shape.size) + "}";
  std::string body = "{\"" + std::string(member) + "\":[";
  for (std::size_t i = 0; i < shape.batch; ++i) {
    if (i > 0) body += ',';
    body += record;
  }
  body += ']';
  if (!shape.durability.empty()) body += ",\"durability\":\"" + shape.durability + "\"";
  return body + "}";
}

v1::Durability durability_of(const Shape& shape) {
  if (shape.durability == "disk") return v1::DISK;
  if (shape.durability == "os") return v1::OS;
  if (shape.durability == "memory") return v1::MEMORY;
  return v1::DURABILITY_UNSPECIFIED;
}

void fill(v1::Record& record, const std::string& value) {
  record.set_value(value);
  record.set_content_type("application/json");
}

}  // namespace

std::string_view content_type(Encoding encoding) {
  return encoding == Encoding::json ? "application/json" : "application/protobuf";
}

std::string publish_body(const Shape& shape) {
  if (shape.encoding == Encoding::json) return json_batch(shape, "records");
  v1::PublishRequest request;
  const std::string value = padded_value(shape.size);
  for (std::size_t i = 0; i < shape.batch; ++i) fill(*request.add_records(), value);
  request.set_durability(durability_of(shape));
  return request.SerializeAsString();
}

std::string send_body(const Shape& shape) {
  if (shape.encoding == Encoding::json) return json_batch(shape, "messages");
  v1::SendRequest request;
  const std::string value = padded_value(shape.size);
  for (std::size_t i = 0; i < shape.batch; ++i) fill(*request.add_messages(), value);
  request.set_durability(durability_of(shape));
  return request.SerializeAsString();
}

std::string receive_body(const Shape& shape, std::uint64_t visibility_seconds) {
  if (shape.encoding == Encoding::json) {
    return "{\"max\":" + std::to_string(shape.batch) +
           ",\"wait\":\"1s\",\"visibility_timeout\":\"" + std::to_string(visibility_seconds) +
           "s\"}";
  }
  v1::ReceiveRequest request;
  request.set_max(static_cast<std::uint32_t>(shape.batch));
  request.set_wait_ms(1000);
  request.set_visibility_timeout_ms(static_cast<std::int64_t>(visibility_seconds) * 1000);
  return request.SerializeAsString();
}

std::string ack_body(Encoding encoding, const std::vector<std::string>& receipts) {
  if (encoding == Encoding::protobuf) {
    v1::AckRequest request;
    for (const std::string& receipt : receipts) request.add_receipts(receipt);
    return request.SerializeAsString();
  }
  std::string body = "{\"receipts\":[";
  for (const std::string& receipt : receipts) {
    if (body.back() == '"') body += ',';
    body += '"';
    body += receipt;
    body += '"';
  }
  return body + "]}";
}

}  // namespace twofold::bench
