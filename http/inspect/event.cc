#include "http/inspect/event.h"

namespace twofold::http::inspect {

std::string_view type_text(EventType type) {
  switch (type) {
    case EventType::appended: return "appended";
    case EventType::delivered: return "delivered";
    case EventType::acked: return "acked";
    case EventType::moved: return "moved";
    case EventType::passed_over: return "passed_over";
    case EventType::nacked: return "nacked";
    case EventType::expired: return "expired";
    case EventType::ready: return "ready";
    case EventType::extended: return "extended";
    case EventType::delayed: return "delayed";
    case EventType::released: return "released";
    case EventType::revived: return "revived";
    case EventType::edited: return "edited";
    case EventType::dead_lettered: return "dead_lettered";
    case EventType::queue_trimmed: return "queue_trimmed";
    case EventType::purged: return "purged";
    case EventType::committed: return "committed";
    case EventType::positioned: return "positioned";
    case EventType::joined: return "joined";
    case EventType::left: return "left";
    case EventType::rebalanced: return "rebalanced";
    case EventType::group_deleted: return "group_deleted";
    case EventType::retention: return "retention";
    case EventType::attached: return "attached";
    case EventType::detached: return "detached";
    case EventType::configured: return "configured";
    case EventType::topic_created: return "topic_created";
    case EventType::topic_deleted: return "topic_deleted";
    case EventType::resync: return "resync";
  }
  __builtin_unreachable();
}

}  // namespace twofold::http::inspect
