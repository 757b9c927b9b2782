#include "http/rest/publishing.h"

#include "http/once.h"

namespace twofold::http {

Task<Result<log::Published>> submit(Call& call, log::Publish publish) {
  auto start = [&topics = call.broker.topics, publish = std::move(publish)](
                   engine::Completion<log::Published> done,
                   engine::Decided<log::Published> decided) mutable {
    topics.publish(std::move(publish), std::move(done), std::move(decided));
  };
  return write_once<log::Published>(call, std::move(start));
}

bool is_about_a_record(engine::Errc code) {
  switch (code) {
    case engine::Errc::message_too_large:
    case engine::Errc::partition_not_found:
    case engine::Errc::key_missing:
    case engine::Errc::out_of_order_sequence:
    case engine::Errc::producer_fenced: return true;
    default: return false;
  }
}

Problem about_record(Problem problem, const engine::Error& error,
                     const std::vector<std::size_t>* numbers) {
  if (!is_about_a_record(error.code)) return problem;
  const auto at = static_cast<std::size_t>(error.number);
  problem.index = numbers ? numbers->at(at) : at;
  return problem;
}

}  // namespace twofold::http
