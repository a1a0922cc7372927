// What every refusal must be: of the kind that was promised, with a message that can be shown to a person.
#pragma once

#include "core/error.hpp"
#include "core/text.hpp"
#include "tests/fuzz/target.hpp"

namespace fleet_provision {

inline void refused_as(const Error& error, ErrorKind kind) {
  must_hold(error.kind == kind, "the kind of a refusal");
  must_hold(!error.message.empty() && printable(error.message, 8 * error.message.size()) == error.message,
            "a message that can be shown");
}

}  // namespace fleet_provision
