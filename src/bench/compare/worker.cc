#include "src/bench/compare/worker.h"

namespace twofold::bench::compare {
namespace {

// So long a worker does not notice that all is done.
constexpr std::chrono::milliseconds kWait{500};

}  // namespace

void Worker::run() {
  if (auto done = work(); !done) reading_.fail(done.error());
}

Outcome<Done> Worker::work() {
  source_ = open_(number_);
  while (!reading_.over()) {
    const auto page = next_page();
    if (!page) return page.error();
    if (page->empty()) continue;
    if (auto handled = handle_page(*page); !handled) return handled;
  }
  return Done{};
}

// Asks without waiting first: a worker is idle from the moment it hears that there is nothing, and
// a round trip is not idleness.
Outcome<std::vector<Held>> Worker::next_page() {
  auto page = source_->take(std::chrono::milliseconds(0));
  if (!page || !page->empty()) return page;
  const nanoseconds from = reading_.now();
  while (page && page->empty() && !reading_.over()) page = source_->take(kWait);
  idle_.push_back(Idle{number_, from, reading_.now()});
  return page;
}

Outcome<Done> Worker::handle_page(const std::vector<Held>& page) {
  const nanoseconds taken = reading_.now();
  for (std::size_t at = 0; at < page.size(); ++at) {
    const Held& held = page[at];
    if (held.record >= events_.size()) return Refused("a record came that nobody has published");
    const nanoseconds begun = reading_.now();
    if (crashes_now()) {
      // The connection goes, and everything that was held with it.
      for (; at < page.size(); ++at) {
        takes_.push_back(Take{page[at].record, number_, taken, begun, begun, true});
      }
      source_ = open_(number_);
      return Done{};
    }
    if (!reading_.work(events_[held.record].work)) return Done{};
    takes_.push_back(Take{held.record, number_, taken, begun, reading_.now(), false});
    reading_.handled(held.record);
    if (auto handled = source_->handled(held); !handled) return handled;
  }
  return source_->page_done();
}

}  // namespace twofold::bench::compare
