#pragma once

#include <span>
#include <string>

#include "http/trace/span.h"

namespace twofold::http::trace {

/// Who tells.
struct Resource {
  std::string service;   ///< service.name
  std::string version;   ///< service.version
  std::string instance;  ///< service.instance.id
};

/// An ExportTraceServiceRequest in the JSON encoding of OTLP 1.x, for POST /v1/traces. Names of
/// attributes are those of OpenTelemetry's semantic conventions for messaging.
std::string to_otlp(const Resource& resource, std::span<const Span> spans);

}  // namespace twofold::http::trace
