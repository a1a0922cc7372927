// Catch2 of Debian 12 (2.13, one header) or of Debian 13 (3.x).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

/// Says that a part of a test needs what this machine does not have. A test that tries nothing else has then an
/// assertion all the same: tests are run with a warning for those that have none.
#define FP_NOT_TRIED(reason) \
  do {                       \
    WARN(reason);            \
    SUCCEED(reason);         \
  } while (false)
