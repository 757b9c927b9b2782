#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/cli/failure.h"
#include "src/cli/http_client.h"
#include "src/cli/json_text.h"
#include "src/cli/terminal.h"

namespace twofold::cli {

/// One request to the REST API.
struct ApiCall {
  ApiCall(std::string m, std::string p) : method(std::move(m)), path(std::move(p)) {}
  ApiCall(std::string m, std::string p, std::string json)
      : method(std::move(m)), path(std::move(p)), body(std::move(json)) {}

  std::string method;
  std::string path;                                        // encoded; without query
  std::string body;                                        // JSON, or empty
  std::vector<std::pair<std::string, std::string>> query;  // not encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds wait{0};  // how long the broker may hold the answer back
};

/// The text of an answer and a view of it.
class Answer {
 public:
  Answer() = default;
  explicit Answer(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  Json json() const { return Json(text_); }
  Json operator[](std::string_view name) const { return json()[name]; }

 private:
  std::string text_;
};

/// The broker as the commands see it: JSON in, JSON or a Failure out. Problem documents become
/// failures in the user's words, with a guess at the name that was meant.
class Api {
 public:
  struct Options {
    std::chrono::milliseconds timeout{5000};
    std::string token;
    bool verbose = false;  // print each request as a curl command
  };
  Api(Endpoint endpoint, Options options, const Terminal& terminal);

  Tried<Answer> call(const ApiCall& call);

  /// Every item of a paged list.
  Tried<std::vector<Answer>> list(const std::string& path);

  std::string url() const { return client_.endpoint().url(); }

 private:
  Tried<HttpResponse> send(const ApiCall& call);
  Failure explain(const ApiCall& call, const HttpResponse& response);
  std::string guess_name(std::string_view kind, const std::string& name);

  HttpClient client_;
  Options options_;
  const Terminal& terminal_;
};

/// "/v1/topics/orders" and the like; `name` is encoded.
std::string topic_path(std::string_view name, std::string_view rest = "");
std::string queue_path(std::string_view name, std::string_view rest = "");
std::string group_path(std::string_view name, std::string_view rest = "");
std::string namespace_path(std::string_view name);

/// Path and query, encoded.
std::string target_of(const ApiCall& call);

/// The request as a curl command that does the same; the token is left to the shell.
std::string as_curl(const HttpRequest& request, const Endpoint& endpoint, bool with_token);

}  // namespace twofold::cli
