#pragma once

#include "http/access/keyring.h"

namespace twofold::http::access {

/// Whether two keys cannot stand side by side: they have an id or a certificate in common.
inline bool clash(const Key& one, const Key& other) {
  return one.id == other.id || (!one.certificate.empty() && one.certificate == other.certificate);
}

}  // namespace twofold::http::access
