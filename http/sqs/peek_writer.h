#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/json_writer.h"
#include "http/sqs/answer.h"
#include "http/sqs/fault.h"
#include "http/sqs/stored.h"

namespace twofold::http::sqs {

/// The three ways in which a peek is answered; see peek.h.
enum class PeekForm : std::uint8_t { aws_json, xml, json };

/// A message that was looked at.
struct Peeked {
  StoredMessage message;
  std::vector<std::pair<std::string_view, std::string>> system_attributes;
};

/// Writes messages one after the other, then the frame around them.
class PeekWriter {
 public:
  PeekWriter(PeekForm form, std::string& out);

  void write(const Peeked& peeked);
  void finish(std::string_view request_id);
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return out_.size() + items_.size(); }

 private:
  void write_answer(const Peeked& peeked);
  void write_json(const Peeked& peeked);

  PeekForm form_;
  std::string& out_;
  AnswerWriter answer_;
  std::string items_;  // of `json`: one message is an object, several are a list
  std::size_t count_ = 0;
};

/// A fault in the shape of its XML.
void append_fault_json(std::string& out, const Fault& fault, std::string_view request_id);

}  // namespace twofold::http::sqs
