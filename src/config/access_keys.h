#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/sqs/options.h"
#include "src/config/outcome.h"

namespace twofold::config {

/// Reads the access keys of sqs.keys_file: on each line an id, its secret and, if it is not
/// 000000000000, its account, with blanks between them. Empty lines and those that begin with # say
/// nothing. Refuses an empty list, an id given twice and whatever could not be one, and says where;
/// a secret is never part of what is said.
Outcome<std::vector<http::sqs::AccessKey>> read_access_keys(const std::string& path);

/// The same for text in memory, as if it had been read from `path`.
Outcome<std::vector<http::sqs::AccessKey>> parse_access_keys(std::string_view text,
                                                             const std::string& path);

/// Whether others than the owner and the group may read the file, which holds secrets.
bool readable_by_all(const std::string& path);

}  // namespace twofold::config
