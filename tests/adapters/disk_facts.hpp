// Helpers of the disk tests that read facts of files and errors.
#pragma once

#include <sys/stat.h>

#include <string>

#include "core/result.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {

inline unsigned mode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}

template <class T>
ErrorKind kind_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().kind;
}

}  // namespace fleet_provision
