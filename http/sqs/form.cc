#include "http/sqs/form.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "http/percent.h"
#include "http/sqs/numbers.h"

namespace twofold::http::sqs {
namespace {

// A message with ten attributes has some 45.
constexpr std::size_t kParametersMax = 200;  // for each message of a batch
constexpr std::ptrdiff_t kDotsMax = 8;
constexpr std::size_t kUnindexedMax = 16;  // children that are found by looking at each

Fault unreadable(std::string why) { return {Code::serialization, std::move(why)}; }

class Parameters {
 public:
  explicit Parameters(std::size_t most) : most_(most) {}
  Outcome<> add(std::string_view name, std::string_view value) {
    if (++count_ > most_)
      return unreadable(fmt::format("There are more than {} parameters.", most_));
    if (!is_utf8(name) || std::count(name.begin(), name.end(), '.') > kDotsMax)
      return unreadable("The name of a parameter cannot be read.");
    if (!is_utf8(value)) return not_utf8(name);
    root_.add(name, value);
    return {};
  }
  FormNode take() { return std::move(root_); }

 private:
  static Fault not_utf8(std::string_view name) {
    if (name.ends_with("MessageBody")) return invalid_text();
    return unreadable(fmt::format("The value of {} is not UTF-8.", echoed(name)));
  }

  FormNode root_;
  std::size_t count_ = 0;
  const std::size_t most_;
};

Outcome<> add_body(Parameters& parameters, std::string_view body, Scratch& scratch) {
  // All decoded bytes in one string that never moves: decoding makes nothing longer.
  std::string& decoded = scratch.texts.emplace_front();
  decoded.reserve(body.size());
  const auto next = [&](std::string_view text) -> std::optional<std::string_view> {
    const std::size_t begin = decoded.size();
    if (!percent_decode(text, Plus::blank, decoded)) return std::nullopt;
    return std::string_view(decoded).substr(begin);
  };
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view item = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    const auto name = next(item.substr(0, equals));
    const auto value = next(item.substr(std::min(equals + 1, item.size())));
    if (!name || !value) {
      return unreadable(fmt::format("{} has a percent sign without two hexadecimal digits.",
                                    echoed(item.substr(0, equals))));
    }
    if (auto added = parameters.add(*name, *value); !added) return added;
  }
  return {};
}

}  // namespace

// Mostly the one that was made last.
std::size_t FormNode::find(std::string_view name) const {
  if (index_) {
    const auto found = index_->find(name);
    return found == index_->end() ? children_.size() : found->second;
  }
  for (std::size_t i = children_.size(); i > 0; --i) {
    if (children_[i - 1].name_ == name) return i - 1;
  }
  return children_.size();
}

const FormNode* FormNode::child(std::string_view name) const {
  const std::size_t at = find(name);
  return at < children_.size() ? &children_[at] : nullptr;
}

std::optional<std::string_view> FormNode::text(std::string_view name) const {
  const FormNode* const node = child(name);
  return node ? node->value_ : std::nullopt;
}

std::vector<const FormNode*> FormNode::numbered() const {
  std::vector<std::pair<std::int64_t, const FormNode*>> found;
  for (const FormNode& node : children_) {
    if (const auto number = parse_integer(node.name_)) found.emplace_back(*number, &node);
  }
  std::sort(found.begin(), found.end());
  std::vector<const FormNode*> nodes;
  for (const auto& [number, node] : found) nodes.push_back(node);
  return nodes;
}

void FormNode::add(std::string_view path, std::string_view value) {
  FormNode* at = this;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = &at->make(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  if (!at->value_) at->value_ = value;
}

FormNode& FormNode::make(std::string_view name) {
  const std::size_t at = find(name);
  if (at < children_.size()) return children_[at];
  children_.emplace_back().name_ = name;
  if (index_) {
    index_->emplace(name, at);
  } else if (children_.size() > kUnindexedMax) {
    index_ = std::make_unique<Index>();
    for (std::size_t i = 0; i < children_.size(); ++i) index_->emplace(children_[i].name_, i);
  }
  return children_.back();
}

Outcome<FormNode> read_form(const Target& target, std::string_view body, Scratch& scratch,
                            std::size_t batch_max) {
  Parameters parameters(batch_max * kParametersMax);
  for (const QueryItem& item : target.query()) {
    if (auto added = parameters.add(item.name, item.value); !added) return added.fault();
  }
  if (auto added = add_body(parameters, body, scratch); !added) return added.fault();
  return parameters.take();
}

}  // namespace twofold::http::sqs
