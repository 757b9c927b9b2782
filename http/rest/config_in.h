#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/call.h"
#include "log/topics.h"
#include "queue/queues.h"

namespace twofold::http {

/// The members of a topic's or queue's configuration that a request names, as changes to one.
/// PUT applies them to the defaults, PATCH to what is there (null: back to the default).
struct TopicChanges {
  std::function<void(log::TopicConfig&)> apply;
};
struct QueueChanges {
  std::function<void(queue::QueueConfig&)> apply;
  std::optional<std::string> source_topic;
  std::string source_from = "latest";
};

/// Members that answers have and requests may repeat (name, id, etag, ...) are skipped, so that
/// what GET gave can be edited and PUT back.
Try<TopicChanges> read_topic_changes(Call& call);
Try<QueueChanges> read_queue_changes(Call& call);

/// What If-None-Match and If-Match ask for.
struct Preconditions {
  bool create_only = false;
  std::optional<std::uint64_t> version;
};

/// What a PUT or PATCH of a topic or queue says beside its body.
struct Asked {
  std::string name;
  Preconditions wanted;
  bool dry_run = false;
};
/// From the path, the preconditions and the query, in this order: the first mistake is told.
Try<Asked> read_asked(const Call& call);

}  // namespace twofold::http
