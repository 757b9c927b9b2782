#include "http/sqs/batch.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace twofold::http::sqs {
namespace {

constexpr std::size_t kIdMax = 80;

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::size_t count(std::span<const std::optional<Fault>> faults, bool failed) {
  return static_cast<std::size_t>(
      std::count_if(faults.begin(), faults.end(),
                    [&](const auto& fault) { return fault.has_value() == failed; }));
}

}  // namespace

Outcome<> check_batch(std::span<const Item> entries, std::string_view entry, std::size_t most) {
  if (entries.empty()) {
    return Fault(Code::empty_batch_request,
                 fmt::format("There should be at least one {} in the request.", entry));
  }
  if (entries.size() > most) {
    return Fault(Code::too_many_entries_in_batch,
                 fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                             most, entries.size()));
  }
  std::unordered_set<std::string_view> ids;
  for (const Item& one : entries) {
    const std::string_view id = one.id.value_or("");
    if (!is_id(id)) {
      return Fault(Code::invalid_batch_entry_id,
                   "A batch entry id can only contain alphanumeric characters, hyphens and "
                   "underscores. It can be at most 80 letters long.");
    }
    if (!ids.insert(id).second)
      return Fault(Code::batch_entry_ids_not_distinct, fmt::format("Id {} repeated.", id));
  }
  return {};
}

void write_failed(AnswerWriter& answer, std::span<const Item> entries,
                  std::span<const std::optional<Fault>> faults) {
  if (count(faults, true) == 0) return;
  answer.begin_list("Failed", "BatchResultErrorEntry");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!faults[i]) continue;
    const CodeInfo& code = info(faults[i]->code);
    answer.begin_item();
    answer.text("Id", *entries[i].id);
    answer.flag("SenderFault", code.sender());
    answer.text("Code", code.query);
    answer.text("Message", faults[i]->message);
    answer.end_item();
  }
  answer.end_list();
}

void write_successful_ids(AnswerWriter& answer, std::string_view element,
                          std::span<const Item> entries,
                          std::span<const std::optional<Fault>> faults) {
  if (count(faults, false) == 0) return;
  answer.begin_list("Successful", element);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (faults[i]) continue;
    answer.begin_item();
    answer.text("Id", *entries[i].id);
    answer.end_item();
  }
  answer.end_list();
}

}  // namespace twofold::http::sqs
