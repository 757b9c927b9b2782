#include "http/router.h"

#include <algorithm>

#include "engine/base/check.h"
#include "http/nearest.h"

namespace twofold::http {
namespace {

bool is_arg(std::string_view segment) { return segment.starts_with('{'); }

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.size() > 1) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return segments;
}

}  // namespace

Router::Router(std::span<const Route> table, Listener listener)
    : table_(table), listener_(listener) {
  for (const Route& route : table) {
    if (!serves(route)) continue;
    Pattern pattern{&route, split(route.path)};
    TF_CHECK(std::count_if(pattern.segments.begin(), pattern.segments.end(), is_arg) <= 3);
    if (by_length_.size() <= pattern.segments.size()) by_length_.resize(pattern.segments.size() + 1);
    by_length_[pattern.segments.size()].push_back(std::move(pattern));
  }
}

bool Router::serves(const Route& route) const {
  return listener_ != Listener::clients || route.audience != Audience::operators;
}

bool Router::fits(const Pattern& pattern, std::span<const std::string_view> segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool same = is_arg(pattern.segments[i]) ? !segments[i].empty()
                                                  : pattern.segments[i] == segments[i];
    if (!same) return false;
  }
  return true;
}

Match Router::match(std::string_view method, std::span<const std::string_view> segments) const {
  Match match;
  if (segments.size() >= by_length_.size()) return match;
  if (method == "HEAD") method = "GET";
  for (const Pattern& pattern : by_length_[segments.size()]) {
    if (!fits(pattern, segments)) continue;
    match.path_exists = true;
    if (pattern.route->method != method) continue;
    match.route = pattern.route;
    std::size_t arg = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (is_arg(pattern.segments[i])) match.args[arg++] = segments[i];
    }
    return match;
  }
  return match;
}

std::string Router::allow(std::span<const std::string_view> segments) const {
  std::vector<std::string_view> methods{"OPTIONS"};
  if (segments.size() < by_length_.size()) {
    for (const Pattern& pattern : by_length_[segments.size()]) {
      if (!fits(pattern, segments)) continue;
      methods.push_back(pattern.route->method);
      if (pattern.route->method == "GET") methods.push_back("HEAD");
    }
  }
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  std::string list;
  for (const std::string_view method : methods) {
    if (!list.empty()) list.append(", ");
    list.append(method);
  }
  return list;
}

Try<> Router::check_query(const Route& route, const Target& target) {
  for (const QueryItem& item : target.query()) {
    const auto known = [&](const QueryParam& param) { return param.name == item.name; };
    if (std::any_of(route.query.begin(), route.query.end(), known)) continue;
    std::vector<std::string> names;
    for (const QueryParam& param : route.query) names.emplace_back(param.name);
    Problem problem(ProblemKind::invalid_request, "There is no such query parameter here.",
                    std::string(item.name));
    return problem.with_hint(did_you_mean(item.name, names));
  }
  return {};
}

}  // namespace twofold::http
