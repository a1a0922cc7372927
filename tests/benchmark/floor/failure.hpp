// The floor client gives up at the first thing that is not as expected.
#pragma once

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace fleet_provision::floor {

[[noreturn]] inline void fail(const std::string& what) {
  throw std::runtime_error(what);
}

inline void require(bool good, const char* what) {
  if (!good) fail(what);
}

/// For system calls: `result` if it is not negative.
inline int called(int result, const char* what) {
  if (result < 0) fail(std::string(what) + ": " + std::strerror(errno));
  return result;
}

}  // namespace fleet_provision::floor
