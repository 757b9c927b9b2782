#include "filter/filter.h"

#include <fmt/format.h>

#include "filter/evaluation.h"
#include "filter/parser.h"
#include "filter/program.h"

namespace twofold::filter {

Compiled Filter::compile(std::string_view text, const Bounds& bounds) {
  if (text.size() > bounds.text_bytes) {
    return SyntaxError{fmt::format("a filter has {0} bytes at most, this one {1}, at {0}",
                                   bounds.text_bytes, text.size()),
                       bounds.text_bytes};
  }
  auto program = std::make_unique<Program>();
  program->text = text;
  Parser parser(*program, bounds.nesting);
  if (!parser.run()) return *parser.error();
  // make_shared cannot reach the private constructor.
  return std::shared_ptr<const Filter>(new Filter(std::move(program)));
}

Filter::Filter(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Filter::~Filter() = default;

bool Filter::matches(const engine::StoredRecord& record) const {
  return Evaluation(*program_, record).run();
}

std::string_view Filter::text() const { return program_->text; }

}  // namespace twofold::filter
