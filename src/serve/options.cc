#include <algorithm>
#include <charconv>

#include "src/serve/memory.h"
#include "src/serve/running_broker.h"

namespace twofold {

using engine::Errc;
using engine::Error;

engine::EngineOptions engine_options(const Config& config) {
  const auto& storage = config.storage;
  const MemoryBudgets memory = memory_budgets(config);
  engine::EngineOptions options;
  options.core.gathered_bytes_max = memory.gathered;
  options.core.tail_cache_bytes = memory.tail_cache;
  options.core.segment_bytes = storage.segment_bytes;
  options.core.scrub_bytes = storage.memory_only ? 0 : storage.scrub;
  options.core.journal_files = static_cast<std::uint32_t>(storage.journal_files);
  options.core.checkpoint_bytes = 2 * storage.journal_file_bytes;
  options.core.free_bytes_min = storage.memory_only ? 0 : storage.min_free;
  options.core.durability_max =
      storage.memory_only ? engine::Durability::memory : engine::Durability::disk;
  options.journal.file_bytes = storage.journal_file_bytes;
  options.journal.direct = !storage.memory_only && storage.direct_io != DirectIo::off;
  return options;
}

namespace {

void put(std::string& text, std::string_view placeholder, std::string_view value) {
  const std::size_t at = text.find(placeholder);
  if (at != std::string::npos) text.replace(at, placeholder.size(), value);
}

// A request no longer says how its answers spell the broker. Signatures cover the host with its
// port, the Host rule looks at it without.
void take_public_url(const std::string& url, http::ServerOptions& options) {
  const std::size_t scheme_end = url.find("://");
  const std::string place = url.substr(scheme_end + 3);
  const std::string host = place.substr(0, place.find('/'));
  const std::string name =
      host.substr(0, host.find(':', host.starts_with('[') ? host.find(']') : 0));
  options.hosts_allowed.push_back(name);
  if (host != name) options.hosts_allowed.push_back(host);
  std::string& queue_url = options.sqs.queue_url;
  put(queue_url, "{scheme}", url.substr(0, scheme_end));
  put(queue_url, "{host}", place);
}

}  // namespace

engine::Duration settle_time(const Config& config) {
  return std::min(config.server.settle_time, config.server.shutdown_grace);
}

engine::Result<http::ServerOptions> server_options(const Config& config) {
  http::ServerOptions options;
  options.connections_max = static_cast<std::size_t>(config.limits.connections);
  options.connections_per_address_max =
      static_cast<std::size_t>(config.limits.connections_per_address);
  options.body_bytes_max = config.http.max_body;
  const MemoryBudgets memory = memory_budgets(config);
  options.body_bytes_total_max = memory.bodies;
  options.answer_bytes_total_max = memory.answers;
  options.idle_timeout = config.http.idle_timeout;
  options.settle_time = settle_time(config);
  options.hosts_allowed = config.http.hosts;
  options.origins_allowed = config.http.cors_origins;
  options.compression = config.http.compression;
  options.pages = {config.ui.enabled, config.ui.read_only, config.ui.dir,
                   config.ui.frame_ancestors};
  options.metrics = {config.metrics.enabled, config.metrics.detail,
                     static_cast<std::size_t>(config.metrics.max_entities)};
  options.sqs.profile = config.sqs.profile;
  options.sqs.delay_max = std::chrono::duration_cast<std::chrono::seconds>(config.sqs.delay_max);
  options.sqs.visibility_max =
      std::chrono::duration_cast<std::chrono::seconds>(config.sqs.visibility_max);
  options.sqs.batch_max = static_cast<std::size_t>(config.sqs.batch_max);
  options.sqs.regions = config.sqs.regions;
  options.sqs.queue_url = config.sqs.queue_url;
  if (!config.http.public_url.empty()) take_public_url(config.http.public_url, options);
  return options;
}

void set_defaults(const Config& config, http::BrokerShared& shared) {
  auto& topic = shared.topic_defaults;
  topic.partitions = config.topics.partitions;
  topic.retention_time.reset();
  if (config.topics.retention_time.count() > 0) topic.retention_time = config.topics.retention_time;
  topic.retention_bytes.reset();
  if (config.topics.retention_bytes > 0) topic.retention_bytes = config.topics.retention_bytes;
  topic.record_bytes_max = static_cast<std::uint32_t>(config.topics.max_record_bytes);
  topic.durability = config.storage.durability;

  shared.session_default = config.groups.session_timeout;

  auto& queue = shared.queue_defaults;
  queue.visibility_timeout = config.queues.visibility_timeout;
  queue.delay = config.queues.delay;
  queue.receive_wait = config.queues.receive_wait;
  queue.max_receives = static_cast<std::uint32_t>(config.queues.max_receives);
  queue.record_bytes_max = static_cast<std::uint32_t>(config.topics.max_record_bytes);
  queue.durability = config.storage.durability;
}

engine::Result<std::pair<std::string, std::uint16_t>> split_address(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::string host = colon == std::string::npos ? "" : listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto digits = colon == std::string::npos ? std::string() : listen.substr(colon + 1);
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (host.empty() || failed != std::errc() || end != digits.data() + digits.size())
    return Error(Errc::invalid_request, "not an address and port to listen on: " + listen);
  if (host == "localhost") host = "127.0.0.1";
  return std::pair(host, port);
}

}  // namespace twofold
