#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/bench/sqs_text.h"
#include "src/bench/stage.h"

namespace twofold::bench {

/// Queues of one run, numbered from 0, and what is said to them in the run's protocol. Requests are
/// built into a buffer of the caller's. Deleted with this unless --keep.
class NumberedQueues {
 public:
  static Outcome<NumberedQueues> create(const Options& options, const World& world,
                                        std::uint64_t count);
  NumberedQueues(NumberedQueues&& other) noexcept;
  NumberedQueues& operator=(NumberedQueues&&) = delete;
  ~NumberedQueues();

  std::uint64_t count() const { return count_; }
  /// One message of the options' size.
  std::string_view send(std::uint64_t queue, const Numbered& message, std::string& out) const;
  /// One message, waited for.
  std::string_view poll(std::uint64_t queue, int wait_seconds, std::string& out) const;
  std::string_view remove(std::uint64_t queue, const std::string& receipt, std::string& out) const;
  /// Appends every message of an answer to poll(); false when it is not one.
  bool scan(std::string_view answer, std::vector<SqsHanded>& handed) const;

 private:
  NumberedQueues(const Options& options, const World& world, std::uint64_t count);
  Outcome<Done> learn_url();
  std::string name(std::uint64_t queue) const;
  std::string rest(std::string_view method, std::uint64_t queue, std::string_view what,
                   std::string_view body) const;
  std::string_view sqs(const SqsCall& call, std::uint64_t queue, std::string_view parameters,
                       std::string& out) const;
  std::string creation(std::uint64_t queue) const;
  std::string deletion(std::uint64_t queue) const;
  Outcome<Done> all(std::vector<std::string> requests) const;

  const Options* options_;
  const World* world_;
  std::uint64_t count_;
  std::uint64_t made_ = 0;
  std::string prefix_;
  std::string url_prefix_;  // of SQS: what stands before the name
  SqsCall create_, delete_, send_, receive_, remove_;
};

}  // namespace twofold::bench
