#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "http/call.h"
#include "http/in_turns.h"
#include "http/json_writer.h"
#include "http/permit.h"

namespace twofold::http {

/// Which part of a list of names is wanted.
struct ListQuery {
  std::string after;
  std::size_t limit;
};
Try<ListQuery> parse_list_query(const Call& call);

/// Of a list, where most of it is not the caller's to see.
inline constexpr std::size_t kLookedAtInTurn = 1'000;

/// What of a list the caller may see, one page of it.
template <class Info>
struct Visible {
  std::vector<Info> infos;
  std::optional<std::string> last;  ///< there may be more behind this name
};

/// Reads `list(after, most)` on the core, in pieces, until a page is full of what the caller may
/// inspect or the list ends. Who may see little of a long list costs several short turns.
template <class List>
auto list_visible(Call& call, access::Kind kind, ListQuery query, List list)
    -> Task<Visible<typename decltype(list(std::string(), std::size_t{}))::value_type>> {
  using Infos = decltype(list(std::string(), std::size_t{}));
  Visible<typename Infos::value_type> page;
  std::string after = std::move(query.after);
  const std::size_t most = query.limit + 1;
  std::size_t looked_at = most;
  bool more = true;
  while (more) {
    auto ask = [&list, &after, looked_at] { return list(after, looked_at); };
    Infos piece = co_await ask_core_in_turn(call.broker().core, std::move(ask));
    more = piece.size() == looked_at;
    looked_at = std::max(most, kLookedAtInTurn);
    if (!piece.empty()) after = piece.back().name;
    for (auto& info : piece) {
      if (page.infos.size() < most && may_inspect(call, {kind, info.name}))
        page.infos.push_back(std::move(info));
    }
    more = more && page.infos.size() < most;
  }
  if (page.infos.size() == most) {
    page.infos.pop_back();
    page.last = page.infos.back().name;
  }
  co_return page;
}

/// Ends {"items":[...]: adds "next" and the Link field when the list goes on behind `last`.
void end_list(Call& call, JsonWriter& json, const std::optional<std::string>& last);

}  // namespace twofold::http
