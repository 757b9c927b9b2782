#include <fmt/format.h>

#include "src/cli/percent_format.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

Outcome<Done> take_field(char code, std::string_view text, InputFormat::Fields& fields) {
  switch (code) {
    case 'k': fields.key = std::string(text); return Done{};
    case 'p': {
      const auto partition = parse_count(text);
      if (!partition) return Refused(fmt::format("partition: {}", partition.error().why));
      fields.partition = static_cast<std::int64_t>(*partition);
      return Done{};
    }
    case 'h':
      while (!text.empty()) {
        const std::size_t comma = text.find(',');
        auto header = parse_header(text.substr(0, comma));
        if (!header) return header.error();
        fields.headers.push_back(*std::move(header));
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
      }
      return Done{};
    default: fields.value = std::string(text); return Done{};
  }
}

}  // namespace

Outcome<std::pair<std::string, std::string>> parse_header(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Refused(fmt::format("\"{}\" is not a header: write name:value", text));
  }
  std::string_view value = text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return std::pair{std::string(text.substr(0, colon)), std::string(value)};
}

Outcome<InputFormat> InputFormat::parse(std::string_view text) {
  const auto format = PercentFormat::parse(text);
  if (!format) return format.error();
  InputFormat input;
  input.parts_ = format->parts();
  if (input.parts_.empty() || input.parts_.back().code != 0) {
    return Refused("the input format must end with what ends a record, as in '%k,%v\\n'");
  }
  input.delimiter_ = input.parts_.back().literal;
  input.parts_.pop_back();
  for (const PercentFormat::Part& part : input.parts_) {
    if (part.code != 0 && std::string_view("kvsph").find(part.code) == std::string_view::npos) {
      return Refused(fmt::format("%{} cannot be read; input has %k %v %p %h", part.code));
    }
  }
  for (std::size_t i = 1; i < input.parts_.size(); ++i) {
    if (input.parts_[i].code != 0 && input.parts_[i - 1].code != 0) {
      return Refused("two codes need some text between them, as in '%k,%v\\n'");
    }
  }
  return input;
}

Outcome<InputFormat::Fields> InputFormat::read(std::string_view record) const {
  Fields fields;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].code == 0) {
      if (!record.starts_with(parts_[i].literal)) {
        return Refused(fmt::format("expected \"{}\"", parts_[i].literal));
      }
      record.remove_prefix(parts_[i].literal.size());
      continue;
    }
    // A field reaches to the next literal; the last one takes all that is left.
    std::size_t end = record.size();
    if (i + 1 < parts_.size()) {
      end = record.find(parts_[i + 1].literal);
      if (end == std::string_view::npos) {
        return Refused(fmt::format("\"{}\" is missing", parts_[i + 1].literal));
      }
    }
    const auto taken = take_field(parts_[i].code, record.substr(0, end), fields);
    if (!taken) return taken.error();
    record.remove_prefix(end);
  }
  if (!record.empty()) return Refused("there is more than the format says");
  return fields;
}

}  // namespace twofold::cli
