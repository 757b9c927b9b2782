// No JSON library on the way: bodies are appended, answers are searched for the two members that
// matter. Servers differ in the order of members and in the spaces between them, not in names.
#include "src/bench/sqs_text.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace twofold::bench {
namespace {

// The quoted value of the next member called `name` (with its quotes) from `at` on; npos behind the
// last. An escaped quote cannot occur: bodies are our own, receipts are opaque tokens.
std::string_view next_text(std::string_view json, std::string_view name, std::size_t& at) {
  at = json.find(name, at);
  if (at == std::string_view::npos) return {};
  at = json.find_first_not_of(": ", at + name.size());
  if (at == std::string_view::npos || json[at] != '"') return {};
  const std::size_t begin = at + 1;
  at = json.find('"', begin);
  return at == std::string_view::npos ? std::string_view() : json.substr(begin, at - begin);
}

void append_number(std::uint64_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end.ptr);
}

bool read_numbered(std::string_view text, Numbered& message) {
  const char* end = text.data() + text.size();
  const auto dot = std::from_chars(text.data(), end, message.stream);
  if (dot.ec != std::errc{} || dot.ptr == end || *dot.ptr != '.') return false;
  return std::from_chars(dot.ptr + 1, end, message.number).ec == std::errc{};
}

}  // namespace

SqsCall::SqsCall(const Target& target, std::string_view action)
    : action_(fmt::format("AmazonSQS.{}", action)),
      head_(fmt::format("POST / HTTP/1.1\r\nHost: {}\r\nX-Amz-Target: {}\r\nContent-Type: {}\r\n",
                        target.authority, action_, kSqsContentType)) {
  if (target.sqs_key) {
    signer_.emplace(*target.sqs_key, target.authority);
  } else {
    head_.append("Authorization: ").append(kSqsAuthorization).append("\r\n");
  }
}

std::string_view SqsCall::render(std::string_view body, std::string& out) const {
  out = head_;
  if (signer_) {
    const SqsSigner::Proof proof = signer_->prove(action_, body, engine::SystemClock().wall());
    out.append("X-Amz-Date: ").append(proof.date);
    out.append("\r\nAuthorization: ").append(proof.authorization).append("\r\n");
  }
  out += "Content-Length: ";
  append_number(body.size(), out);
  out += "\r\n\r\n";
  out += body;
  return out;
}

void append_numbered(const Numbered& message, std::size_t size, std::string& out) {
  const std::size_t begin = out.size();
  append_number(message.stream, out);
  out += '.';
  append_number(message.number, out);
  out += '.';
  const std::size_t used = out.size() - begin;
  if (used < size) out.append(size - used, 'x');
}

bool scan_sqs_received(std::string_view body, std::vector<SqsHanded>& handed) {
  return scan_numbered(body, "\"Body\"", "\"ReceiptHandle\"", handed);
}

bool scan_numbered(std::string_view body, std::string_view text_name, std::string_view receipt_name,
                   std::vector<SqsHanded>& handed) {
  std::size_t receipt_at = 0;
  std::size_t body_at = 0;
  while (true) {
    const std::string_view text = next_text(body, text_name, body_at);
    const std::string_view receipt = next_text(body, receipt_name, receipt_at);
    const bool no_body = body_at == std::string_view::npos;
    const bool no_receipt = receipt_at == std::string_view::npos;
    if (no_body || no_receipt) return no_body && no_receipt;
    SqsHanded& one = handed.emplace_back();
    one.receipt = receipt;
    if (receipt.empty() || !read_numbered(text, one.message)) return false;
  }
}

std::size_t count_sqs_successful(std::string_view body) {
  if (body.find("\"SenderFault\"") != std::string_view::npos) return 0;
  std::size_t count = 0;
  for (std::size_t at = body.find("\"Id\""); at != std::string_view::npos;
       at = body.find("\"Id\"", at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace twofold::bench
