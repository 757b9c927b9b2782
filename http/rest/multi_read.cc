#include "http/rest/multi_read.h"

#include <algorithm>

namespace twofold::http {

void MultiRead::start(engine::Instant deadline, Done done) {
  done_ = std::move(done);
  if (!read_all()) return;
  if (has_enough() || deadline.value() == 0) return finish();
  for (const log::Read& read : reads_) {
    engine::Completion<log::Readable> woken =
        [self = shared_from_this()](engine::Result<log::Readable> answered) {
          // One was answered, by records or by the deadline: look at all of them again.
          if (!self->done_) return;
          self->drop_tickets();
          if (!answered) return std::exchange(self->done_, nullptr)(answered.error());
          if (self->read_all()) self->finish();
        };
    tickets_.push_back(topics_.read(read, deadline, std::move(woken)));
    if (!done_) return;
  }
}

bool MultiRead::read_all() {
  found_.clear();
  for (const log::Read& read : reads_) {
    bool sound = false;
    engine::Completion<log::Readable> take = [&](engine::Result<log::Readable> readable) {
      if (readable) {
        found_.push_back(*std::move(readable));
        sound = true;
      } else {
        std::exchange(done_, nullptr)(readable.error());
      }
    };
    topics_.read(read, engine::Instant{0}, std::move(take));
    if (!sound) return false;
  }
  return true;
}

// Each topic for itself: that is what wakes a wait, too.
bool MultiRead::has_enough() const {
  for (std::size_t i = 0; i < found_.size(); ++i)
    if (found_[i].has_enough(reads_[i])) return true;
  return false;
}

void MultiRead::finish() {
  if (done_) std::exchange(done_, nullptr)(std::move(found_));
}

// `done_` holds whoever waits, who holds us: it goes now or never.
void MultiRead::cancel() {
  drop_tickets();
  done_ = nullptr;
}

void MultiRead::drop_tickets() {
  for (const std::uint64_t ticket : std::exchange(tickets_, {})) {
    if (ticket != 0) topics_.cancel(ticket);
  }
}

}  // namespace twofold::http
