#include <boost/json.hpp>

#include "src/bench/stage.h"

namespace twofold::bench {
namespace {

// What the topic holds now, whoever says how much was answered.
Outcome<std::uint64_t> stored_records(const Stage& stage, const std::string& topic_path) {
  const auto text = stage.world().ask("GET", topic_path + "/offsets", "");
  if (!text) return text.error();
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(*text, error);
  const auto* partitions =
      answer.is_object() ? answer.get_object().if_contains("partitions") : nullptr;
  if (error || partitions == nullptr || !partitions->is_array()) {
    return Refused("the broker's answer about offsets is not understood");
  }
  std::int64_t records = 0;
  for (const boost::json::value& partition : partitions->get_array()) {
    const auto number = [&](const char* name) {
      const auto* value =
          partition.is_object() ? partition.get_object().if_contains(name) : nullptr;
      return value != nullptr && value->is_int64() ? value->get_int64() : 0;
    };
    records += number("end") - number("start");
  }
  return static_cast<std::uint64_t>(records);
}

}  // namespace

Outcome<Report> run_publish(Stage& stage) {
  const Options& options = stage.options();
  const auto topic =
      stage.create("topics", "{\"partitions\":" + std::to_string(options.partitions) + "}");
  if (!topic) return topic.error();
  if (auto connected = stage.connect(options.connections); !connected) return connected.error();
  Repeat publish(render_request(stage.world().target, "POST", *topic + "/records",
                                content_type(options.shape.encoding), publish_body(options.shape)),
                 options.shape.batch);
  auto result = stage.measure("publish", publish);
  if (!result) return result.error();
  const auto stored = stored_records(stage, *topic);
  if (!stored) return stored.error();

  Report report;
  report.results.push_back(*std::move(result));
  report.verified.sent = publish.stored();
  report.verified.received = *stored;
  report.verified.lost = publish.stored() - std::min(publish.stored(), *stored);
  report.verified.duplicated = *stored - std::min(publish.stored(), *stored);
  return report;
}

}  // namespace twofold::bench
