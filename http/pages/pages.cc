#include "http/pages/pages.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "engine/base/read_file.h"
#include "http/route.h"
#include "http/server_common.h"

namespace twofold::http::pages {
namespace {

constexpr std::string_view kFolder = "ui";
constexpr std::string_view kFirstPage = "index.html";
constexpr std::string_view kPolicy =
    "default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors ";

bool reads(std::string_view method) { return method == "GET" || method == "HEAD"; }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `one` with each item of a list with commas until it says true.
template <class One>
bool any_listed(std::string_view list, One one) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (one(trimmed(list.substr(0, comma)))) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// "/?Action=ListQueues" is said to SQS, whoever says it.
bool names_action(std::string_view target) {
  return target.find("?Action=") != std::string_view::npos ||
         target.find("&Action=") != std::string_view::npos;
}

// "/ui/kitchen/rail.js" asks for "kitchen/rail.js", "/ui/" for the first page.
std::string path_of(const Target& target) {
  const auto segments = target.segments().subspan(1);
  std::string path(segments.front());
  for (const std::string_view segment : segments.subspan(1)) path.append("/").append(segment);
  return path.empty() ? std::string(kFirstPage) : path;
}

const EmbeddedFile* find(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::lower_bound(
      files.begin(), files.end(), path,
      [](const EmbeddedFile& file, std::string_view wanted) { return file.path < wanted; });
  return found != files.end() && found->path == path ? &*found : nullptr;
}

std::string_view type_of(std::string_view path) {
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".json")) return kJson;
  return "application/octet-stream";
}

void redirect(Reply& reply) {
  reply.status = 302;
  reply.content_type = "text/plain; charset=utf-8";
  reply.field("Location", "/ui/");
  reply.field("Cache-Control", "no-store");
  reply.body = "The pages are at /ui/\n";
}

// What a page may do, and who may show it.
void restrict(Call& call) {
  std::string policy(kPolicy);
  const auto& ancestors = call.common.options.pages.frame_ancestors;
  if (ancestors.empty()) policy += "'none'";
  for (const std::string& origin : ancestors)
    policy.append(policy.ends_with(' ') ? "" : " ").append(origin);
  call.reply.field("Content-Security-Policy", policy);
  call.reply.field("X-Content-Type-Options", "nosniff");
  call.reply.field("Referrer-Policy", "no-referrer");
}

// A name that leads out of the folder leads nowhere.
bool stays_inside(std::string_view path) {
  return !path.starts_with('/') && path.find("..") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '.' || c == '_' || c == '-' || c == '/';
         });
}

// From the folder of somebody who works on the pages, as it is now.
bool answer_from(Call& call, const std::string& folder, const EmbeddedFile* like,
                 const std::string& path) {
  if (!stays_inside(path)) return false;
  auto bytes = engine::read_regular_file(folder + "/" + path);
  if (!bytes) return false;
  call.reply.field("Cache-Control", "no-store");
  restrict(call);
  call.reply.content_type = like ? like->content_type : type_of(path);
  call.reply.body = *std::move(bytes);
  return true;
}

void answer(Call& call, const EmbeddedFile& file) {
  Reply& reply = call.reply;
  const bool gzip = !file.gzip.empty() && takes_gzip(call.head.field("Accept-Encoding"));
  const std::string_view etag = gzip ? file.etag_gzip : file.etag;
  reply.field("ETag", etag);
  reply.field("Cache-Control", "no-cache");
  reply.field("Vary", "Accept-Encoding");
  restrict(call);
  if (names_etag(call.head.field("If-None-Match"), etag)) {
    reply.status = 304;
    return;
  }
  if (gzip) reply.field("Content-Encoding", "gzip");
  reply.content_type = file.content_type;
  reply.body = gzip ? file.gzip : file.bytes;
}

Try<> serve(Call& call) {
  if (!reads(call.head.method)) {
    call.reply.field("Allow", "GET, HEAD");
    return Problem(ProblemKind::method_not_allowed,
                   fmt::format("{} is not a method of a page.", call.head.method));
  }
  const auto segments = call.target.segments();
  if (segments.size() < 2) {
    redirect(call.reply);
    return {};
  }
  const std::string path = path_of(call.target);
  const EmbeddedFile* const file = find(path);
  const std::string& folder = call.common.options.pages.folder;
  if (!folder.empty() && answer_from(call, folder, file, path)) return {};
  if (!file) {
    Problem problem(ProblemKind::not_found, fmt::format("There is no page {}.", path));
    return problem.with_hint("The pages begin at /ui/");
  }
  answer(call, *file);
  return {};
}

Task<Try<>> page(Call& call) { co_return serve(call); }

constexpr std::array kRoutes = {
    Route{"GET",
          "/ui/", "page",
          "A page for browsers", Permission::nothing,
          Scope::nothing,
          Served::always,
          Body::nothing,
          &page,
          {},
          Audience::operators}
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

const Route* recognise(Call& call, bool path_exists) {
  if (!call.common.options.pages.enabled) return nullptr;
  const auto segments = call.target.segments();
  if (!segments.empty() && segments[0] == kFolder) return &kRoutes[0];
  const std::string_view target = call.head.target;
  const bool at_root = target == "/" || (target.starts_with("/?") && !names_action(target));
  if (path_exists || !at_root) return nullptr;
  const bool browser = any_listed(call.head.field("Accept"), [](std::string_view type) {
    return trimmed(type.substr(0, type.find(';'))) == "text/html";
  });
  return browser && reads(call.head.method) ? &kRoutes[0] : nullptr;
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  return any_listed(if_none_match, [etag](std::string_view one) {
    if (one.starts_with("W/")) one.remove_prefix(2);
    return one == etag || one == "*";
  });
}

bool takes_gzip(std::string_view accept_encoding) {
  return any_listed(accept_encoding, [](std::string_view one) {
    const std::size_t semicolon = one.find(';');
    if (!same_token(trimmed(one.substr(0, semicolon)), "gzip")) return false;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = trimmed(one.substr(semicolon + 1));
    // "q=0", "Q=0.000": anything but gzip.
    return !same_token(weight.substr(0, 3), "q=0") ||
           weight.find_first_of("123456789") != std::string_view::npos;
  });
}

}  // namespace twofold::http::pages
