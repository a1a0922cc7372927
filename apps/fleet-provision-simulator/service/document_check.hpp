// Checks of documents that the simulator's user wrote: templates and policies.
#pragma once

#include <string>
#include <utility>

#include "core/result.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// kConfiguration; `message` begins with the document and the place in it.
[[nodiscard]] inline tl::unexpected<Error> document_error(std::string message, std::string hint = {}) {
  return fail(ErrorKind::kConfiguration, std::move(message), std::move(hint));
}

/// The members of an object. kConfiguration for a value of another type.
[[nodiscard]] inline Result<const Members*> object_at(const Value& value, const std::string& place) {
  if (value.members() == nullptr) return document_error(place + ": not a JSON object");
  return value.members();
}

}  // namespace fleet_provision::simulator
