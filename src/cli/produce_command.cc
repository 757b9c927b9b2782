#include "src/cli/handlers.h"
#include "src/cli/manage.h"
#include "src/cli/publish_loop.h"

namespace twofold::cli {

Tried<> run_produce(Session& session, const Args& args) {
  auto source = RecordSource::open(args, "value");
  if (!source) return source.error();
  const std::string topic = args.text("topic");
  if (args.has("create")) {
    if (auto made = ensure(session, kTopicKind, topic); !made) return made;
  }
  const PublishTarget target{topic_path(topic, "/records"), "records", topic};
  return publish_all(session, args, *std::move(source), target);
}

}  // namespace twofold::cli
