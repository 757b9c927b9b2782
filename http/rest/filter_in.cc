#include "http/rest/filter_in.h"

#include <utility>

namespace twofold::http {

Try<std::shared_ptr<const queue::RecordFilter>> read_filter(const Broker& broker,
                                                            std::string_view text,
                                                            std::string param) {
  if (text.empty()) return std::shared_ptr<const queue::RecordFilter>();
  if (!broker.shared.compile_filter) {
    return Problem(ProblemKind::invalid_filter, "This broker knows no filters.", std::move(param));
  }
  const auto filter = broker.shared.compile_filter(text);
  if (filter) return *filter;
  Problem problem(ProblemKind::invalid_filter, filter.error().detail, std::move(param));
  problem.at = static_cast<std::size_t>(filter.error().number);
  return problem;
}

}  // namespace twofold::http
