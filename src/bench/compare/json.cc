#include <boost/json.hpp>

#include "src/bench/compare/buckets.h"
#include "src/bench/compare/text.h"
#include "src/bench/report.h"

namespace twofold::bench::compare {
namespace {

namespace json = boost::json;


json::object side_json(const Findings& side) {
  json::object object;
  object["published"] = side.published;
  object["handled"] = side.handled;
  object["lost"] = side.lost;
  object["seconds"] = millis(side.elapsed) / 1e3;
  object["records_per_second"] = side.per_second;
  object["busy"] = side.busy;
  json::object latency;
  latency["p50"] = millis(side.percentile(50));
  latency["p90"] = millis(side.percentile(90));
  latency["p99"] = millis(side.percentile(99));
  latency["p99_9"] = millis(side.percentile(99.9));
  latency["max"] = millis(side.max());
  object["latency_ms"] = std::move(latency);
  object["order_violations"] = side.order_violations;
  object["crashes"] = side.crashes;
  object["redelivered"] = side.redelivered;
  object["handled_again"] = side.repeated;
  json::object waiting;
  waiting["records"] = side.head_of_line.records;
  waiting["median_ms"] = millis(side.head_of_line.median);
  waiting["longest_ms"] = millis(side.head_of_line.longest);
  waiting["total_ms"] = millis(side.head_of_line.total);
  waiting["idle_worker_ms"] = millis(side.head_of_line.idle);
  object["head_of_line"] = std::move(waiting);
  return object;
}

}  // namespace

std::string comparison_json(const Comparison& comparison) {
  json::object object;
  object["workload"] = "compare";
  object["parameters"] = plan_text(comparison.plan);
  object["machine"] = comparison.machine;
  object["broker"] = comparison.broker;
  object["queue"] = side_json(comparison.queue);
  object["log"] = side_json(comparison.log);
  json::array histogram;
  for (const Bucket& bucket : buckets_of(comparison.queue.latency, comparison.log.latency)) {
    json::object row;
    row["upto_ms"] = millis(bucket.upto);
    row["queue"] = bucket.queue;
    row["log"] = bucket.log;
    histogram.push_back(std::move(row));
  }
  object["histogram"] = std::move(histogram);
  json::array sentences;
  for (const std::string& sentence : sentences_of(comparison)) sentences.emplace_back(sentence);
  object["sentences"] = std::move(sentences);
  if (comparison.device) {
    json::object sync;
    sync["directory"] = comparison.device->directory;
    sync["direct"] = comparison.device->direct;
    sync["p50_ms"] = millis(comparison.device->sync_p50);
    sync["p99_ms"] = millis(comparison.device->sync_p99);
    object["device_sync"] = std::move(sync);
  }
  return json::serialize(object);
}

}  // namespace twofold::bench::compare
