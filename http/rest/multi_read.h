#pragma once

#include <memory>
#include <vector>

#include "log/topics.h"

namespace twofold::http {

/// Reads several topics at once: answers when any has something, with what each of them has then.
/// Lives as long as somebody waits on it. Threads: the core.
class MultiRead : public std::enable_shared_from_this<MultiRead> {
 public:
  using Done = engine::Completion<std::vector<log::Readable>>;

  MultiRead(log::Topics& topics, std::vector<log::Read> reads)
      : topics_(topics), reads_(std::move(reads)) {}

  void start(engine::Instant deadline, Done done);
  /// Ends it without an answer.
  void cancel();

 private:
  void drop_tickets();
  /// What each topic has now; nullopt after an error, which `done` was told.
  bool read_all();
  bool has_enough() const;
  void finish();

  log::Topics& topics_;
  std::vector<log::Read> reads_;
  std::vector<log::Readable> found_;
  std::vector<std::uint64_t> tickets_;
  Done done_;
};

}  // namespace twofold::http
