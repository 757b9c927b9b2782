#pragma once

#include <optional>
#include <string>

#include "src/cli/args.h"
#include "src/cli/item.h"
#include "src/cli/percent_format.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// Prints records and messages one after the other, as -f or -o says; without either, the plain
/// form: one value a line.
class ItemPrinter {
 public:
  /// `plain` is the percent format used when neither -f nor -o was given.
  static Tried<ItemPrinter> open(const Session& session, const Args& args, std::string_view plain);

  void print(const Item& item);
  /// Ends the document of -o json and the table of -o table.
  void finish();

  std::uint64_t printed() const { return printed_; }

 private:
  explicit ItemPrinter(const Session& session) : session_(session) {}
  void add_row(const Item& item);

  const Session& session_;
  std::optional<PercentFormat> format_;
  std::vector<std::string> documents_;          // -o json
  std::vector<std::vector<std::string>> rows_;  // -o table
  bool messages_ = false;                       // the rows are messages, not records
  bool states_ = false;                         // the messages were browsed, not received
  std::uint64_t printed_ = 0;
};

}  // namespace twofold::cli
