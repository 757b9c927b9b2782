#include "src/cli/handlers.h"
#include "src/cli/manage.h"
#include "src/cli/publish_loop.h"

namespace twofold::cli {

Tried<> run_send(Session& session, const Args& args) {
  if (args.has("delay") && args.has("at")) {
    return usage("--delay and --at both say when", "give one of them");
  }
  auto source = RecordSource::open(args, "body");
  if (!source) return source.error();
  const std::string queue = args.text("queue");
  if (args.has("create")) {
    if (auto made = ensure(session, kQueueKind, queue); !made) return made;
  }
  const PublishTarget target{queue_path(queue, "/messages"), "messages", queue};
  return publish_all(session, args, *std::move(source), target);
}

}  // namespace twofold::cli
