#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::http {

/// A group reads several topics: its cursor holds one cursor for each, with the seeks of its
/// partitions (log/cursor.h).
///     g1.orders:c1.AQcCAKwCAAK8csql,invoices:c1....
/// Neither names nor cursors have a comma or colon, so that nothing needs escaping.
struct TopicCursor {
  std::string topic;
  std::string cursor;
};
std::string encode_group_cursor(const std::vector<TopicCursor>& cursors);
/// Nullopt when it is not one; the cursors inside are checked by whoever decodes them.
std::optional<std::vector<TopicCursor>> decode_group_cursor(std::string_view text);

}  // namespace twofold::http
