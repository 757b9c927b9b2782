#pragma once

#include <string_view>

#include "http/head_check.h"

namespace twofold::http {

/// Whom a request says it is from: its field Twofold-Client, else the first word of its User-Agent
/// ("curl/8.5.0"). For people who look; nothing is decided by it. Empty when it says nothing.
inline std::string_view client_name(const Head& head) {
  const std::string_view client = head.field("Twofold-Client");
  if (!client.empty()) return client;
  const std::string_view agent = head.field("User-Agent");
  return agent.substr(0, agent.find(' '));
}

}  // namespace twofold::http
