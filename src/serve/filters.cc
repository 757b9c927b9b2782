#include "src/serve/filters.h"

#include <utility>

#include "filter/filter.h"

namespace twofold {
namespace {

class LanguageFilter final : public queue::RecordFilter {
 public:
  explicit LanguageFilter(std::shared_ptr<const filter::Filter> filter)
      : filter_(std::move(filter)) {}
  bool matches(const engine::StoredRecord& record) const override {
    return filter_->matches(record);
  }

 private:
  std::shared_ptr<const filter::Filter> filter_;
};

using Made = engine::Result<std::shared_ptr<const queue::RecordFilter>>;

Made compile(std::string_view text, const filter::Bounds& bounds) {
  const auto compiled = filter::Filter::compile(text, bounds);
  if (compiled) {
    std::shared_ptr<const queue::RecordFilter> filter = std::make_shared<LanguageFilter>(*compiled);
    return filter;
  }
  engine::Error error(engine::Errc::invalid_request, compiled.error().message);
  error.number = static_cast<std::int64_t>(compiled.error().position);
  return error;
}

}  // namespace

Made compile_filter(std::string_view text) { return compile(text, filter::Bounds{}); }

Made compile_stored_filter(std::string_view text) { return compile(text, filter::kStoredBounds); }

}  // namespace twofold
