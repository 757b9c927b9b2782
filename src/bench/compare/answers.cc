#include "src/bench/compare/answers.h"

namespace twofold::bench::compare {
namespace {

namespace json = boost::json;

const json::array* array_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_array();
}

std::optional<std::uint64_t> number_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr || !member->is_int64() || member->get_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(member->get_int64());
}

}  // namespace

Outcome<json::object> read_object(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) return Refused("an answer of the broker is no JSON object");
  return std::move(value.get_object());
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

Outcome<std::vector<Held>> read_held(const json::object& answer, std::string_view member) {
  const json::array* items = array_member(answer, member);
  if (items == nullptr) return Refused("an answer of the broker has no records");
  std::vector<Held> held;
  for (const json::value& item : *items) {
    const json::object* record = item.if_object();
    const json::value* value = record == nullptr ? nullptr : record->if_contains("value");
    const json::object* fields = value == nullptr ? nullptr : value->if_object();
    const auto number = fields == nullptr ? std::nullopt : number_member(*fields, "n");
    if (!number) return Refused("a record came that nobody has published");
    held.push_back(Held{*number, text_member(*record, "receipt")});
  }
  return held;
}

Outcome<std::vector<Place>> read_places(std::string_view body) {
  const auto answer = read_object(body);
  if (!answer) return answer.error();
  const json::array* items = array_member(*answer, "records");
  if (items == nullptr) return Refused("an answer to a publish has no records");
  std::vector<Place> places;
  for (const json::value& item : *items) {
    const json::object* record = item.if_object();
    const auto partition = record ? number_member(*record, "partition") : std::nullopt;
    const auto offset = record ? number_member(*record, "offset") : std::nullopt;
    if (!partition || !offset) return Refused("an answer to a publish names no place");
    places.push_back(Place{*partition, *offset});
  }
  return places;
}

std::size_t assigned_partitions(const json::object& answer, std::string_view topic) {
  const json::value* assigned = answer.if_contains("assigned");
  const json::object* topics = assigned == nullptr ? nullptr : assigned->if_object();
  const json::array* partitions = topics == nullptr ? nullptr : array_member(*topics, topic);
  return partitions == nullptr ? 0 : partitions->size();
}

}  // namespace twofold::bench::compare
