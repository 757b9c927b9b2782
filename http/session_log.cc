// What the log says of single requests: of those that the broker could not serve some in each half
// second, then how many more; with log.level=debug of all.
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
  const bool warns = unserved && lane_.tells_of_refusal();
  const DiagLevel level = warns ? DiagLevel::warn : DiagLevel::debug;
  if (!engine::diag_wanted(level, "http")) return;
  const OperationName operation =
      call_.route ? operation_name(route_index(*call_.route)) : OperationName{};
  engine::diag(level, "http", said_of(unserved ? status : 0),
               {
                   {"req_id", request_id_                                        },
                   {"method", std::string(call_.head.method)                     },
                   {"path",   path_of(call_.head.target)                         },
                   {"op",     std::string(operation.name)                        },
                   {"status", std::to_string(status)                             },
                   {"code",   std::string(call_.refused_as)                      },
                   {"ms",     std::to_string(took / std::chrono::milliseconds(1))},
                   {"from",   address()                                          }
  });
}

// Its client went away, or was cut, before all of it was there: nobody is answered.
void Session::log_unfinished_body() {
  if (!engine::diag_wanted(DiagLevel::debug, "http")) return;
  engine::diag(DiagLevel::debug, "http", "request ended within its body",
               {
                   {"req_id", request_id_                  },
                   {"method", std::string(call_.head.method)},
                   {"path",   path_of(call_.head.target)    },
                   {"from",   address()                     }
  });
}

// Of what could not be read nothing is repeated.
void Session::log_refused_head(const HeadRefusal& refusal) {
  if (!engine::diag_wanted(DiagLevel::debug, "http")) return;
  engine::diag(DiagLevel::debug, "http", "head refused",
               {
                   {"req_id", request_id_                          },
                   {"status", std::to_string(call_.reply.status)   },
                   {"code",   std::string(info(refusal.kind).code) },
                   {"why",    std::string(refusal.detail)          },
                   {"from",   address()                            }
  });
}

}  // namespace twofold::http
