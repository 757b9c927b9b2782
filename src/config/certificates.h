#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/tls.h"
#include "src/config/config.h"

namespace twofold {

/// Reads the files of tls.*; null when no certificate is configured. What is wrong but can be
/// served with is a warning in the log: a certificate that has run out, a key that others may read.
/// Errors: invalid_request, with the file and the reason.
engine::Result<std::shared_ptr<http::Tls>> open_tls(const Config& config);

/// The same for those who look before a broker starts: reads them, serves nothing and logs nothing.
/// nullopt when no certificate is configured.
engine::Result<std::optional<http::CertificateInfo>> try_tls(const Config& config);

/// Why clients would refuse it, as a sentence that names the file; empty: they would not.
std::string why_refused(const Config& config, const http::CertificateInfo& info);

/// Reads them again, for the handshakes to come. With an error nothing has changed.
engine::Result<> reload_tls(const Config& config, http::Tls& tls);

}  // namespace twofold
