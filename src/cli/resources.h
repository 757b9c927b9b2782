#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/cli/manage.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// A topic or a queue as a file describes it: members of the REST API's documents, and for queues
/// `attach`, `from` and `filter` instead of `source`.
struct Resource {
  const Kind* kind;
  std::string name;
  std::vector<std::pair<std::string, std::string>> members;  ///< name and JSON text, as given
  std::string where{};  ///< "shop.toml:12"; of a JSON file without the line

  /// JSON text, empty when it is not there.
  std::string_view member(std::string_view wanted) const;
};

/// Reads a TOML file ([[topic]] and [[queue]] tables) or a JSON file with the same members
/// ({"topic":[...],"queue":[...]}); "-" is standard input. Topics come first, whatever their order
/// in the file. Refused: other tables, a resource without a name, the same one twice.
Tried<std::vector<Resource>> read_resources(const std::string& path);

/// What has to be done so that the broker has what a file describes.
struct Step {
  char sign;  ///< '+' create, '~' change, '=' same
  const Kind* kind;
  std::string name;
  std::string detail{};  ///< for people: what changes
  std::string body{};    ///< of the PUT or PATCH
  std::string etag{};    ///< of '~': what it was compared with
  std::string where{};   ///< of the resource
  std::string topic{};   ///< that a queue to be made is attached to
};

/// Compares; changes nothing. A dead letter queue that is in neither place is a step of its own,
/// before the queue that names it. Refused: what cannot be changed (source, order, partitions),
/// dead letters that would go to a topic or to a queue that reads one, names that none can have.
Tried<std::vector<Step>> plan_resources(const ApiCaller& api, const std::vector<Resource>& wanted);

/// Asks the broker for each step what would come of it, with nothing done, and is refused as the
/// first step that it would not take would be. What comes with an earlier step (the topic that a
/// queue is attached to) counts as there.
Tried<> check_steps(const ApiCaller& api, const std::vector<Step>& steps);

/// What a step asks of the broker, or with `dry_run` what it would answer.
ApiCall call_of(const Step& step, bool dry_run);

/// The failure, with where the resource stands in the file and what it is.
Failure at(const std::string& where, const Kind& kind, const std::string& name, Failure failure);

/// A refusal says where the resource stands in the file.
Tried<> carry_out(const ApiCaller& api, const Step& step);

}  // namespace twofold::cli
