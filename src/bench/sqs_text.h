#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/bench/http_text.h"
#include "src/bench/sqs_signer.h"

namespace twofold::bench {

/// What every request of AWS JSON 1.0 needs besides its body. Without a key the signature is no
/// signature: its scope names service and region, which some servers look at, and nobody who checks
/// it is let in.
inline constexpr std::string_view kSqsContentType = "application/x-amz-json-1.0";
inline constexpr std::string_view kSqsAuthorization =
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, "
    "Signature=0000000000000000000000000000000000000000000000000000000000000000";

/// Requests of one action to one endpoint: the head is formatted once, the rest is appended. Those
/// of a target with a key are signed, for the minutes that follow. One thread.
class SqsCall {
 public:
  SqsCall(const Target& target, std::string_view action);
  /// The whole request, valid until `out` changes.
  std::string_view render(std::string_view body, std::string& out) const;

 private:
  std::string action_;  // as X-Amz-Target says it
  std::string head_;    // without what proves whose it is, and without its length
  mutable std::optional<SqsSigner> signer_;
};

/// A message as the generator makes it: "<stream>.<number>." and padding up to the size.
struct Numbered {
  std::uint64_t stream = 0;
  std::uint64_t number = 0;
};
inline constexpr std::size_t kSqsBodyMin = 32;
void append_numbered(const Numbered& message, std::size_t size, std::string& out);

/// One received message.
struct SqsHanded {
  Numbered message;
  std::string receipt;
};
/// Appends every message of an answer to ReceiveMessage, whichever server wrote it; false when one
/// of them is not of this generator.
bool scan_sqs_received(std::string_view body, std::vector<SqsHanded>& handed);
/// The same of any JSON answer, in which text and receipt are called so (names with their quotes).
bool scan_numbered(std::string_view body, std::string_view text_name, std::string_view receipt_name,
                   std::vector<SqsHanded>& handed);

/// How many entries of a batch succeeded; 0 when any failed.
std::size_t count_sqs_successful(std::string_view body);

}  // namespace twofold::bench
