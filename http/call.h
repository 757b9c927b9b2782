#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/unique_function.h"
#include "engine/record.h"
#include "http/access/principal.h"
#include "http/account.h"
#include "http/broker.h"
#include "http/head_check.h"
#include "http/inlet.h"
#include "http/json_reader.h"
#include "http/media.h"
#include "http/outlet.h"
#include "http/problem.h"
#include "http/target.h"
#include "http/wait.h"

namespace twofold::http {

namespace trace {
struct Span;
}  // namespace trace
struct Route;
struct ServerCommon;
class Upgraded;

/// What goes back. Reused from request to request, so that bodies seldom allocate.
struct Reply {
  int status = 200;
  std::string_view content_type = kJson;  ///< static text, or bytes that outlive the reply
  std::string body;
  std::string fields;  ///< further fields, each "Name: value\r\n"; add through field()
  /// Called when the answer could not be handed to the client: what it carried is still ours.
  engine::UniqueFunction<void()> undelivered;
  /// Messages that the client holds from now on, and until when: a drain lets it settle them
  /// before the connection closes.
  std::size_t messages_handed_out = 0;
  std::size_t messages_settled = 0;
  std::size_t records_read = 0;  ///< that the answer holds, beside the messages
  std::shared_ptr<Upgraded> upgrade;  ///< takes the connection over behind this answer (101)
  /// Of the account of answers: what was read for this one, and its body.
  Share room;

  /// Adds a field; control characters in `value` become blanks, so that nothing a client sent can
  /// begin a line of our head.
  void field(std::string_view name, std::string_view value);
  void clear();
};

/// Memory that a parsed request's views may point into; lives as long as the request.
struct Scratch {
  std::vector<engine::Header> headers;
  TextStore texts;

  std::string_view keep(std::string text) { return texts.emplace_front(std::move(text)); }
  void clear();
};

/// One request on its way through a handler. Everything but `broker()` and `common` belongs to
/// the connection and to its I/O thread; views last until the handler has returned.
struct Call {
  Call(Broker& b, const ServerCommon& c, Watch& w, Outlet& o);

  /// As the caller's namespace sees it.
  Broker& broker() const { return *broker_; }
  /// From here on the call is about another namespace (http/namespaces.h).
  void enter(Broker& broker) { broker_ = &broker; }

  const ServerCommon& common;
  Watch& watch;
  Outlet& outlet;  ///< for an answer that goes on; most are just put into `reply`

  Head head;
  Target target;
  const Route* route = nullptr;
  std::array<std::string_view, 3> args{};  ///< what stands for the {names} of the route's path
  std::string_view body;
  Inlet* inlet = nullptr;  ///< where the body comes from instead, when it is handled as it arrives
  Media media = Media::json;  ///< of the body; `none` with an empty one
  Media answer_in = Media::json;
  std::string_view request_id;
  /// Who asks. Never null; what it points to lasts as long as the request.
  const access::Principal* principal;
  access::PrincipalRef signer;  ///< the same, where a signature has said it
  bool wrong_key = false;       ///< somebody has shown what is no key of ours
  std::string tried_key;        ///< its id, if it may be written down (access::public_id)
  /// What is managed where the path does not say it: "queue:jobs", "key:reports".
  std::string subject;
  /// How a dialect other than REST says no; null: as a problem document.
  void (*refuse)(Call& call, const Problem& problem) = nullptr;

  /// Of an answer that says no: its code, in the words of the protocol. Static text.
  std::string_view refused_as;

  /// What is told of the request to those who trace; null for nearly all.
  std::shared_ptr<trace::Span> span;

  Reply reply;
  Scratch scratch;

  /// The path argument at `i` as a name; a name that no topic or queue can have is refused.
  Try<std::string> name(std::size_t i) const;
  std::optional<std::string_view> query(std::string_view name) const { return target.find(name); }
  /// A whole number in [least, most]; `fallback` when not given. Out of range is refused.
  Try<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most,
                           std::int64_t fallback) const;
  /// A duration in [0, most].
  Try<engine::Duration> duration(std::string_view name, engine::Duration most,
                                 engine::Duration fallback) const;
  Try<bool> flag(std::string_view name) const;

  void clear();

 private:
  Broker* broker_;
};

/// Whether a topic, queue or group may have this name: [A-Za-z0-9._-]{1,249}, not "." or "..".
bool is_name(std::string_view text);

}  // namespace twofold::http
