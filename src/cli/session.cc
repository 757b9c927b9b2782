#include "src/cli/session.h"

#include <fmt/format.h>

#include "http/namespaces.h"
#include "src/cli/position.h"
#include "src/config/nearest.h"

namespace twofold::cli {
namespace {

constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";
constexpr std::chrono::milliseconds kDefaultTimeout{5000};

Terminal::Options terminal_options(const Args& globals) {
  Terminal::Options options;
  options.quiet = globals.has("quiet");
  options.colour = !globals.has("no-color");
  options.progress = !globals.has("no-progress");
  options.assume_yes = globals.has("yes");
  return options;
}

Api::Options api_options(const Args& globals) {
  Api::Options options;
  options.timeout = globals.duration("timeout").value_or(kDefaultTimeout);
  options.token = globals.text("token");
  options.verbose = globals.has("verbose");
  return options;
}

ClientTls client_tls(const Args& globals) {
  ClientTls tls;
  tls.ca = globals.text("ca");
  tls.certificate = globals.text("client-cert");
  tls.key = globals.text("client-key");
  tls.insecure = globals.has("insecure");
  return tls;
}

Failure unknown_format(const std::string& given) {
  // rpk and kcat users mean the offset.
  if (parse_position(given)) {
    return usage(fmt::format("\"{}\" is not an output format", given),
                 fmt::format("-o is the output format; use -O {}", given));
  }
  const std::vector<std::string> formats{"table", "wide", "json", "jsonl", "name"};
  const std::string guess = did_you_mean(given, formats);
  return usage(fmt::format("\"{}\" is not an output format", given),
               fmt::format("{}{}there are table, wide, json, jsonl and name", guess,
                           guess.empty() ? "" : " "));
}

}  // namespace

Tried<std::unique_ptr<Session>> Session::open(const Args& globals) {
  Format format = Format::table;
  if (globals.has("output")) {
    const std::string given = globals.text("output");
    const auto parsed = parse_format(given);
    if (!parsed) return unknown_format(given);
    format = *parsed;
  }
  const std::string url = globals.has("server") ? globals.text("server") : std::string(kDefaultUrl);
  auto endpoint = parse_endpoint(url);
  if (!endpoint) return endpoint.error();
  endpoint->tls = client_tls(globals);
  endpoint->name_space = globals.text("namespace");
  const std::string& name_space = endpoint->name_space;
  if (!name_space.empty() && name_space != http::kDefaultNamespace && !http::is_namespace(name_space))
    return usage("a namespace has 1 to 64 of the characters A-Z a-z 0-9 . _ -");
  return std::unique_ptr<Session>(new Session(globals, format, *std::move(endpoint)));
}

Session::Session(const Args& globals, Format format, Endpoint endpoint)
    : terminal_(terminal_options(globals)),
      format_(format),
      format_given_(globals.has("output")),
      timeout_(globals.duration("timeout").value_or(kDefaultTimeout)),
      endpoint_given_(globals.has("server")),
      endpoint_(endpoint),
      token_(globals.text("token")),
      api_(std::move(endpoint), api_options(globals), terminal_) {
  if (endpoint_.secure && endpoint_.tls.insecure) {
    terminal_.warn("--insecure: whoever answers is believed, and may read and change everything");
  }
}

void Session::print(const Answer& answer, std::string_view table, std::string_view name) const {
  switch (format_) {
    case Format::json:
    case Format::jsonl: terminal_.out(fmt::format("{}\n", answer.text())); return;
    case Format::name: terminal_.out(fmt::format("{}\n", name)); return;
    case Format::table:
    case Format::wide: terminal_.out(table); return;
  }
}

void Session::print_list(const std::vector<Answer>& items, const Table& table) const {
  std::vector<std::string> texts;
  switch (format_) {
    case Format::json:
      for (const Answer& item : items) texts.push_back(item.text());
      terminal_.out(json_array(texts) + "\n");
      return;
    case Format::jsonl:
      for (const Answer& item : items) terminal_.out(item.text() + "\n");
      return;
    case Format::name:
      for (const Answer& item : items) terminal_.out(item["name"].string() + "\n");
      return;
    case Format::table:
    case Format::wide: terminal_.out(table.str(terminal_.out_is_terminal())); return;
  }
}

}  // namespace twofold::cli
