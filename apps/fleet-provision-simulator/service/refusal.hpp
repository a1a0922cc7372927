// The service's error document as a value: every rejected answer comes from one of these.
#pragma once

#include <string>
#include <utility>

#include "core/result.hpp"

namespace fleet_provision::simulator {

struct Refusal {
  int status_code = 400;
  std::string error_code;
  std::string error_message;
};

template <class T>
using Granted = tl::expected<T, Refusal>;

[[nodiscard]] inline tl::unexpected<Refusal> refuse(int status_code, std::string error_code,
                                                    std::string error_message) {
  return tl::unexpected<Refusal>(Refusal{status_code, std::move(error_code), std::move(error_message)});
}

}  // namespace fleet_provision::simulator
