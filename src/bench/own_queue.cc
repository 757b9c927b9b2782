#include "src/bench/own_queue.h"

#include <algorithm>

#include <boost/json.hpp>

namespace twofold::bench {
namespace {

constexpr std::size_t kFillBatch = 1000;
constexpr std::size_t kFillBytesMax = 1 << 20;

}  // namespace

Outcome<std::uint64_t> left_in(const Stage& stage, const std::string& queue_path) {
  const auto text = stage.world().ask("GET", queue_path, "");
  if (!text) return text.error();
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(*text, error);
  const auto* counts = answer.is_object() ? answer.get_object().if_contains("messages") : nullptr;
  if (error || counts == nullptr || !counts->is_object()) {
    return Refused("the broker's answer about a queue is not understood");
  }
  std::uint64_t left = 0;
  for (const auto& [state, count] : counts->get_object()) {
    if (count.is_int64()) left += static_cast<std::uint64_t>(count.get_int64());
  }
  return left;
}

Outcome<std::uint64_t> fill_queue(Stage& stage, const std::string& queue_path,
                                  std::uint64_t messages) {
  if (messages == 0) return std::uint64_t{0};
  Shape shape = stage.options().shape;
  shape.encoding = Encoding::protobuf;
  shape.batch = std::clamp<std::size_t>(kFillBytesMax / shape.size, 1, kFillBatch);
  Repeat repeat(render_request(stage.world().target, "POST", queue_path + "/messages",
                               content_type(shape.encoding), send_body(shape)),
                shape.batch);
  if (auto filled = stage.pass(repeat, messages, "filling"); !filled) return filled.error();
  return repeat.stored();
}

}  // namespace twofold::bench
