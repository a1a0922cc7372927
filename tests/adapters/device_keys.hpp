// Keys that the tests of one program make once: RSA keys take most of their time.
#pragma once

#include <stdexcept>
#include <string_view>

#include "tests/adapters/openssl_fixtures.hpp"

namespace fleet_provision::fixture {

/// "ec", "other ec" (P-256), "ec-384", "rsa", "other rsa" (2048 bits) or "longer rsa" (3072 bits).
inline EVP_PKEY* device_key(std::string_view name) {
  static const Key ec = ec_key();
  static const Key other_ec = ec_key();
  static const Key ec_384 = ec_key("P-384");
  static const Key rsa = rsa_key(2048);
  static const Key other_rsa = rsa_key(2048);
  static const Key longer_rsa = rsa_key(3072);
  if (name == "ec") return ec.get();
  if (name == "other ec") return other_ec.get();
  if (name == "ec-384") return ec_384.get();
  if (name == "rsa") return rsa.get();
  if (name == "other rsa") return other_rsa.get();
  if (name == "longer rsa") return longer_rsa.get();
  throw std::invalid_argument("no such key");
}

}  // namespace fleet_provision::fixture
