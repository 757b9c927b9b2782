#include "src/cli/item_printer.h"

#include <fmt/format.h>

namespace twofold::cli {

Tried<ItemPrinter> ItemPrinter::open(const Session& session, const Args& args,
                                     std::string_view plain) {
  ItemPrinter printer(session);
  if (args.has("format") && session.format_given()) {
    return usage("-f and -o both say what to print", "give one of them");
  }
  if (args.has("format") || (!session.format_given() && !plain.empty())) {
    const std::string text = args.has("format") ? args.text("format") : std::string(plain);
    auto format = PercentFormat::parse(text);
    if (!format) return usage(fmt::format("--format: {}", format.error().why));
    printer.format_ = *std::move(format);
  }
  return printer;
}

void ItemPrinter::print(const Item& item) {
  ++printed_;
  const Terminal& terminal = session_.terminal();
  if (format_) return terminal.out(format_->apply(item, printed_));
  switch (session_.format()) {
    case Format::json: documents_.emplace_back(item.text); return;
    case Format::jsonl: terminal.out(fmt::format("{}\n", item.text)); return;
    case Format::name:
      terminal.out(fmt::format("{}\n", item.receipt.empty() ? item.id : item.receipt));
      return;
    case Format::table:
    case Format::wide: return add_row(item);
  }
}

void ItemPrinter::add_row(const Item& item) {
  states_ = states_ || !item.state.empty();
  messages_ = messages_ || states_ || !item.receipt.empty();
  const std::size_t width = session_.format() == Format::wide ? 1000 : 60;
  const std::string key = item.key ? cell_text(*item.key, width) : "-";
  const std::string value = item.value ? cell_text(*item.value, width) : "(no value)";
  if (messages_) {
    rows_.push_back({item.id, item.state.empty() ? item.receipt : item.state,
                     fmt::format("{}", item.receive_count), key, value});
  } else {
    rows_.push_back({fmt::format("{}", item.partition), fmt::format("{}", item.offset),
                     item.timestamp, key, value});
  }
}

void ItemPrinter::finish() {
  const Terminal& terminal = session_.terminal();
  if (!format_ && session_.format() == Format::json) {
    terminal.out(json_array(documents_) + "\n");
    documents_.clear();
  }
  if (!rows_.empty()) {
    Table table(messages_
                    ? std::vector<Table::Column>{{"ID"}, {states_ ? "STATE" : "RECEIPT"},
                                                 {"RECEIVES", true}, {"KEY"}, {"VALUE"}}
                    : std::vector<Table::Column>{{"PARTITION", true}, {"OFFSET", true},
                                                 {"TIME"}, {"KEY"}, {"VALUE"}});
    for (auto& row : rows_) table.add(std::move(row));
    rows_.clear();
    terminal.out(table.str(terminal.out_is_terminal()));
  }
  terminal.flush();
}

}  // namespace twofold::cli
