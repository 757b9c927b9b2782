#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/json_text.h"
#include "src/cli/terminal.h"

namespace twofold::cli {

enum class Format { table, wide, json, jsonl, name };

std::optional<Format> parse_format(std::string_view text);

/// Rows under UPPERCASE headers. Columns of numbers are right-aligned and get thousands separators
/// on a terminal; elsewhere plain digits, so that scripts can read them.
class Table {
 public:
  struct Column {
    std::string_view title;
    bool number = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string str(bool separators) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "1234567" becomes "1,234,567"; anything that is not a whole number stays.
std::string with_separators(std::string_view digits);

/// "1 record", "2,000 records".
std::string count_text(std::uint64_t count, std::string_view noun);

/// The two-column view of one resource: every member of the object, nested ones as "a.b".
std::string describe_text(Json object, bool separators);

/// Control characters shown as escapes, long text cut with "...": for cells of a table.
std::string cell_text(std::string_view text, std::size_t width_max = 60);

}  // namespace twofold::cli
