#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_ctx_st;  // SSL_CTX

namespace twofold::bench {

struct SqsKey;

/// Where requests go and what each of them carries.
struct Target {
  std::string host;
  std::string port;
  std::string authority;  // of the Host header
  std::string token;      // may be empty
  std::string name_space{};  // Twofold-Namespace; may be empty
  std::shared_ptr<ssl_ctx_st> tls{};  // what TLS is spoken with; null: plain HTTP
  std::shared_ptr<const SqsKey> sqs_key{};  // that requests of SQS are signed with; null: none
};

/// A whole request, ready to be written to a socket as often as wanted.
std::string render_request(const Target& target, std::string_view method, std::string_view path,
                           std::string_view content_type, std::string_view body);

/// What stands before the body of an answer.
struct Head {
  int status = 0;
  std::size_t head_size = 0;  // with the blank line
  std::size_t body_size = 0;
  bool closes = false;  // the server says that it closes the connection behind this answer
};

enum class HeadState { incomplete, complete, unreadable };

/// Reads an answer's head from the front of `bytes`. Only HTTP/1.1 with Content-Length is
/// understood.
HeadState read_head(std::string_view bytes, Head& head);

}  // namespace twofold::bench
