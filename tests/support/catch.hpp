// Catch2 of Debian 12 (2.13, one header) or of Debian 13 (3.x).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
// Names of Catch2 2, which Catch2 3 has elsewhere or under another name.
namespace Catch {
using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;
inline Matchers::StringContainsMatcher Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif

/// Reports that a part of a test cannot run on this machine. It counts as an assertion, because tests run with a
/// warning for test cases without any.
#define FP_NOT_TRIED(reason) \
  do {                       \
    WARN(reason);            \
    SUCCEED(reason);         \
  } while (false)
