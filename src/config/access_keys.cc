#include "src/config/access_keys.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "http/sqs/names.h"

namespace twofold::config {
namespace {

using http::sqs::AccessKey;

constexpr std::size_t kIdMax = 128;
constexpr std::string_view kBlank = " \t\r";

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    if (line.empty()) return found;
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    found.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool is_id(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return text.size() <= kIdMax && std::all_of(text.begin(), text.end(), plain);
}

Outcome<AccessKey> parse_line(const std::vector<std::string_view>& parts) {
  if (parts.size() < 2 || parts.size() > 3) {
    return Refused("a line is an access key id, its secret and perhaps an account of 12 digits");
  }
  if (!is_id(parts[0])) {
    return Refused("an access key id has 1 to 128 of the characters A-Z a-z 0-9 - _");
  }
  AccessKey key{std::string(parts[0]), std::string(parts[1]),
                std::string(http::sqs::kDefaultAccount)};
  if (parts.size() < 3) return key;
  if (!http::sqs::is_account(parts[2])) {
    return Refused(fmt::format("the account of {} is not twelve digits", key.id));
  }
  key.account = parts[2];
  return key;
}

}  // namespace

Outcome<std::vector<AccessKey>> parse_access_keys(std::string_view text, const std::string& path) {
  std::vector<AccessKey> keys;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto parts = words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (parts.empty() || parts.front().starts_with('#')) continue;
    auto key = parse_line(parts);
    if (!key) return Refused(fmt::format("{}:{}: {}", path, number, key.error().why));
    const auto same = [&](const AccessKey& one) { return one.id == key->id; };
    if (std::any_of(keys.begin(), keys.end(), same)) {
      return Refused(fmt::format("{}:{}: {} was given before", path, number, key->id));
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return Refused(fmt::format("{} holds no access key", path));
  return keys;
}

Outcome<std::vector<AccessKey>> read_access_keys(const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) return Refused(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return parse_access_keys(text.view(), path);
}

bool readable_by_all(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (found.st_mode & S_IROTH) != 0;
}

}  // namespace twofold::config
