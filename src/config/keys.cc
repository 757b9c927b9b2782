#include "src/config/keys.h"

#include <array>

#include <fmt/format.h>

namespace twofold::config {
namespace {

#define TWOFOLD_SLOT(member) [](Config& c) -> Slot { return &c.member; }

constexpr bool kReloads = true;

// clang-format off
constexpr std::array kKeys{
    Key{"server.data_dir", Kind::text, "./twofold-data", "", "",
        "directory that holds everything the broker keeps",
        TWOFOLD_SLOT(server.data_dir)},
    Key{"server.threads", Kind::count, "0", "0", "256",
        "threads that serve connections; 0 takes 1 on up to 4 CPUs, else half of them, at most 8",
        TWOFOLD_SLOT(server.threads)},
    Key{"server.drain_delay", Kind::duration, "0s", "0s", "1h",
        "how long a stop goes on serving, no longer ready, until those who route to the broker know",
        TWOFOLD_SLOT(server.drain_delay)},
    Key{"server.settle_time", Kind::duration, "6s", "0s", "1h",
        "how long a stop waits for consumers to ack what they hold, within server.shutdown_grace",
        TWOFOLD_SLOT(server.settle_time)},
    Key{"server.shutdown_grace", Kind::duration, "20s", "0s", "1h",
        "how long a stop may take to finish what was begun; 5s later the process ends in any case",
        TWOFOLD_SLOT(server.shutdown_grace)},
    Key{"http.listen", Kind::address, "127.0.0.1:8080", "", "",
        "IP address and port of the HTTP API; localhost is 127.0.0.1, port 0 takes a free one",
        TWOFOLD_SLOT(http.listen)},
    Key{"http.hosts", Kind::hosts, "", "", "",
        "host names with a dot that the broker answers to, as a proxy sends them, beside addresses",
        TWOFOLD_SLOT(http.hosts)},
    Key{"http.cors_origins", Kind::origins, "", "", "",
        "web origins whose pages may read and write, as in https://app.example.org",
        TWOFOLD_SLOT(http.cors_origins), kReloads},
    Key{"http.compression", Kind::boolean, "true", "", "",
        "compress JSON over WebSocket for clients that ask for it",
        TWOFOLD_SLOT(http.compression)},
    Key{"http.max_body", Kind::size, "10MiB", "1KiB", "1GiB",
        "largest request body",
        TWOFOLD_SLOT(http.max_body)},
    Key{"http.idle_timeout", Kind::duration, "75s", "1s", "1d",
        "how long a connection may stay open without a request",
        TWOFOLD_SLOT(http.idle_timeout)},
    Key{"http.idempotency_window", Kind::duration, "10m", "1s", "24h",
        "how long the answer to a request with an Idempotency-Key is remembered",
        TWOFOLD_SLOT(http.idempotency_window)},
    Key{"http.admin_listen", Kind::address_or_none, "", "", "",
        "address and port where /metrics, the pages, /v1/inspect, /v1/stats, /v1/config, "
        "/v1/connections, /v1/log, /v1/keys, /v1/namespaces and /v1/storage/damage are served, and nowhere "
        "else then",
        TWOFOLD_SLOT(http.admin_listen)},
    Key{"http.public_url", Kind::base_url, "", "", "",
        "URL by which clients reach the broker: queue URLs of SQS begin with it, and its host is "
        "answered to",
        TWOFOLD_SLOT(http.public_url)},
    Key{"topics.partitions", Kind::count, "1", "1", "1024",
        "partitions of a new topic",
        TWOFOLD_SLOT(topics.partitions)},
    Key{"topics.retention_time", Kind::duration, "7d", "0s", "",
        "how long a new topic keeps its records; 0 keeps them for ever",
        TWOFOLD_SLOT(topics.retention_time)},
    Key{"topics.retention_bytes", Kind::size, "0", "0", "",
        "how much a partition of a new topic keeps; 0 sets no limit",
        TWOFOLD_SLOT(topics.retention_bytes)},
    Key{"topics.max_record_bytes", Kind::size, "1MiB", "1KiB", "64MiB",
        "largest record or message, with key and headers",
        TWOFOLD_SLOT(topics.max_record_bytes)},
    Key{"queues.visibility_timeout", Kind::duration, "30s", "1ms", "36525d",
        "how long a received message stays hidden from other receivers",
        TWOFOLD_SLOT(queues.visibility_timeout)},
    Key{"queues.max_receives", Kind::count, "0", "0", "1000000",
        "receives after which a message counts as dead; 0 sets no limit",
        TWOFOLD_SLOT(queues.max_receives)},
    Key{"queues.receive_wait", Kind::duration, "0s", "0s", "60s",
        "how long a receive waits for a message when it does not say",
        TWOFOLD_SLOT(queues.receive_wait)},
    Key{"queues.delay", Kind::duration, "0s", "0s", "36525d",
        "how long a new message is held back when its sender does not say",
        TWOFOLD_SLOT(queues.delay)},
    Key{"groups.session_timeout", Kind::duration, "45s", "1s", "30m",
        "how long a member of a group may be silent when it does not say",
        TWOFOLD_SLOT(groups.session_timeout)},
    Key{"groups.offset_retention", Kind::duration, "7d", "1m", "36525d",
        "how long the offsets of a group are kept after its last commit and its last member",
        TWOFOLD_SLOT(groups.offset_retention)},
    Key{"sqs.listen", Kind::addresses, "", "", "",
        "further addresses and ports on which the same is served, as 127.0.0.1:9324 where SQS "
        "clients expect it",
        TWOFOLD_SLOT(sqs.listen)},
    Key{"sqs.delay_max", Kind::duration, "15m", "0s", "36525d",
        "longest DelaySeconds of a message or queue that SQS clients may ask for; AWS has 15m",
        TWOFOLD_SLOT(sqs.delay_max)},
    Key{"sqs.visibility_max", Kind::duration, "12h", "12h", "36525d",
        "longest VisibilityTimeout that SQS clients may ask for, at once and in all since a receive; "
        "AWS has 12h",
        TWOFOLD_SLOT(sqs.visibility_max)},
    Key{"sqs.batch_max", Kind::count, "10", "10", "1000",
        "entries of an SQS batch and messages of a receive at most; AWS has 10",
        TWOFOLD_SLOT(sqs.batch_max)},
    Key{"sqs.profile", Kind::choice, "lenient", "lenient|strict", "",
        "strict has the waits of AWS after a purge and a delete and its limit of messages in "
        "flight, and needs auth.keys_file",
        TWOFOLD_SLOT(sqs.profile)},
    Key{"sqs.queue_url", Kind::url_template, "{scheme}://{host}/{account}/{name}", "", "",
        "how answers spell the URL of a queue; {scheme} and {host} are those of the request, and "
        "{region} may be used",
        TWOFOLD_SLOT(sqs.queue_url)},
    Key{"sqs.regions", Kind::choice, "one", "one|separate", "",
        "whether all accounts and regions see the same queues, or each of them its own",
        TWOFOLD_SLOT(sqs.regions)},
    Key{"storage.durability", Kind::choice, "disk", "memory|os|disk", "",
        "when a publish is answered: synced to the device, written to the kernel, or accepted",
        TWOFOLD_SLOT(storage.durability)},
    Key{"storage.memory_only", Kind::boolean, "false", "", "",
        "keep everything in memory and write nothing; data is gone when the broker stops",
        TWOFOLD_SLOT(storage.memory_only)},
    Key{"storage.allow_volatile", Kind::boolean, "false", "", "",
        "start although the data directory is in memory (tmpfs) or part of a container, and goes with it",
        TWOFOLD_SLOT(storage.allow_volatile)},
    Key{"storage.segment_bytes", Kind::size, "64MiB", "1MiB", "4GiB",
        "size of a sealed segment file",
        TWOFOLD_SLOT(storage.segment_bytes)},
    Key{"storage.journal_file_bytes", Kind::size, "64MiB", "8MiB", "2GiB",
        "size of one journal file, allocated in advance and recycled",
        TWOFOLD_SLOT(storage.journal_file_bytes)},
    Key{"storage.journal_files", Kind::count, "8", "2", "1024",
        "full journal files kept before their live records move to segments",
        TWOFOLD_SLOT(storage.journal_files)},
    Key{"storage.tail_cache", Kind::size, "32MiB", "1MiB", "64GiB",
        "memory for the newest records, so that readers at the tail touch no disk",
        TWOFOLD_SLOT(storage.tail_cache)},
    Key{"storage.scrub", Kind::size, "10MiB", "0", "1GiB",
        "cold data verified in the background each second, all of it once a week; 0 turns it off",
        TWOFOLD_SLOT(storage.scrub)},
    Key{"storage.min_free", Kind::size, "1GiB", "0", "",
        "free disk space below which publishes are refused; reads and acks go on",
        TWOFOLD_SLOT(storage.min_free)},
    Key{"storage.direct_io", Kind::choice, "auto", "auto|on|off", "",
        "write the journal past the page cache; auto falls back where the file system refuses",
        TWOFOLD_SLOT(storage.direct_io)},
    Key{"tls.cert", Kind::path, "", "", "",
        "certificate in PEM, the server's own first: every port speaks HTTPS then; SIGHUP reads it again",
        TWOFOLD_SLOT(tls.cert)},
    Key{"tls.key", Kind::path, "", "", "",
        "private key of that certificate, in PEM and without a passphrase",
        TWOFOLD_SLOT(tls.key)},
    Key{"tls.client_ca", Kind::path, "", "", "",
        "certificates of the authorities that sign those of clients; with it clients must have one",
        TWOFOLD_SLOT(tls.client_ca)},
    Key{"tls.client_required", Kind::boolean, "true", "", "",
        "with tls.client_ca, refuse clients that show no certificate",
        TWOFOLD_SLOT(tls.client_required)},
    Key{"limits.connections", Kind::count, "10000", "1", "1000000",
        "open client connections",
        TWOFOLD_SLOT(limits.connections)},
    Key{"limits.connections_per_address", Kind::count, "0", "0", "1000000",
        "of them, from one address, or one /64 of IPv6; 0 takes any number, for behind a NAT or a proxy all "
        "have one",
        TWOFOLD_SLOT(limits.connections_per_address)},
    Key{"limits.namespaces", Kind::count, "16", "0", "1000",
        "namespaces beside the default one; each gets such a part of a second set of the budgets that "
        "limits.memory makes for messages, groups, producers and keys",
        TWOFOLD_SLOT(limits.namespaces)},
    Key{"limits.names", Kind::count, "1000000", "1", "10000000",
        "topics and queues that there may be, in all namespaces together; what there is stays",
        TWOFOLD_SLOT(limits.names)},
    Key{"limits.memory", Kind::size, "0", "0", "",
        "memory to share out: 1/4 to request bodies, 1/4 to what waits for the journal, 1/8 to "
        "large answers, 1/8 to messages in flight, delayed and dead, 1/16 to the tail cache unless "
        "storage.tail_cache is set, 1/32 each to Idempotency-Keys, producers and expected keys, 1/64 "
        "each to groups and readers that wait; 0 takes 256MiB each, 50 million messages, "
        "storage.tail_cache, 64MiB, 256MiB, or within a control group that limits memory shares of half "
        "its limit where these are less",
        TWOFOLD_SLOT(limits.memory)},
    Key{"log.level", Kind::choice, "info", "debug|info|warn|error", "",
        "least important lines that are still written; of a component by itself: info,http=debug",
        TWOFOLD_SLOT(log.level), kReloads},
    Key{"log.format", Kind::choice, "auto", "auto|text|json", "",
        "form of those lines; auto is text on a terminal and JSON elsewhere",
        TWOFOLD_SLOT(log.format)},
    Key{"ui.enabled", Kind::boolean, "true", "", "",
        "serve the pages under /ui/, and lead browsers there",
        TWOFOLD_SLOT(ui.enabled)},
    Key{"ui.read_only", Kind::boolean, "false", "", "",
        "pages show no actions and say so; it is no protection, the API is as it was",
        TWOFOLD_SLOT(ui.read_only), kReloads},
    Key{"ui.dir", Kind::path, "", "", "",
        "serve the pages from this folder, for those who work on them",
        TWOFOLD_SLOT(ui.dir)},
    Key{"ui.frame_ancestors", Kind::origins, "", "", "",
        "web origins whose pages may show these in a frame",
        TWOFOLD_SLOT(ui.frame_ancestors)},
    Key{"auth.keys_file", Kind::path, "", "", "",
        "keys that requests of every protocol must be made with, as twofold key create writes them; "
        "without it nobody is asked",
        TWOFOLD_SLOT(auth.keys_file)},
    Key{"auth.insecure", Kind::boolean, "false", "", "",
        "listen on addresses beyond this machine although nobody is asked for a key",
        TWOFOLD_SLOT(auth.insecure)},
    Key{"metrics.enabled", Kind::boolean, "true", "", "",
        "serve /metrics for Prometheus",
        TWOFOLD_SLOT(metrics.enabled)},
    Key{"metrics.detail", Kind::choice, "topic", "topic|partition", "",
        "whether groups are told by topic, or by partition as well",
        TWOFOLD_SLOT(metrics.detail), kReloads},
    Key{"metrics.max_entities", Kind::count, "1000", "1", "100000",
        "queues, partitions of topics, and group readings each that get series of their own; the "
        "others are added up",
        TWOFOLD_SLOT(metrics.max_entities), kReloads},
    Key{"resources.file", Kind::path, "", "", "",
        "topics and queues that are made, or changed, before clients are let in: a file as "
        "twofold apply takes it",
        TWOFOLD_SLOT(resources.file)},
    Key{"otel.endpoint", Kind::url, "", "", "",
        "collector that spans are sent to, by OTLP over HTTP as JSON, as http://127.0.0.1:4318; "
        "empty traces nothing; OTEL_EXPORTER_OTLP_ENDPOINT sets it, too",
        TWOFOLD_SLOT(otel.endpoint)},
    Key{"otel.service_name", Kind::text, "twofold", "", "",
        "service.name of those spans; OTEL_SERVICE_NAME sets it, too",
        TWOFOLD_SLOT(otel.service_name)},
    Key{"otel.sample", Kind::ratio, "1", "0", "1",
        "share of requests that begin a trace; one that comes with a trace follows that one's "
        "choice; OTEL_TRACES_SAMPLER_ARG sets it, too",
        TWOFOLD_SLOT(otel.sample)},
    Key{"otel.ca", Kind::path, "", "", "",
        "certificates in PEM of those who sign the collector's, instead of the system's; "
        "OTEL_EXPORTER_OTLP_CERTIFICATE sets it, too",
        TWOFOLD_SLOT(otel.ca)},
};
// clang-format on

#undef TWOFOLD_SLOT

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::text: return "text";
    case Kind::url_template: return "URL with {name} in it";
    case Kind::path: return "path of a file, or nothing";
    case Kind::address: return "address:port";
    case Kind::address_or_none: return "address:port, or nothing";
    case Kind::base_url: return "URL, or nothing";
    case Kind::addresses: return "list of address:port";
    case Kind::hosts: return "list of host names";
    case Kind::origins: return "list of origins";
    case Kind::url: return "URL, or nothing";
    case Kind::ratio: return "share";
    case Kind::count: return "number";
    case Kind::size: return "size";
    case Kind::duration: return "duration";
    case Kind::choice: return "choice";
    case Kind::boolean: return "true or false";
  }
  __builtin_unreachable();
}

}  // namespace

std::span<const Key> keys() { return kKeys; }

bool is_list(const Key& key) {
  return key.kind == Kind::addresses || key.kind == Kind::hosts || key.kind == Kind::origins;
}

const Key* find_key(std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const Key& key : kKeys) names.emplace_back(key.name);
  return names;
}

std::string environment_name(const Key& key) {
  std::string name = "TWOFOLD_";
  for (const char c : key.name) {
    if (c == '.') {
      name.push_back('_');
    } else {
      name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return name;
}

std::string describe_type(const Key& key) {
  if (key.kind == Kind::choice) return std::string(key.low);
  if (key.low.empty()) return std::string(kind_name(key.kind));
  if (key.high.empty()) return fmt::format("{}, {} or more", kind_name(key.kind), key.low);
  return fmt::format("{}, {}..{}", kind_name(key.kind), key.low, key.high);
}

}  // namespace twofold::config
