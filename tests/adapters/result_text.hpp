// The end of an operation as text: it is compared in rows, and crosses from a forked child.
#pragma once

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/result.hpp"

namespace fleet_provision::test {

/// `success`, or `KIND: MESSAGE`.
template <class T>
std::string end_of(const Result<T>& result) {
  return result ? "success" : std::string(word(result.error().kind)) + ": " + result.error().message;
}
/// `something`, `nothing`, or the error.
template <class T>
std::string end_of(const Result<std::optional<T>>& result) {
  if (result) return *result ? "something" : "nothing";
  return end_of(Result<void>(fail(result.error())));
}

}  // namespace fleet_provision::test
