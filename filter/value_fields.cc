#include "filter/value_fields.h"

#include <functional>
#include <span>

#include <boost/json/basic_parser_impl.hpp>

namespace twofold::filter {
namespace {

using Node = ValuePaths::Node;
using Text = boost::json::string_view;
using ErrorCode = boost::json::error_code;

std::string_view view(Text text) { return {text.data(), text.size()}; }

// What the parser of Boost.JSON calls for each part of a text. Follows the tree of paths down and
// up again; below a value that no path leads through it only counts levels.
class Walker {
 public:
  // The parser's own limits; the value has passed the broker's.
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Walker(const ValuePaths& paths, std::string_view json, std::span<Operand> fields,
         std::forward_list<std::string>& unescaped)
      : next_(&paths.root()), json_(json), fields_(fields), unescaped_(unescaped) {}

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) { return enter(false); }
  bool on_object_end(std::size_t, ErrorCode&) { return leave(); }
  bool on_array_begin(ErrorCode&) { return enter(true); }
  bool on_array_end(std::size_t, ErrorCode&) { return leave(); }
  bool on_key_part(Text part, std::size_t, ErrorCode&) {
    if (passing_ == 0) gather(view(part));
    return true;
  }
  bool on_key(Text last, std::size_t, ErrorCode&) {
    if (passing_ == 0) to_member(gathered(view(last)));
    return true;
  }
  bool on_string_part(Text part, std::size_t, ErrorCode&) {
    if (passing_ == 0) gather(view(part));
    return true;
  }
  bool on_string(Text last, std::size_t, ErrorCode&) {
    if (passing_ == 0) take_text(view(last));
    return true;
  }
  bool on_number_part(Text, ErrorCode&) { return true; }
  bool on_int64(std::int64_t number, Text, ErrorCode&) { return take(Operand::integer(number)); }
  bool on_uint64(std::uint64_t, Text digits, ErrorCode&) { return take_number(view(digits)); }
  // The parser's own double may be off by its last bits: read again, as the filter's literals are.
  bool on_double(double, Text digits, ErrorCode&) { return take_number(view(digits)); }
  bool on_bool(bool value, ErrorCode&) { return take(Operand::boolean(value)); }
  bool on_null(ErrorCode&) { return take(Operand::null()); }
  bool on_comment_part(Text, ErrorCode&) { return true; }
  bool on_comment(Text, ErrorCode&) { return true; }

 private:
  struct Level {
    const Node* node;
    bool is_array;
    std::size_t elements;
  };

  // The node of the value that begins here, if a path leads to it or through it.
  const Node* arrive() {
    if (depth_ > 0 && levels_[depth_ - 1].is_array) {
      Level& array = levels_[depth_ - 1];
      next_ = array.node->element(array.elements++);
    }
    return next_;
  }

  bool enter(bool is_array) {
    if (passing_ > 0) {
      ++passing_;
      return true;
    }
    const Node* node = arrive();
    if (node && node->slot) fields_[*node->slot] = Operand::other();
    if (node && !node->children.empty()) {
      levels_[depth_++] = Level{node, is_array, 0};
    } else {
      passing_ = 1;
    }
    return true;
  }

  bool leave() {
    if (passing_ > 0) {
      --passing_;
    } else {
      --depth_;
    }
    return true;
  }

  void to_member(std::string_view name) {
    next_ = levels_[depth_ - 1].node->member(name);
    if (!next_) return;
    // A doubled member replaces the earlier one, and what was found below that one.
    for (std::uint32_t left = next_->slots_below; left != 0; left &= left - 1) {
      fields_[static_cast<std::size_t>(__builtin_ctz(left))] = Operand::null();
    }
  }

  bool take(const Operand& value) {
    if (passing_ > 0) return true;
    const Node* node = arrive();
    if (node && node->slot) fields_[*node->slot] = value;
    return true;
  }

  bool take_number(std::string_view digits) {
    if (passing_ > 0) return true;
    const Node* node = arrive();
    if (!node || !node->slot) return true;
    const auto number = read_number(digits);
    fields_[*node->slot] = number ? *number : Operand::other();
    return true;
  }

  void take_text(std::string_view last) {
    const Node* node = arrive();
    const std::string_view text = gathered(last);
    if (!node || !node->slot) return;
    const bool stays = text.empty() || is_in_value(text);
    fields_[*node->slot] = Operand::text(stays ? text : unescaped_.emplace_front(text));
  }

  // Texts with escapes come in parts, each in a buffer that the parser uses again.
  void gather(std::string_view part) { parts_.append(part); }
  std::string_view gathered(std::string_view last) {
    if (parts_.empty()) return last;
    whole_.assign(parts_).append(last);
    parts_.clear();
    return whole_;
  }

  bool is_in_value(std::string_view text) const {
    const std::less_equal<const char*> not_after;
    return not_after(json_.data(), text.data()) &&
           not_after(text.data() + text.size(), json_.data() + json_.size());
  }

  const Node* next_;
  std::string_view json_;
  std::span<Operand> fields_;
  std::forward_list<std::string>& unescaped_;
  std::array<Level, kPathStepsMax> levels_;
  std::size_t depth_ = 0;
  std::size_t passing_ = 0;  // levels deep in a value that no path leads through
  std::string parts_;
  std::string whole_;
};

}  // namespace

void ValueFields::read(const ValuePaths& paths, std::string_view json) {
  boost::json::parse_options options;
  options.max_depth = kValueDepthMax;
  boost::json::basic_parser<Walker> parser(options, paths, json, fields_, unescaped_);
  ErrorCode error;
  const std::size_t parsed = parser.write_some(false, json.data(), json.size(), error);
  if (error || parsed != json.size()) fields_.fill(Operand::null());
}

}  // namespace twofold::filter
