#include "src/config/certificates.h"

#include <cerrno>

#include <fmt/format.h>

#include "engine/base/diag.h"
#include "src/config/text_file.h"

namespace twofold {
namespace {

using engine::DiagLevel;
using engine::Errc;
using engine::Error;
using engine::Result;

Result<std::string> read_file(std::string_view key, const std::string& path) {
  auto text = config::read_text_file(path);
  if (text && !text->empty()) return *std::move(text);
  const std::string why = text ? std::string("it is empty") : text.error().why;
  return Error(Errc::invalid_request, fmt::format("{}: cannot read {}: {}", key, path, why),
               "name a file in PEM that the broker's user may read");
}

Result<http::TlsMaterial> read_material(const Config::Tls& tls) {
  http::TlsMaterial material;
  material.certificate_name = "tls.cert: " + tls.cert;
  material.key_name = "tls.key: " + tls.key;
  material.client_ca_name = "tls.client_ca: " + tls.client_ca;
  material.client_required = tls.client_required;
  auto certificate = read_file("tls.cert", tls.cert);
  if (!certificate) return certificate.error();
  material.certificate = *std::move(certificate);
  auto key = read_file("tls.key", tls.key);
  if (!key) return key.error();
  material.key = *std::move(key);
  if (tls.client_ca.empty()) return material;
  auto client_ca = read_file("tls.client_ca", tls.client_ca);
  if (!client_ca) return client_ca.error();
  material.client_ca = *std::move(client_ca);
  return material;
}

void warn(const std::string& what, const std::string& file, const std::string& hint) {
  engine::diag(DiagLevel::warn, "main", what,
               {
                   {"file", file},
                   {"hint", hint}
  });
}

void describe(const Config::Tls& tls, const http::CertificateInfo& info) {
  if (config::readable_by_others(tls.key)) {
    warn("others than its owner can read the private key in tls.key", tls.key, "chmod 600");
  }
  if (info.expired) {
    warn(fmt::format("the certificate in tls.cert has expired on {}", info.until), tls.cert,
         "clients refuse it; put a new one there and send SIGHUP");
  }
  if (info.not_yet) {
    warn("the certificate in tls.cert is not valid yet", tls.cert, "look at the clock, too");
  }
  engine::diag(DiagLevel::info, "main", "certificate in use",
               {
                   {"subject", info.subject                                                           },
                   {"until",   info.until                                                             },
                   {"clients", tls.client_ca.empty() ? "not asked"
                               : tls.client_required ? "must show theirs"
                                                     : "may show theirs"}
  });
}

}  // namespace

Result<std::shared_ptr<http::Tls>> open_tls(const Config& config) {
  if (config.tls.cert.empty()) return std::shared_ptr<http::Tls>();
  const auto material = read_material(config.tls);
  if (!material) return material.error();
  auto tls = http::Tls::open(*material);
  if (tls) describe(config.tls, (*tls)->certificate());
  return tls;
}

Result<std::optional<http::CertificateInfo>> try_tls(const Config& config) {
  if (config.tls.cert.empty()) return std::optional<http::CertificateInfo>();
  const auto material = read_material(config.tls);
  if (!material) return material.error();
  const auto tls = http::Tls::open(*material);
  if (!tls) return tls.error();
  return std::optional((*tls)->certificate());
}

std::string why_refused(const Config& config, const http::CertificateInfo& info) {
  if (info.expired)
    return fmt::format("tls.cert: {} has expired on {}", config.tls.cert, info.until);
  if (info.not_yet) return fmt::format("tls.cert: {} is not valid yet", config.tls.cert);
  return {};
}

Result<> reload_tls(const Config& config, http::Tls& tls) {
  const auto material = read_material(config.tls);
  if (!material) return material.error();
  if (auto taken = tls.take(*material); !taken) return taken;
  describe(config.tls, tls.certificate());
  return {};
}

}  // namespace twofold
