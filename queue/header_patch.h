#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"

namespace twofold::queue {

/// A header of a message that was given another value since it was sent, or none.
struct HeaderChange {
  std::string_view name;
  std::optional<std::string_view> value;  ///< absent: the message has no such header any more
};

/// What was changed of one message's headers, as it is journaled: n, then n x (name, u8 whether
/// there is a value, value). The record itself never changes.
std::string encode_patch(std::span<const HeaderChange> changes);
/// Whether bytes are a patch.
bool is_patch(std::string_view patch);
/// First the older, then the newer.
std::string merged_patch(std::string_view older, std::string_view newer);
/// Of headers that share a changed name the first is replaced and the others go; a new name comes
/// last. Views into `patch`, which must be one.
void apply_patch(std::string_view patch, std::vector<engine::Header>& headers);

/// Null: nothing was changed.
using HeaderPatch = std::shared_ptr<const std::string>;

}  // namespace twofold::queue
