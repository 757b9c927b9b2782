#include "src/cli/args.h"

#include "engine/base/check.h"
#include "src/cli/rate.h"
#include "src/config/units.h"

namespace twofold::cli {
namespace {

template <class T>
std::optional<T> checked(const Args& args, std::string_view name,
                         Outcome<T> (*parse)(std::string_view)) {
  if (!args.has(name)) return std::nullopt;
  auto value = parse(args.text(name));
  TF_CHECK(value);  // the parser refused everything else
  return *std::move(value);
}

}  // namespace

const std::vector<std::string>& Args::all(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

std::string Args::text(std::string_view name) const {
  const auto& values = all(name);
  return values.empty() ? std::string() : values.back();
}

std::optional<std::uint64_t> Args::count(std::string_view name) const {
  return checked<std::uint64_t>(*this, name, parse_count);
}

std::optional<std::uint64_t> Args::size(std::string_view name) const {
  return checked<std::uint64_t>(*this, name, parse_size);
}

std::optional<std::chrono::milliseconds> Args::duration(std::string_view name) const {
  return checked<std::chrono::milliseconds>(*this, name, parse_duration);
}

std::optional<double> Args::rate(std::string_view name) const {
  return checked<double>(*this, name, parse_rate);
}

}  // namespace twofold::cli
