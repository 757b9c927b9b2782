#pragma once

#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "src/bench/compare/source.h"

namespace twofold::bench::compare {

/// The broker's answers, as far as they are read. What is not understood is refused.

Outcome<boost::json::object> read_object(std::string_view body);

/// The records of a poll ("records") or the messages of a receive ("messages").
Outcome<std::vector<Held>> read_held(const boost::json::object& answer, std::string_view member);

/// Which partition and offset each published record got.
struct Place {
  std::uint64_t partition = 0;
  std::uint64_t offset = 0;
};
Outcome<std::vector<Place>> read_places(std::string_view body);

/// How many partitions of the topic a poll's answer assigns.
std::size_t assigned_partitions(const boost::json::object& answer, std::string_view topic);

std::string text_member(const boost::json::object& object, std::string_view name);

}  // namespace twofold::bench::compare
