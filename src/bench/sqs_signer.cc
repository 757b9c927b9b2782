#include "src/bench/sqs_signer.h"

#include <fmt/format.h>

#include "http/sqs/digest.h"
#include "http/sqs/signing_time.h"

namespace twofold::bench {

namespace sqs = http::sqs;

SqsSigner::Proof SqsSigner::prove(std::string_view target, std::string_view body,
                                  engine::WallTime now) {
  Proof proof;
  proof.date = sqs::time_text(now);
  sqs::Signature signature;
  signature.key_id = key_.id;
  signature.time = proof.date;
  signature.date = signature.time.substr(0, signature.time.find('T'));
  signature.region = key_.region;
  signature.service = "sqs";
  signature.headers = "host;x-amz-date;x-amz-target";
  if (day_ != signature.date) {
    day_ = signature.date;
    derived_ = sqs::signing_key(key_.secret, signature.date, signature.region);
  }
  http::Head head;
  head.method = "POST";
  head.target = "/";
  head.fields = {
      {"host",         authority_},
      {"x-amz-date",   proof.date},
      {"x-amz-target", target    }
  };
  const std::string spelled =
      sqs::canonical_request(signature, head, http::Target(), authority_, sqs::sha256_hex(body));
  proof.authorization = fmt::format(
      "AWS4-HMAC-SHA256 Credential={}/{}/{}/sqs/aws4_request, SignedHeaders={}, Signature={}",
      key_.id, signature.date, signature.region, signature.headers,
      sqs::sign(derived_, signature, spelled));
  return proof;
}

}  // namespace twofold::bench
