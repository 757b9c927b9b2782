#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core.h"
#include "http/problem.h"

namespace twofold::http {

struct Broker;
struct Call;

/// What stands for the namespace that everything is in that names none.
inline constexpr std::string_view kDefaultNamespace = "default";

/// Whether one beside it may have this name: as a topic's, up to 64 characters, for every change in
/// its journal carries it.
bool is_namespace(std::string_view name);

/// The namespaces of a broker beside the default one. Topics, queues, groups and idempotency keys of
/// one are not to be found from another, and the same name may stand in each for something else.
///
/// Contract  find() and names() know of a namespace from make()'s completion on, or sooner; it lasts
///           as long as the data directory.
/// Threads   make() and for_each() on the core only; find(), names() and want() any.
class Namespaces {
 public:
  virtual ~Namespaces() = default;
  /// The broker as the namespace sees it; null: there is none of that name. Valid until the end.
  virtual Broker* find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;
  virtual void for_each(const std::function<void(Broker&)>& visit) = 0;
  /// Makes it unless it is there; `done` runs on the core, once that is durable. Errors:
  /// invalid_request (no name for one), overloaded (limits.namespaces, with kNamespacesFull as
  /// Error::actual_name), and what Core refuses.
  virtual void make(std::string name, engine::Completion<engine::Durability> done) = 0;
  /// Makes it soon, if it can be made; else a line in the log says why not.
  virtual void want(std::string name) = 0;
};

/// There are as many as there may be: waiting does not help.
inline constexpr std::string_view kNamespacesFull = "namespaces";
/// Why Namespaces::make() has made none, in the words of this API.
Problem not_made(const engine::Error& error);

/// The broker as each namespace sees it, `home` (the default one) first. Threads  any.
std::vector<Broker*> every_namespace(Broker& home);

/// Bytes stored in each namespace; "" is the default one. On the core.
std::map<std::string, std::uint64_t> stored_by_namespace(Broker& home);

/// Where the call goes on: in the namespace that the caller's key belongs to, or in the one that its
/// Twofold-Namespace field names, which takes an administrator. After it is known who asks, and
/// before anything is looked for. Nullopt: call.broker() is that. Threads  the call's.
std::optional<Problem> enter_namespace(Call& call);

}  // namespace twofold::http
