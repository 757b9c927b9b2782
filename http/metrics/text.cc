#include "http/metrics/text.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "engine/base/check.h"

namespace twofold::http::metrics {
namespace {

constexpr std::string_view kPrefix = "twofold_";

constexpr std::array<std::string_view, engine::DurationHistogram::kBoundsUs.size()> kDurationBounds =
    {"0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
     "0.05",    "0.1",    "0.25",    "0.5",    "1",     "2.5",    "5",     "10"};

std::string_view type_of(Kind kind) {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
  }
  __builtin_unreachable();
}

bool is_wanted(std::string_view name, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return true;
  return std::any_of(wanted.begin(), wanted.end(), [name](const std::string& prefix) {
    if (name.starts_with(prefix)) return true;
    return name.starts_with(kPrefix) && name.substr(kPrefix.size()).starts_with(prefix);
  });
}

}  // namespace

Labels& Labels::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_.append(name).append("=\"");
  constexpr std::string_view kEscaped = "\\\"\n";
  for (std::size_t at; (at = value.find_first_of(kEscaped)) != value.npos;) {
    text_.append(value.substr(0, at)).append(1, '\\');
    text_.append(1, value[at] == '\n' ? 'n' : value[at]);
    value.remove_prefix(at + 1);
  }
  text_.append(value).append(1, '"');
  return *this;
}

bool Text::begin(std::string_view name) {
  const auto all = families();
  const auto family =
      std::find_if(all.begin(), all.end(), [name](const Family& one) { return one.name == name; });
  TF_CHECK(family != all.end());
  name_ = family->name;
  if (!is_wanted(name_, wanted_)) return false;
  fmt::format_to(std::back_inserter(out_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name_, family->help,
                 type_of(family->kind));
  return true;
}

void Text::sample(std::string_view suffix, std::string_view labels, std::string_view le) {
  out_.append(name_).append(suffix);
  if (labels.empty() && le.empty()) {
    out_ += ' ';
    return;
  }
  out_.append("{").append(labels);
  if (!le.empty()) out_.append(labels.empty() ? "le=\"" : ",le=\"").append(le).append("\"");
  out_.append("} ");
}

void Text::number(std::uint64_t value) {
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size()).append(1, '\n');
}

void Text::number(double value) { fmt::format_to(std::back_inserter(out_), "{}\n", value); }

void Text::value(const Labels& labels, std::uint64_t value) {
  sample("", labels.text(), "");
  number(value);
}

void Text::value(const Labels& labels, double value) {
  sample("", labels.text(), "");
  number(value);
}

void Text::distribution(const Labels& labels, const Distribution& of) {
  TF_CHECK(of.counts.size() == of.bounds.size() + 1);
  std::uint64_t upto = 0;
  for (std::size_t i = 0; i < of.counts.size(); ++i) {
    upto += of.counts[i];
    sample("_bucket", labels.text(), i < of.bounds.size() ? of.bounds[i] : "+Inf");
    number(upto);
  }
  sample("_sum", labels.text(), "");
  number(of.sum);
  sample("_count", labels.text(), "");
  number(upto);
}

void Text::durations(const Labels& labels,
                     std::span<const engine::DurationHistogram* const> sum_of) {
  std::array<std::uint64_t, engine::DurationHistogram::kClasses> counts{};
  std::uint64_t sum_us = 0;
  for (const engine::DurationHistogram* one : sum_of) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += one->count(i);
    sum_us += one->sum_us();
  }
  distribution(labels, {kDurationBounds, counts, static_cast<double>(sum_us) / 1e6});
}

}  // namespace twofold::http::metrics
