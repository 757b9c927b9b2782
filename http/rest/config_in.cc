#include "http/rest/config_in.h"

#include <charconv>

namespace twofold::http {
namespace {

Try<Preconditions> read_preconditions(const Call& call) {
  Preconditions wanted;
  const std::string_view none_match = call.head.field("If-None-Match");
  const std::string_view match = call.head.field("If-Match");
  if (!none_match.empty() && none_match != "*") {
    return Problem(ProblemKind::invalid_request, "If-None-Match can be *.", "If-None-Match");
  }
  wanted.create_only = !none_match.empty();
  if (match.empty()) return wanted;
  std::string_view digits = match;
  if (digits.size() > 2 && digits.front() == '"' && digits.back() == '"') {
    digits = digits.substr(1, digits.size() - 2);
  }
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc{} || end != digits.data() + digits.size() || wanted.create_only) {
    return Problem(ProblemKind::invalid_request, "If-Match takes the etag of an earlier answer.",
                   "If-Match");
  }
  wanted.version = version;
  return wanted;
}

}  // namespace

Try<Asked> read_asked(const Call& call) {
  auto name = call.name(0);
  if (!name) return std::move(name).problem();
  auto wanted = read_preconditions(call);
  if (!wanted) return std::move(wanted).problem();
  auto dry_run = call.flag("dry_run");
  if (!dry_run) return std::move(dry_run).problem();
  return Asked{*std::move(name), *wanted, *dry_run};
}

}  // namespace twofold::http
