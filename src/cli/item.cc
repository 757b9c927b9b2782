#include "src/cli/item.h"

namespace twofold::cli {
namespace {

// Exactly one of `value` (JSON as it was stored), `text` and `bytes` (base64) is there; a null
// value is a tombstone.
std::optional<std::string> value_of(Json object) {
  if (const Json value = object["value"]; value.exists()) {
    if (value.is_null()) return std::nullopt;
    return std::string(value.text());
  }
  if (const Json text = object["text"]; text.exists()) return text.string();
  if (const Json bytes = object["bytes"]; bytes.exists()) return base64_decode(bytes.string());
  return std::nullopt;
}

// A string, or {"base64": "..."} where the bytes are no text.
std::optional<std::string> text_or_bytes(Json value) {
  if (!value.exists() || value.is_null()) return std::nullopt;
  if (const Json bytes = value["base64"]; bytes.exists()) return base64_decode(bytes.string());
  return value.string();
}

}  // namespace

Item read_item(Json object, const std::string& topic) {
  Item item;
  item.text = object.text();
  item.id = object["id"].string();
  item.topic = object["topic"].exists() ? object["topic"].string() : topic;
  item.partition = object["partition"].number();
  item.offset = object["offset"].number();
  item.key = text_or_bytes(object["key"]);
  item.value = value_of(object);
  for (const auto& [name, value] : object["headers"].members()) {
    item.headers.emplace_back(name, text_or_bytes(value).value_or(""));
  }
  item.timestamp = object["timestamp"].string();
  item.receipt = object["receipt"].string();
  item.receive_count = object["receive_count"].number();
  item.state = object["state"].string();
  item.visible_at = object["visible_at"].string();
  return item;
}

}  // namespace twofold::cli
