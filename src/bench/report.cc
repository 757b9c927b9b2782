#include "src/bench/report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace twofold::bench {
namespace {

double seconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e9; }

double per_second(const Result& result) {
  return result.elapsed.count() == 0
             ? 0
             : static_cast<double>(result.messages) / seconds(result.elapsed);
}

std::optional<double> server_us_per_message(const Result& result) {
  if (!result.server_cpu_seconds || result.messages == 0) return std::nullopt;
  return *result.server_cpu_seconds * 1e6 / static_cast<double>(result.messages);
}

std::string result_text(const Result& result) {
  std::string text = fmt::format("{}\n", result.name);
  if (result.requests > 0) {
    const double rate = per_second(result);
    text += fmt::format("  throughput   {} msg/s   {:.1f} MiB/s   {:.3f} s   {} requests\n",
                        grouped(rate), rate * static_cast<double>(result.message_bytes) / (1 << 20),
                        seconds(result.elapsed), grouped(result.requests));
    const Histogram& l = result.latency;
    text +=
        fmt::format("  latency ms   p50 {:.3f}  p90 {:.3f}  p99 {:.3f}  p99.9 {:.3f}  max {:.3f}\n",
                    millis(l.percentile(50)), millis(l.percentile(90)), millis(l.percentile(99)),
                    millis(l.percentile(99.9)), millis(l.max()));
    const auto cpu = server_us_per_message(result);
    text += fmt::format("  server cpu   {}   generator {:.2f} us a request\n",
                        cpu ? fmt::format("{:.2f} us a message", *cpu) : "n/a",
                        result.generator_cpu_seconds * 1e6 / static_cast<double>(result.requests));
  } else {
    text += fmt::format("  messages     {}\n", grouped(result.messages));
  }
  text += fmt::format("  memory       {}\n",
                      result.resident_bytes
                          ? fmt::format("{:.1f} MiB resident",
                                        static_cast<double>(*result.resident_bytes) / (1 << 20))
                          : "n/a");
  for (const std::string& note : result.notes) text += fmt::format("  note         {}\n", note);
  return text;
}

boost::json::object result_json(const Result& result) {
  boost::json::object object;
  object["name"] = result.name;
  object["messages"] = result.messages;
  object["requests"] = result.requests;
  object["seconds"] = seconds(result.elapsed);
  object["messages_per_second"] = per_second(result);
  object["mib_per_second"] =
      per_second(result) * static_cast<double>(result.message_bytes) / (1 << 20);
  boost::json::object latency;
  latency["p50"] = millis(result.latency.percentile(50));
  latency["p90"] = millis(result.latency.percentile(90));
  latency["p99"] = millis(result.latency.percentile(99));
  latency["p99_9"] = millis(result.latency.percentile(99.9));
  latency["max"] = millis(result.latency.max());
  object["latency_ms"] = std::move(latency);
  const auto cpu = server_us_per_message(result);
  object["server_cpu_us_per_message"] = cpu ? boost::json::value(*cpu) : boost::json::value();
  object["generator_cpu_us_per_request"] =
      result.requests == 0
          ? 0
          : result.generator_cpu_seconds * 1e6 / static_cast<double>(result.requests);
  object["resident_bytes"] =
      result.resident_bytes ? boost::json::value(*result.resident_bytes) : boost::json::value();
  boost::json::array notes;
  for (const std::string& note : result.notes) notes.emplace_back(note);
  object["notes"] = std::move(notes);
  return object;
}

// What stands beside the workload's name: the shape of a request.
std::string shape_text(const Options& options) {
  if (options.protocol == Protocol::sqs && !options.sqs_batches.empty()) {
    return fmt::format("protocol=sqs connections={} size={}B batch={} groups={}",
                       options.connections, options.shape.size, fmt::join(options.sqs_batches, ","),
                       options.groups);
  }
  return fmt::format("connections={} size={}B batch={} format={} durability={}",
                     options.connections, options.shape.size, options.shape.batch,
                     options.shape.encoding == Encoding::json ? "json" : "protobuf",
                     options.shape.durability.empty() ? "default" : options.shape.durability);
}

}  // namespace

std::string device_text(const Device& device) {
  return fmt::format("p50 {:.3f} ms, p99 {:.3f} ms (50 {} writes of 4 KiB in {})",
                     millis(device.sync_p50), millis(device.sync_p99),
                     device.direct ? "direct" : "buffered", device.directory);
}

std::string grouped(double number) { return grouped(static_cast<std::uint64_t>(number + 0.5)); }

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string header_text(const std::string& workload, const Options& options) {
  std::string text = fmt::format("bench {}  {}", workload, shape_text(options));
  text += options.duration ? fmt::format(" duration={}s", seconds(*options.duration))
                           : fmt::format(" msgs={}", options.msgs);
  text += fmt::format(" warmup={}s", seconds(options.warmup));
  if (options.rate) text += fmt::format(" rate={}/s", *options.rate);
  if (options.backlog != 0) text += fmt::format(" backlog={}", options.backlog);
  if (workload == "waiters") text += fmt::format(" count={}", options.count);
  if (workload == "churn") text += fmt::format(" keep-every={}", options.keep_every);
  if (options.slow_every != 0) text += fmt::format(" slow-every={}", options.slow_every);
  if (workload == "queues")
    text += fmt::format(" count={} rate-each={}/s", options.count, options.rate_each);
  if (workload == "fetch") text += fmt::format(" page={}B", options.page_bytes);
  if (options.partitions != 1) text += fmt::format(" partitions={}", options.partitions);
  return text;
}

std::string report_text(const Report& report, const std::optional<Device>& device) {
  std::string text;
  for (const Result& result : report.results) text += result_text(result);
  const Verified& v = report.verified;
  text += fmt::format("verified       {} sent, {} received, {} lost, {} duplicated",
                      grouped(v.sent), grouped(v.received), grouped(v.lost),
                      grouped(v.duplicated));
  text +=
      v.misordered == 0 ? "\n" : fmt::format(", {} out of order\n", grouped(v.misordered));
  if (device) text += fmt::format("device sync    {}\n", device_text(*device));
  return text;
}

std::string report_json(const std::string& workload, const Options& options, const Report& report,
                        const std::optional<Device>& device) {
  boost::json::object object;
  object["workload"] = workload;
  object["parameters"] = header_text(workload, options);
  boost::json::array results;
  for (const Result& result : report.results) results.push_back(result_json(result));
  object["results"] = std::move(results);
  boost::json::object verified;
  verified["sent"] = report.verified.sent;
  verified["received"] = report.verified.received;
  verified["lost"] = report.verified.lost;
  verified["duplicated"] = report.verified.duplicated;
  verified["misordered"] = report.verified.misordered;
  object["verified"] = std::move(verified);
  if (device) {
    boost::json::object sync;
    sync["directory"] = device->directory;
    sync["direct"] = device->direct;
    sync["p50_ms"] = millis(device->sync_p50);
    sync["p99_ms"] = millis(device->sync_p99);
    object["device_sync"] = std::move(sync);
  }
  return boost::json::serialize(object);
}

}  // namespace twofold::bench
