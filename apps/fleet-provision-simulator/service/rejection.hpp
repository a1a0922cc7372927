// The service's error document as a value: every rejected response comes from one of these.
#pragma once

#include <string>
#include <utility>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// `statusCode`, `errorCode` and `errorMessage` (docs/service.md, "The exchange").
struct Rejection {
  int status_code = 400;
  std::string error_code;
  std::string error_message;
};

/// What an operation gives: the content of the accepted response, or the rejection.
template <class T>
using Accepted = tl::expected<T, Rejection>;

[[nodiscard]] inline tl::unexpected<Rejection> reject(int status_code, std::string error_code,
                                                      std::string error_message) {
  return tl::unexpected<Rejection>(Rejection{status_code, std::move(error_code), std::move(error_message)});
}

/// 400 InvalidParameters.
[[nodiscard]] inline tl::unexpected<Rejection> invalid_parameters(std::string message) {
  return reject(400, "InvalidParameters", std::move(message));
}

}  // namespace fleet_provision::simulator

// Returns the rejection of an Accepted expression from the enclosing function.
#define FP_ACCEPT(...)                                                                              \
  do {                                                                                              \
    if (auto accepted_ = (__VA_ARGS__); !accepted_) {                                               \
      return tl::unexpected<::fleet_provision::simulator::Rejection>(std::move(accepted_).error()); \
    }                                                                                               \
  } while (false)

// The same, and else declares the value.
#define FP_ACCEPT_ASSIGN(declaration, ...)                                                                           \
  auto FP_JOIN(accepted_, __LINE__) = (__VA_ARGS__);                                                                 \
  if (!FP_JOIN(accepted_, __LINE__)) {                                                                               \
    return tl::unexpected<::fleet_provision::simulator::Rejection>(std::move(FP_JOIN(accepted_, __LINE__)).error()); \
  }                                                                                                                  \
  declaration = std::move(*FP_JOIN(accepted_, __LINE__))
