#include "http/rest/publishing.h"

#include "http/once.h"

namespace twofold::http {

Task<Result<log::Published>> submit(Call& call, log::Publish publish) {
  auto start = [&topics = call.broker().topics, publish = std::move(publish)](
                   engine::Completion<log::Published> done,
                   engine::Decided<log::Published> decided) mutable {
    topics.publish(std::move(publish), std::move(done), std::move(decided));
  };
  return write_once<log::Published>(call, std::move(start));
}

Problem about_record(Problem problem, const engine::Error& error,
                     const std::vector<std::size_t>* numbers) {
  if (!error.record) return problem;
  problem.index = numbers ? numbers->at(*error.record) : *error.record;
  return problem;
}

}  // namespace twofold::http
