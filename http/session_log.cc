// What the log says of single requests: those that the broker could not serve, and with
// log.level=debug all of them.
#include <chrono>
#include <string>

#include "engine/base/diag.h"
#include "http/gate.h"
#include "http/session.h"

namespace twofold::http {
namespace {

using engine::DiagLevel;

// Tickets and presigned signatures stand behind the question mark.
std::string path_of(std::string_view target) {
  return std::string(target.substr(0, target.find('?')));
}

// What the client may try again was refused; all else should not have happened.
std::string_view said_of(int status) {
  if (status < 500) return "request";
  return status == 503 || status == 507 ? "request refused" : "request failed";
}

}  // namespace

void Session::log_answer(std::chrono::nanoseconds took) {
  const int status = call_.reply.status;
  // A probe hears 503 again and again while the broker starts and stops.
  const bool unserved = status >= 500 && !is_probe(call_.head.target);
  const DiagLevel level = unserved ? DiagLevel::warn : DiagLevel::debug;
  if (!engine::diag_wanted(level)) return;
  engine::diag(level, "http", said_of(unserved ? status : 0),
               {
                   {"req_id", request_id_                                        },
                   {"method", std::string(call_.head.method)                     },
                   {"path",   path_of(call_.head.target)                         },
                   {"status", std::to_string(status)                             },
                   {"code",   std::string(problem_code_)                         },
                   {"ms",     std::to_string(took / std::chrono::milliseconds(1))},
                   {"from",   address()                                          }
  });
}

}  // namespace twofold::http
