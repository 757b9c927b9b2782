#include "http/sqs/digest.h"

#include <memory>

#include <openssl/evp.h>

#include "engine/base/check.h"
#include "engine/base/hex.h"

namespace twofold::http::sqs {
namespace {

struct Free {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Algorithm = std::unique_ptr<EVP_MD, Free>;

// Fetched once: OpenSSL would search for it by name with every digest.
Algorithm fetch(const char* name) {
  Algorithm fetched(EVP_MD_fetch(nullptr, name, nullptr));
  TF_CHECK(fetched != nullptr);
  return fetched;
}

std::string hex_digest(const EVP_MD* with, std::string_view bytes) {
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  TF_CHECK(EVP_DigestInit_ex2(context.get(), with, nullptr) == 1);
  TF_CHECK(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  TF_CHECK(EVP_DigestFinal_ex(context.get(), digest, &size) == 1);

  return engine::to_hex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
  static const Algorithm md5 = fetch("MD5");
  return hex_digest(md5.get(), bytes);
}

std::string sha256_hex(std::string_view bytes) {
  static const Algorithm sha256 = fetch("SHA256");
  return hex_digest(sha256.get(), bytes);
}

}  // namespace twofold::http::sqs
