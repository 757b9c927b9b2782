#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/access/keyring.h"
#include "src/config/outcome.h"

namespace twofold::config {

/// The keys file, in TOML: one [[key]] for each.
///
///   [[key]]
///   id = "checkout"
///   hash = "sha256:..."                 # of the token's secret; without it there is no token
///   sqs_secret = "..."                  # in clear: a signature cannot be checked without it
///   certificate = "CN=checkout"         # of a client, or "DNS:..." or "URI:..." of its other names
///   account = "000000000000"            # of SQS
///   allow = ["publish topic:orders", "consume queue:kitchen*"]
///   requests_per_second = 100           # 0 or absent: no limit
///   bytes_per_second = 1000000
///
/// Errors say where and what is wrong, and never what a secret is.

Outcome<std::vector<http::access::Key>> read_keys(const std::string& path);
/// The same for text in memory, as if it had been read from `path`.
Outcome<std::vector<http::access::Key>> parse_keys(std::string_view text, const std::string& path);

/// What to do about a file that cannot be read, or not as keys: it is not there, it is another
/// user's, it is no file, or what stands in it is wrong.
std::string keys_file_hint(const std::string& path);

/// Puts the file in the place of the old one, whole or not at all, readable by its owner only.
/// Comments are not kept. Whoever read it to change it holds the KeysLock since before that.
Outcome<Done> write_keys(const std::string& path, const std::vector<http::access::Key>& keys);

}  // namespace twofold::config
