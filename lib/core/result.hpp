// A value or an Error; never ignored.
//
// tl::expected of Debian's libexpected-dev is used because Debian 12's clang has no std::expected and the packaged
// version is not [[nodiscard]]. FP_TRY and FP_TRY_ASSIGN return an error to the caller; they are the only macros here.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "core/error.hpp"

namespace fleet_provision {

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// An Error that a function with a Result returns.
class [[nodiscard]] Failure : public tl::unexpected<Error> {
 public:
  explicit Failure(Error error) : tl::unexpected<Error>(std::move(error)) {}
  /// See Error::in.
  [[nodiscard]] Failure in(Phase phase) && { return Failure(std::move(value()).in(phase)); }
};

/// Creates an error to return: `return fail(ErrorKind::kDns, "cannot resolve …", "check the
/// endpoint").in(Phase::kResolve);`
[[nodiscard]] inline Failure fail(ErrorKind kind, std::string message, std::string hint = {}) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return Failure(std::move(error));
}
[[nodiscard]] inline Failure fail(Error error) {
  return Failure(std::move(error));
}

}  // namespace fleet_provision

#define FP_JOIN_(a, b) a##b
#define FP_JOIN(a, b) FP_JOIN_(a, b)

/// Evaluates an expression of type Result<…>; returns its error from the enclosing function.
#define FP_TRY(...)                                                  \
  do {                                                               \
    if (auto fp_result_ = (__VA_ARGS__); !fp_result_) {              \
      return ::fleet_provision::fail(std::move(fp_result_).error()); \
    }                                                                \
  } while (false)

/// FP_TRY_ASSIGN(const auto key, make_key()): declares the value, or returns the error.
#define FP_TRY_ASSIGN(declaration, ...) FP_TRY_ASSIGN_(FP_JOIN(fp_result_, __LINE__), declaration, __VA_ARGS__)
#define FP_TRY_ASSIGN_(name, declaration, ...)                        \
  auto name = (__VA_ARGS__);                                          \
  if (!name) return ::fleet_provision::fail(std::move(name).error()); \
  declaration = std::move(*name)
