#include "http/pages/pages.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "http/route.h"

namespace twofold::http::pages {
namespace {

constexpr std::string_view kFolder = "ui";
constexpr std::string_view kFirstPage = "index.html";
constexpr std::string_view kPolicy =
    "default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

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

// "/ui/kitchen/rail.js" asks for "kitchen/rail.js", "/ui/" for the first page.
std::string path_of(const Target& target) {
  std::string path;
  for (const std::string_view segment : target.segments().subspan(1)) {
    if (!path.empty()) path.push_back('/');
    path.append(segment);
  }
  return path.empty() ? std::string(kFirstPage) : path;
}

const EmbeddedFile* find(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::lower_bound(
      files.begin(), files.end(), path,
      [](const EmbeddedFile& file, std::string_view wanted) { return file.path < wanted; });
  return found != files.end() && found->path == path ? &*found : nullptr;
}

void redirect(Reply& reply) {
  reply.status = 302;
  reply.content_type = "text/plain; charset=utf-8";
  reply.field("Location", "/ui/");
  reply.field("Cache-Control", "no-store");
  reply.body = "The pages are at /ui/\n";
}

void answer(Call& call, const EmbeddedFile& file) {
  Reply& reply = call.reply;
  const bool gzip = !file.gzip.empty() && takes_gzip(call.head.field("Accept-Encoding"));
  const std::string_view etag = gzip ? file.etag_gzip : file.etag;
  reply.field("ETag", etag);
  reply.field("Cache-Control", "no-cache");
  reply.field("Vary", "Accept-Encoding");
  reply.field("Content-Security-Policy", kPolicy);
  reply.field("X-Content-Type-Options", "nosniff");
  reply.field("Referrer-Policy", "no-referrer");
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
          Served::always,
          Body::nothing,
          &page,
          {}}
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

const Route* recognise(Call& call, bool path_exists) {
  const auto segments = call.target.segments();
  if (!segments.empty() && segments[0] == kFolder) return &kRoutes[0];
  if (path_exists || call.head.target != "/") return nullptr;
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
    if (trimmed(one.substr(0, semicolon)) != "gzip") return false;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = trimmed(one.substr(semicolon + 1));
    // "q=0", "q=0.000": anything but gzip.
    return !weight.starts_with("q=0") ||
           weight.find_first_of("123456789") != std::string_view::npos;
  });
}

}  // namespace twofold::http::pages
