// ListQueues and ListDeadLetterSourceQueues.
#include <algorithm>

#include "http/base64.h"
#include "http/in_turns.h"
#include "http/permit.h"
#include "http/sqs/action.h"
#include "http/sqs/extension.h"
#include "http/sqs/permitted.h"

namespace twofold::http::sqs {
namespace {

constexpr std::int64_t kResultsMax = 1'000;
constexpr std::size_t kNamesInTurn = 1'000;  // looked at before others have their turn

struct Listing {
  std::string after;  // go on behind this name
  std::size_t limit = 0;
  bool paged = false;  // MaxResults was given: more may follow under a token
};

// A token is the last name of the page before, made opaque.
Outcome<Listing> read_listing(const Request& request) {
  Listing listing;
  listing.limit = kResultsMax;
  if (request.max_results) {
    if (*request.max_results < 1 || *request.max_results > kResultsMax) {
      return invalid_value(std::to_string(*request.max_results), "MaxResults",
                           "Must be between 1 and 1000, if provided.");
    }
    listing.limit = static_cast<std::size_t>(*request.max_results);
    listing.paged = true;
  }
  if (!request.next_token || request.next_token->empty()) return listing;
  auto after = decode_base64(*request.next_token);
  if (!after || !is_name(*after)) {
    return Fault(Code::invalid_parameter_value, "Invalid or expired next token.");
  }
  listing.after = *std::move(after);
  return listing;
}

// The greatest name before every name with this prefix: names hold nothing greater than '~'.
std::string before_prefix(std::string_view prefix) {
  std::string before(prefix);
  if (before.empty()) return before;
  --before.back();
  return before + '~';
}

struct Listed {
  std::string name;
  std::string account;
};

// Whether the caller sees the queue among its own.
bool is_here(const Exchange& exchange, std::string_view name, std::string_view prefix) {
  const Caller& caller = exchange.caller;
  const Place place = exchange.place(caller.account, name);
  return place.account == caller.account && place.region == caller.region &&
         place.name.starts_with(prefix) && may_inspect(exchange.call, access::queue(name));
}

// A part of a walk over names: what was found, and where to go on.
struct Walk {
  std::vector<Listed> found;
  std::string after;
  bool over = false;
};

// Queues of others lie between the caller's, so that a thousand names may hold none of its own.
bool walk_on_core(const Exchange& exchange, std::string_view prefix, const Listing& listing,
                  std::size_t names_max, Walk& walk) {
  const auto page = exchange.broker().queues.list(walk.after, names_max);
  for (const queue::QueueInfo& info : page) {
    walk.over = !info.name.starts_with(prefix) || walk.found.size() > listing.limit;
    if (walk.over) return true;
    if (is_here(exchange, info.name, prefix))
      walk.found.push_back({info.name, extension_of(info).account});
  }
  // One more than the limit shows that there is more.
  walk.over = page.size() < names_max || walk.found.size() > listing.limit;
  if (!page.empty()) walk.after = page.back().name;
  return true;
}

// In turns of the core: others come in between, however many names there are.
Task<std::vector<Listed>> walk_queues(Exchange& exchange, std::string_view prefix,
                                      const Listing& listing) {
  Walk walk;
  walk.after = std::max(listing.after, before_prefix(prefix));
  std::size_t names_max = listing.limit + 1;
  while (!walk.over) {
    auto ask = [&exchange, prefix, &listing, names_max, &walk] {
      return walk_on_core(exchange, prefix, listing, names_max, walk);
    };
    co_await ask_core_in_turn(exchange.broker().core, std::move(ask));
    names_max = kNamesInTurn;
  }
  co_return std::move(walk.found);
}

struct SourceWalk {
  std::vector<Listed> found;
  std::uint32_t from = 0;
  bool over = false;
};

bool look_at_sources(const Exchange& exchange, const std::string& target, const Listing& listing,
                     SourceWalk& walk) {
  const auto piece =
      exchange.broker().queues.dead_letter_sources(target, walk.from, kNamesInTurn);
  for (const auto& source : piece) {
    if (source.name <= listing.after) continue;
    if (!may_inspect(exchange.call, access::queue(source.name))) continue;
    const auto info = exchange.broker().queues.find(source.name);
    if (info) walk.found.push_back({source.name, extension_of(*info).account});
  }
  walk.over = piece.size() < kNamesInTurn;
  if (!piece.empty()) walk.from = piece.back().id + 1;
  return true;
}

// They come by id: the first by name are kept, in order, and one that shows that there is more.
void keep_first(std::vector<Listed>& found, std::size_t limit) {
  std::sort(found.begin(), found.end(),
            [](const Listed& one, const Listed& other) { return one.name < other.name; });
  if (found.size() > limit + 1) found.resize(limit + 1);
}

Task<std::vector<Listed>> walk_sources(Exchange& exchange, const std::string& target,
                                       const Listing& listing) {
  SourceWalk walk;
  while (!walk.over) {
    auto ask = [&exchange, &target, &listing, &walk] {
      return look_at_sources(exchange, target, listing, walk);
    };
    co_await ask_core_in_turn(exchange.broker().core, std::move(ask));
    keep_first(walk.found, listing.limit);
  }
  co_return std::move(walk.found);
}

void write(Exchange& exchange, std::string_view list, std::vector<Listed> found,
           const Listing& listing) {
  const bool more = found.size() > listing.limit;
  if (more) found.resize(listing.limit);
  if (found.empty()) return;
  exchange.answer.begin_list(list, "QueueUrl");
  for (const Listed& queue : found) exchange.answer.item(exchange.url(queue.account, queue.name));
  exchange.answer.end_list();
  if (!more || !listing.paged) return;
  std::string token;
  append_base64(token, found.back().name);
  exchange.answer.text("NextToken", token);
}

}  // namespace

Task<Outcome<>> list_queues(Exchange& exchange) {
  auto listing = read_listing(exchange.request);
  if (!listing) co_return listing.fault();
  if (!access::authorize_any(*exchange.call.principal, Permission::inspect)) {
    const auto may = permitted(exchange, Permission::inspect, "");
    co_return may.fault();
  }
  const std::string_view prefix = exchange.request.queue_name_prefix.value_or("");
  auto found = co_await walk_queues(exchange, prefix, *listing);
  write(exchange, "QueueUrls", std::move(found), *listing);
  co_return Outcome<>();
}

Task<Outcome<>> list_dead_letter_source_queues(Exchange& exchange) {
  auto queue = exchange.queue();
  if (!queue) co_return queue.fault();
  auto listing = read_listing(exchange.request);
  if (!listing) co_return listing.fault();
  auto exists = [&exchange, &queue] { return exchange.broker().queues.config(*queue) != nullptr; };
  const bool there = co_await ask_core(exchange.broker().core, std::move(exists));
  if (!there) co_return no_such_queue();
  auto found = co_await walk_sources(exchange, *queue, *listing);
  write(exchange, "queueUrls", std::move(found), *listing);
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
