#include "http/rest/examples.h"

#include <algorithm>
#include <array>

namespace twofold::http {
namespace {

// Operations stand in the order of the story; all examples of one operation stand together.
constexpr auto kExamples = std::to_array<Example>({
    {"put_topic", "create", "A topic of six partitions that keeps a week", "/v1/topics/orders",
     R"({"partitions":6,"retention":{"time":"7d","bytes":"50GiB"}})", 201,
     R"({"name":"orders","id":"t_1","partitions":6,"retention":{"time":"7d","bytes":53687091200},"durability":"disk","record_bytes_max":1048576,"created":"2026-11-21T10:30:00.123Z","records":0,"bytes":0,"etag":"1"})"},
    {"list_topics", "all", "", "/v1/topics", "", 200,
     R"({"items":[{"name":"orders","id":"t_1","partitions":6,"retention":{"time":"7d","bytes":53687091200},"durability":"disk","record_bytes_max":1048576,"created":"2026-11-21T10:30:00.123Z","records":0,"bytes":0,"etag":"1"}]})"},
    {"patch_topic", "retention", "Keep three days from now on", "/v1/topics/orders",
     R"({"retention":{"time":"3d"}})", 200,
     R"({"name":"orders","id":"t_1","partitions":6,"retention":{"time":"3d","bytes":53687091200},"durability":"disk","record_bytes_max":1048576,"created":"2026-11-21T10:30:00.123Z","records":0,"bytes":0,"etag":"2"})"},
    {"get_topic", "one", "", "/v1/topics/orders", "", 200,
     R"({"name":"orders","id":"t_1","partitions":6,"retention":{"time":"3d","bytes":53687091200},"durability":"disk","record_bytes_max":1048576,"created":"2026-11-21T10:30:00.123Z","records":0,"bytes":0,"etag":"2"})"},
    {"publish", "two", "Two records of one key, together", "/v1/topics/orders/records",
     R"({"records":[{"key":"bill_123","value":{"state":"pending","amount":120},"headers":{"region":"EU"}},{"key":"bill_123","value":{"state":"processing"}}],"durability":"disk"})",
     200,
     R"({"records":[{"id":"4-0","partition":4,"offset":0,"seq":1},{"id":"4-1","partition":4,"offset":1,"seq":2}],"durability":"disk"})"},
    {"publish", "one", "The body itself may be one record", "/v1/topics/orders/records",
     R"({"key":"bill_124","text":"paid in cash"})", 200,
     R"({"records":[{"id":"0-0","partition":0,"offset":0,"seq":3}],"durability":"disk"})"},
    {"read", "from the beginning", "", "/v1/topics/orders/records?from=earliest&limit=100", "", 200,
     R"({"records":[{"id":"4-0","topic":"orders","partition":4,"offset":0,"seq":1,"key":"bill_123","value":{"state":"pending","amount":120},"content_type":"application/json","headers":{"region":"EU"},"timestamp":"2026-11-21T10:30:00.123Z"}],"cursor":"c1.example","caught_up":true,"lag":{"count":0,"age":"0s"}})"},
    {"read", "on from a cursor", "Waits a moment when there is nothing new",
     "/v1/topics/orders/records?cursor=c1.example&wait=10ms", "", 200,
     R"({"records":[],"cursor":"c1.example","caught_up":true,"lag":{"count":0,"age":"0s"}})"},
    {"get_record", "one", "", "/v1/topics/orders/records/4/0", "", 200,
     R"({"id":"4-0","topic":"orders","partition":4,"offset":0,"seq":1,"key":"bill_123","value":{"state":"pending","amount":120},"content_type":"application/json","headers":{"region":"EU"},"timestamp":"2026-11-21T10:30:00.123Z"})"},
    {"offsets", "with a time", "", "/v1/topics/orders/offsets?at=-15m", "", 200,
     R"({"topic":"orders","partitions":[{"partition":0,"start":0,"end":0,"bytes":0,"at":0}]})"},
    {"put_queue", "attached", "A queue over what the topic holds and will hold",
     "/v1/queues/billing",
     R"({"source":{"topic":"orders","from":"earliest"},"visibility_timeout":"60s","max_receives":5})",
     201,
     R"({"name":"billing","id":"q_1","visibility_timeout":"1m","max_receives":5,"dead_letter":null,"receive_wait":"0s","source":{"topic":"orders","partitions":[{"partition":0,"from":0}]},"order":"none","created":"2026-11-21T10:30:00.123Z","messages":{"ready":3,"in_flight":0,"delayed":0,"blocked":0,"dead":0},"backlog":{"count":3,"bytes":512},"etag":"1"})"},
    {"put_queue", "own", "A queue with a log of its own", "/v1/queues/emails",
     R"({"visibility_timeout":"30s","max_receives":10,"order":"none"})", 201,
     R"({"name":"emails","id":"q_2","visibility_timeout":"30s","max_receives":10,"dead_letter":null,"receive_wait":"0s","delay":"0s","retention":null,"durability":"disk","record_bytes_max":1048576,"order":"none","created":"2026-11-21T10:30:00.123Z","messages":{"ready":0,"in_flight":0,"delayed":0,"blocked":0,"dead":0},"backlog":{"count":0,"bytes":0},"etag":"1"})"},
    {"list_queues", "all", "", "/v1/queues?limit=1", "", 200,
     R"({"items":[{"name":"billing","id":"q_1","visibility_timeout":"1m","max_receives":5,"dead_letter":null,"receive_wait":"0s","source":{"topic":"orders","partitions":[{"partition":0,"from":0}]},"order":"none","created":"2026-11-21T10:30:00.123Z","messages":{"ready":3,"in_flight":0,"delayed":0,"blocked":0,"dead":0},"backlog":{"count":3,"bytes":512},"etag":"1"}],"next":"n1.billing"})"},
    {"patch_queue", "visibility", "", "/v1/queues/emails", R"({"visibility_timeout":"45s"})", 200,
     R"({"name":"emails","id":"q_2","visibility_timeout":"45s","max_receives":10,"dead_letter":null,"receive_wait":"0s","delay":"0s","retention":null,"durability":"disk","record_bytes_max":1048576,"order":"none","created":"2026-11-21T10:30:00.123Z","messages":{"ready":0,"in_flight":0,"delayed":0,"blocked":0,"dead":0},"backlog":{"count":0,"bytes":0},"etag":"2"})"},
    {"get_queue", "one", "", "/v1/queues/emails", "", 200,
     R"({"name":"emails","id":"q_2","visibility_timeout":"45s","max_receives":10,"dead_letter":null,"receive_wait":"0s","delay":"0s","retention":null,"durability":"disk","record_bytes_max":1048576,"order":"none","created":"2026-11-21T10:30:00.123Z","messages":{"ready":0,"in_flight":0,"delayed":0,"blocked":0,"dead":0},"backlog":{"count":0,"bytes":0},"etag":"2"})"},
    {"send", "two", "The second not before ten minutes from now", "/v1/queues/emails/messages",
     R"({"messages":[{"value":{"to":"a@example.org"}},{"value":{"to":"b@example.org"},"delay":"10m"}]})",
     200,
     R"({"messages":[{"id":"0-0","offset":0,"seq":4},{"id":"0-1","offset":1,"seq":5}],"durability":"disk"})"},
    {"browse", "delayed", "", "/v1/queues/emails/messages?state=delayed", "", 200,
     R"({"items":[{"id":"0-1","state":"delayed","receive_count":0,"visible_at":"2026-11-21T10:40:00.123Z","partition":0,"offset":1,"seq":5,"value":{"to":"b@example.org"},"content_type":"application/json","timestamp":"2026-11-21T10:30:00.123Z"}]})"},
    {"receive", "one", "", "/v1/queues/emails/receive",
     R"({"max":10,"wait":"20s","visibility_timeout":"2m"})", 200,
     R"({"messages":[{"id":"0-0","receipt":"r1.example","receive_count":1,"visible_at":"2026-11-21T10:32:00.123Z","partition":0,"offset":0,"seq":4,"value":{"to":"a@example.org"},"content_type":"application/json","timestamp":"2026-11-21T10:30:00.123Z"}],"queue":{"ready":0,"in_flight":1,"delayed":1,"blocked":0,"dead":0}})"},
    {"receive", "nothing", "An empty queue says why", "/v1/queues/emails/receive", R"({})", 200,
     R"({"messages":[],"queue":{"ready":0,"in_flight":1,"delayed":1,"blocked":0,"dead":0},"why":{"code":"all-in-flight","in_flight":1,"delayed":1,"next_eligible_at":"2026-11-21T10:32:00.123Z"}})"},
    {"extend", "five minutes", "", "/v1/queues/emails/extend",
     R"({"items":[{"receipt":"r1.example","visibility_timeout":"5m"}]})", 200,
     R"({"results":["ok"]})"},
    {"ack", "one", "", "/v1/queues/emails/ack", R"({"receipts":["r1.example"]})", 200,
     R"({"results":["acked"]})"},
    {"nack", "too late", "Each receipt gets an honest answer", "/v1/queues/emails/nack",
     R"({"items":[{"receipt":"r1.example","delay":"90s","reason":"429 from bank"}]})", 200,
     R"({"results":["already"]})"},
    {"consumers", "all", "", "/v1/topics/orders/consumers", "", 200,
     R"({"topic":"orders","queues":[{"name":"billing","lag":{"count":3,"bytes":512},"messages":{"ready":3,"in_flight":0,"delayed":0,"blocked":0,"dead":0}}],"groups":[]})"},
    {"poll", "from the beginning", "", "/v1/groups/analytics/poll",
     R"({"topics":["orders"],"max":500,"wait":"20s","from":"earliest"})", 200,
     R"({"records":[{"id":"4-0","topic":"orders","partition":4,"offset":0,"seq":1,"key":"bill_123","value":{"state":"pending","amount":120},"content_type":"application/json","headers":{"region":"EU"},"timestamp":"2026-11-21T10:30:00.123Z"}],"cursor":"g1.example","assigned":{"orders":[0,1,2,3,4,5]},"caught_up":true,"lag":{"count":0,"age":"0s"}})"},
    {"commit", "a poll's cursor", "", "/v1/groups/analytics/commit", R"({"cursor":"g1.example"})",
     200, R"({"group":"analytics","committed":{"orders":{"0":1,"1":0,"2":0,"3":0,"4":2,"5":0}}})"},
    {"commit", "offsets", "", "/v1/groups/analytics/commit", R"({"offsets":{"orders":{"4":1}}})",
     200, R"({"group":"analytics","committed":{"orders":{"4":1}}})"},
    {"get_group", "one", "", "/v1/groups/analytics", "", 200,
     R"({"name":"analytics","topics":["orders"],"members":[],"lag":{"count":1},"offsets":{"orders":{"0":{"committed":1,"end":1,"lag":0},"1":{"committed":0,"end":0,"lag":0},"2":{"committed":0,"end":0,"lag":0},"3":{"committed":0,"end":0,"lag":0},"4":{"committed":1,"end":2,"lag":1},"5":{"committed":0,"end":0,"lag":0}}}})"},
    {"list_groups", "all", "", "/v1/groups", "", 200,
     R"({"items":[{"name":"analytics","topics":["orders"],"members":[],"lag":{"count":1}}]})"},
    {"seek", "try", "", "/v1/groups/analytics/seek",
     R"({"topic":"orders","to":"earliest","dry_run":true})", 200,
     R"({"group":"analytics","dry_run":true,"would_commit":{"orders":{"0":0,"1":0,"2":0,"3":0,"4":0,"5":0}}})"},
    {"delete_group", "one", "", "/v1/groups/analytics", "", 200,
     R"({"name":"analytics","deleted":true})"},
    {"trim", "one partition", "", "/v1/topics/orders/trim", R"({"before":{"4":1}})", 200,
     R"({"topic":"orders","partitions":[{"partition":4,"start":1,"end":2}]})"},
    {"purge", "all", "", "/v1/queues/emails/purge", "", 200, R"({"queue":"emails","purged":1})"},
    {"delete_queue", "one", "", "/v1/queues/billing", "", 200,
     R"({"name":"billing","deleted":true})"},
    {"delete_topic", "one", "", "/v1/topics/orders", "", 200,
     R"({"name":"orders","deleted":true})"},
    {"readyz", "verbose", "", "/readyz?verbose", "", 200,
     R"({"status":"ok","checks":[{"name":"broker","ok":true,"detail":"ok"}]})"},
    {"livez", "short", "", "/livez", "", 200, R"({"status":"ok"})"},
    {"error", "one", "", "/errors/topic-not-found", "", 200,
     R"({"code":"topic-not-found","status":404,"title":"No such topic","meaning":"Topics are not created by writing to them: create one with PUT /v1/topics/{topic}.","retryable":false})"},
});

}  // namespace

std::span<const Example> all_examples() { return kExamples; }

std::span<const Example> examples_of(std::string_view operation) {
  const auto is_it = [&](const Example& example) { return example.operation == operation; };
  const auto first = std::find_if(kExamples.begin(), kExamples.end(), is_it);
  const auto last = std::find_if_not(first, kExamples.end(), is_it);
  return {first, last};
}

}  // namespace twofold::http
