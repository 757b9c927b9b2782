#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/sim/broker_model.h"
#include "tests/sim/broker_observed.h"

namespace twofold::test {

using Problem = std::optional<std::string>;

/// What the broker did by itself in this turn: messages whose receives were used up died, dead ones
/// left for their dead letter queue. Each must have had a reason, and each one that left must have
/// arrived: `letters_of(queue)` says how many more messages the queue's own log holds than `model`.
/// Changes `model` to what is there; a sentence when that cannot be explained.
struct QueueView {
  std::int64_t visible_end(std::size_t part) const { return visible_ends[part]; }
  const std::map<Place, queue::BrowseItem>* messages;
  std::vector<std::int64_t> visible_ends;
};
Problem follow_the_dead(Model& model, const std::map<std::string, QueueView>& views,
                        const std::map<std::string, std::int64_t>& letters, std::int64_t now,
                        std::uint64_t step, Ledger& ledger);

/// Whether `observed` is what `model` says, but for what the broker may have done by itself since.
/// Follows that in `model`; a sentence about the first difference.
Problem match(Model& model, const Observed& observed, std::int64_t now, std::uint64_t step,
              Ledger& ledger);

/// Remembers which letter is which, now that they were read.
Problem name_letters(const Model& model, const Observed& observed, Ledger& ledger);

}  // namespace twofold::test
