#include "http/sqs/extension.h"

#include "schemas/catalog.pb.h"

namespace twofold::http::sqs {

std::string_view Extension::attribute(std::string_view name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

void Extension::set(std::string_view name, std::string value) {
  if (!value.empty()) {
    attributes.insert_or_assign(std::string(name), std::move(value));
  } else if (const auto found = attributes.find(name); found != attributes.end()) {
    attributes.erase(found);
  }
}

std::string encode_extension(const Extension& extension) {
  catalog::SqsQueue out;
  out.set_account(extension.account);
  out.set_modified_ms(extension.modified.value());
  for (const auto& [name, value] : extension.attributes) (*out.mutable_attributes())[name] = value;
  for (const auto& [key, value] : extension.tags) (*out.mutable_tags())[key] = value;
  return out.SerializeAsString();
}

Extension decode_extension(std::string_view bytes) {
  Extension extension;
  catalog::SqsQueue in;
  // Written by nobody else; what does not parse could only be a later version's.
  const bool parsed = in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (bytes.empty() || !parsed) return extension;
  if (!in.account().empty()) extension.account = in.account();
  extension.modified = engine::WallTime{in.modified_ms()};
  for (const auto& [name, value] : in.attributes()) extension.attributes.emplace(name, value);
  for (const auto& [key, value] : in.tags()) extension.tags.emplace(key, value);
  return extension;
}

Extension extension_of(const queue::QueueInfo& info) {
  Extension extension = decode_extension(info.extension);
  if (extension.modified == engine::WallTime{0}) extension.modified = info.created;
  return extension;
}

}  // namespace twofold::http::sqs
