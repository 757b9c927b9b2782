#include "engine/base/time_text.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace twofold::engine {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kOldestMs = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr std::int64_t kNewestMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes a time apart from the front; the first thing that does not fit makes all the rest fail.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

  int number(std::size_t digits) {
    if (!ok_ || rest_.size() < digits) return fail();
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool next_is(std::string_view any_of) {
    if (!ok_ || rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) {
    if (!next_is(any_of)) fail();
  }
  char taken() const { return taken_; }

  // ".123456" as 123 milliseconds.
  int fraction_ms() {
    if (rest_.empty() || !is_digit(rest_.front())) return fail();
    int value = 0;
    for (int scale = 100; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
      value += (rest_.front() - '0') * scale;
      scale /= 10;
    }
    return value;
  }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }

  std::string_view rest_;
  char taken_ = 0;
  bool ok_ = true;
};

milliseconds read_time_of_day(Scanner& scan, bool& in_range) {
  const int hour = scan.number(2);
  scan.expect(":");
  const int minute = scan.number(2);
  scan.expect(":");
  const int second = scan.number(2);
  const int ms = scan.next_is(".") ? scan.fraction_ms() : 0;
  in_range = in_range && hour <= 23 && minute <= 59 && second <= 60;
  return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} +
         milliseconds{ms};
}

// How far east of Greenwich the clock that was read stands.
milliseconds read_zone(Scanner& scan, bool& in_range) {
  if (scan.next_is("Zz")) return milliseconds{0};
  scan.expect("+-");
  const int sign = scan.taken() == '-' ? -1 : 1;
  const int hour = scan.number(2);
  scan.expect(":");
  const int minute = scan.number(2);
  in_range = in_range && hour <= 23 && minute <= 59;
  return sign * (std::chrono::hours{hour} + std::chrono::minutes{minute});
}

// Fills a text from the back: every record that is read has a time, and fmt takes 20 times as long.
class BackwardsWriter {
 public:
  explicit BackwardsWriter(std::string& text) : text_(text), at_(text.size()) {}

  void number(std::int64_t value, int digits) {
    for (; digits > 0; --digits, value /= 10) put(static_cast<char>('0' + value % 10));
  }
  void put(char c) { text_[--at_] = c; }

 private:
  std::string& text_;
  std::size_t at_;
};

}  // namespace

std::string format_time(WallTime time) {
  const milliseconds since{std::clamp(time.value(), kOldestMs, kNewestMs)};
  const auto days = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days{days}};
  const std::int64_t ms = (since - days).count();
  std::string text(std::string_view("1970-01-01T00:00:00.000Z").size(), ' ');
  BackwardsWriter back(text);
  const auto part = [&](char after, std::int64_t value, int digits) {
    back.put(after);
    back.number(value, digits);
  };
  part('Z', ms % 1'000, 3);
  part('.', ms / 1'000 % 60, 2);
  part(':', ms / 60'000 % 60, 2);
  part(':', ms / 3'600'000, 2);
  part('T', static_cast<unsigned>(date.day()), 2);
  part('-', static_cast<unsigned>(date.month()), 2);
  part('-', static_cast<int>(date.year()), 4);
  return text;
}

Result<WallTime> parse_time(std::string_view text) {
  Scanner scan(text);
  const int year = scan.number(4);
  scan.expect("-");
  const int month = scan.number(2);
  scan.expect("-");
  const int day = scan.number(2);
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  bool in_range = date.ok();
  milliseconds of_day{0};
  milliseconds east{0};
  if (!scan.done()) {
    scan.expect("Tt ");
    of_day = read_time_of_day(scan, in_range);
    east = read_zone(scan, in_range);
  }
  if (!scan.done() || !in_range) {
    return Error(Errc::invalid_request, fmt::format("\"{}\" is not a time", text.substr(0, 64)),
                 "write RFC 3339, like 2026-11-21T10:30:00Z");
  }
  const milliseconds midnight = std::chrono::sys_days{date}.time_since_epoch();
  return WallTime{(midnight + of_day - east).count()};
}

}  // namespace twofold::engine
