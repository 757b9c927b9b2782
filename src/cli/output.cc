#include "src/cli/output.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::cli {
namespace {

constexpr std::string_view kGap = "  ";

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Columns on the screen: continuation bytes of UTF-8 take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

void flatten(const std::string& prefix, Json value,
             std::vector<std::pair<std::string, std::string>>& lines) {
  if (!value.text().starts_with('{')) {
    lines.emplace_back(prefix, value.is_null() ? "-" : value.string());
    return;
  }
  for (const auto& [name, member] : value.members()) {
    flatten(prefix.empty() ? name : prefix + "." + name, member, lines);
  }
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  if (text == "table") return Format::table;
  if (text == "wide") return Format::wide;
  if (text == "json") return Format::json;
  if (text == "jsonl") return Format::jsonl;
  if (text == "name") return Format::name;
  return std::nullopt;
}

std::string with_separators(std::string_view digits) {
  if (!is_whole_number(digits)) return std::string(digits);
  std::string text(digits);
  const std::size_t first = text.front() == '-' ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", with_separators(fmt::format("{}", count)), noun,
                     count == 1 ? "" : "s");
}

std::string Table::str(bool separators) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.title.size());
  std::vector<std::vector<std::string>> cells = rows_;
  for (auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (separators && columns_[i].number) row[i] = with_separators(row[i]);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += kGap;
      line += padded(cell_of(i), widths[i], columns_[i].number);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : cells) {
    add_line([&](std::size_t i) { return std::string_view(row[i]); });
  }
  return text;
}

std::string describe_text(Json object, bool separators) {
  std::vector<std::pair<std::string, std::string>> lines;
  flatten("", object, lines);
  std::size_t width = 0;
  for (const auto& [name, value] : lines) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : lines) {
    text += fmt::format("{}{}{}\n", padded(name, width, false), kGap,
                        separators ? with_separators(value) : value);
  }
  return text;
}

std::string cell_text(std::string_view text, std::size_t width_max) {
  std::string cell;
  for (const char c : text) {
    if (cell.size() >= width_max) return cell + "...";
    switch (c) {
      case '\n': cell += "\\n"; break;
      case '\r': cell += "\\r"; break;
      case '\t': cell += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          cell += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          cell.push_back(c);
        }
    }
  }
  return cell;
}

}  // namespace twofold::cli
