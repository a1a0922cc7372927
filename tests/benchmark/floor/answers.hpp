// The few members of an answer that are needed, found by their names, without a JSON library.
#pragma once

#include <string>
#include <string_view>

namespace fleet_provision::floor {

/// The text of the member `name`. Throws when it is not there.
std::string text_in(std::string_view json, std::string_view name);

/// The object of the member `name` as it stands, {} without one.
std::string object_in(std::string_view json, std::string_view name);

/// `text` as a JSON string.
std::string in_quotes(std::string_view text);

}  // namespace fleet_provision::floor
