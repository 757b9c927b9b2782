#include "src/cli/api.h"

#include <fmt/format.h>

#include "src/config/nearest.h"

namespace twofold::cli {
namespace {

// "/v1/queues/kitchen/receive" is about "kitchen".
std::string resource_name(std::string_view path) {
  for (int slashes = 0; slashes < 3; ++slashes) {
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
  return std::string(path.substr(0, path.find('/')));
}

std::string shell_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string path_of(std::string_view kind, std::string_view name, std::string_view rest) {
  return fmt::format("/v1/{}s/{}{}", kind, url_encode(name), rest);
}

std::string without_full_stop(std::string text) {
  if (text.ends_with('.') && !text.ends_with("..")) text.pop_back();
  return text;
}

}  // namespace

std::string target_of(const ApiCall& call) {
  std::string target = call.path;
  char joint = '?';
  for (const auto& [name, value] : call.query) {
    target += fmt::format("{}{}={}", joint, name, url_encode(value));
    joint = '&';
  }
  return target;
}

std::string topic_path(std::string_view name, std::string_view rest) {
  return path_of("topic", name, rest);
}
std::string queue_path(std::string_view name, std::string_view rest) {
  return path_of("queue", name, rest);
}
std::string group_path(std::string_view name, std::string_view rest) {
  return path_of("group", name, rest);
}
std::string namespace_path(std::string_view name) {
  return path_of("namespace", name, "");
}

std::string as_curl(const HttpRequest& request, const Endpoint& endpoint, bool with_token) {
  std::string line =
      fmt::format("curl -X {} {}", request.method, shell_quote(endpoint.url() + request.target));
  if (with_token) line += " -H \"Authorization: Bearer $TWOFOLD_TOKEN\"";
  if (!endpoint.name_space.empty())
    line += fmt::format(" -H {}", shell_quote("Twofold-Namespace: " + endpoint.name_space));
  for (const auto& [name, value] : request.headers) {
    line += fmt::format(" -H {}", shell_quote(name + ": " + value));
  }
  if (!request.body.empty()) {
    line += fmt::format(" -H {} -d {}", shell_quote("Content-Type: " + request.content_type),
                        shell_quote(request.body));
  }
  return line;
}

Api::Api(Endpoint endpoint, Options options, const Terminal& terminal)
    : client_(std::move(endpoint), options.token),
      options_(std::move(options)),
      terminal_(terminal) {}

Tried<Answer> Api::call(const ApiCall& call) {
  auto response = send(call);
  if (!response) return response.error();
  if (response->status >= 400) return explain(call, *response);
  return Answer(std::move(response->body));
}

Tried<HttpResponse> Api::send(const ApiCall& call) {
  HttpRequest request;
  request.method = call.method;
  request.target = target_of(call);
  request.body = call.body;
  request.content_type = "application/json";
  request.headers = call.headers;
  request.timeout = options_.timeout + call.wait;
  if (options_.verbose) {
    terminal_.note(as_curl(request, client_.endpoint(), !options_.token.empty()));
  }
  return client_.send(request);
}

Tried<std::vector<Answer>> Api::list(const std::string& path) {
  std::vector<Answer> items;
  std::string cursor;
  do {
    ApiCall page("GET", path);
    if (!cursor.empty()) page.query.emplace_back("cursor", cursor);
    const auto answer = call(page);
    if (!answer) return answer.error();
    for (const Json item : (*answer)["items"].elements()) {
      items.emplace_back(std::string(item.text()));
    }
    const Json next = (*answer)["next"];
    cursor = next.is_null() ? std::string() : next.string();
  } while (!cursor.empty());
  return items;
}

Failure Api::explain(const ApiCall& call, const HttpResponse& response) {
  const Json problem(response.body);
  const std::string code = problem["code"].string();
  const ExitCode exit = exit_code_for_status(response.status);
  if (code.empty()) {
    return Failure(
        exit,
        fmt::format("{} answered {} to {} {}", url(), response.status, call.method, call.path),
        "is that a Twofold broker? try: twofold health");
  }
  for (const std::string_view kind : {"topic", "queue", "group"}) {
    if (code != fmt::format("{}-not-found", kind)) continue;
    const std::string name = resource_name(call.path);
    // The path may be about another resource than the missing one (attaching a queue to a topic).
    if (!call.path.starts_with(fmt::format("/v1/{}s/", kind))) break;
    return Failure(exit, fmt::format("{} \"{}\" not found ({})", kind, name, url()),
                   guess_name(kind, name));
  }
  Failure failure(exit, without_full_stop(problem["detail"].string()), problem["hint"].string());
  if (failure.what.empty()) failure.what = problem["title"].string();
  if (const Json index = problem["index"]; index.exists()) {
    failure.why = fmt::format("at index {} of the batch", index.number());
  }
  return failure;
}

// Names the right verb when the name is of the other kind, else the nearest name of this kind.
std::string Api::guess_name(std::string_view kind, const std::string& name) {
  const std::string list_hint = fmt::format("run: twofold {} list", kind);
  const auto names_of = [&](std::string_view of) {
    std::vector<std::string> names;
    if (auto items = list(fmt::format("/v1/{}s", of))) {
      for (const Answer& item : *items) names.push_back(item["name"].string());
    }
    return names;
  };
  const auto same = names_of(kind);
  if (kind != "group") {
    const std::string_view other = kind == "topic" ? "queue" : "topic";
    for (const std::string& taken : names_of(other)) {
      if (taken != name) continue;
      return kind == "topic" ? fmt::format("\"{}\" is a queue: use send and receive", name)
                             : fmt::format("\"{}\" is a topic: use produce and consume", name);
    }
  }
  const std::string guess = did_you_mean(name, same);
  if (!guess.empty()) return fmt::format("{} {}", guess, list_hint);
  return kind == "group" ? list_hint
                         : fmt::format("create it with: twofold {} create {}", kind, name);
}

}  // namespace twofold::cli
