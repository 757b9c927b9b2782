// Publishing: JSON, Protobuf and raw bodies; lines are in publish_lines.cc.
#include "http/rest/handlers.h"
#include "http/rest/json_request.h"
#include "http/rest/not_found.h"
#include "http/rest/publish_out.h"
#include "http/rest/publishing.h"
#include "http/rest/raw_in.h"
#include "http/rest/record_in.h"

namespace twofold::http {
namespace {

Task<Try<>> publish_batch(Call& call, std::string topic, const IncomingBatch& batch) {
  log::Publish publish = to_publish(topic, batch, call.scratch, call.broker().clock.wall());
  auto published = co_await submit(call, std::move(publish));
  if (!published) {
    auto problem = co_await explained(call, published.error(), std::move(topic));
    co_return about_record(std::move(problem), published.error(), nullptr);
  }
  render_published(call, *published);
  co_return Try<>();
}

}  // namespace

Task<Try<>> publish(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  if (call.media == Media::ndjson) co_return co_await publish_lines(call, *topic);
  auto batch = read_batch(call, Destination::topic);
  if (!batch) co_return std::move(batch).problem();
  co_return co_await publish_batch(call, *std::move(topic), *batch);
}

Task<Try<>> publish_raw(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  auto partition = call.number("partition", 0, INT32_MAX, -1);
  if (!partition) co_return std::move(partition).problem();
  auto batch = read_raw(call, Destination::topic);
  if (!batch) co_return std::move(batch).problem();
  if (*partition >= 0) {
    batch->records.front().partition = engine::PartitionId{static_cast<std::int32_t>(*partition)};
  }
  co_return co_await publish_batch(call, *std::move(topic), *batch);
}

}  // namespace twofold::http
