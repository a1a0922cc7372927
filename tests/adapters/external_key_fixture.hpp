// Keys in a device, by name, and a certificate request that one of them signs.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "adapters/keys/device/external_key.hpp"
#include "tests/adapters/device_keys.hpp"
#include "tests/fakes/software_signer.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision::test {

struct ExternalKeyFixture {
  // OpenSSL's error queue must be empty after every test.
  ~ExternalKeyFixture() { CHECK(ERR_peek_error() == 0); }
};

/// A certificate request that the device signs, with the public half in software.
inline fixture::Request signed_request(const SoftwareDevice& device) {
  fixture::Request request(X509_REQ_new(), X509_REQ_free);
  const auto public_half = copy_public_half(*device.loaded.key);
  REQUIRE(public_half);
  // OpenSSL 3.5 verifies no request without it.
  REQUIRE(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  REQUIRE(X509_REQ_set_pubkey(request.get(), public_half.get()) == 1);
  if (X509_REQ_sign(request.get(), device.loaded.key.get(), EVP_sha256()) <= 0) request.reset();
  return request;
}

struct KeyRow {
  std::string name;
  EVP_PKEY* key;
};

inline const std::vector<KeyRow>& key_rows() {
  static const std::vector<KeyRow> rows{{"ec-p256", fixture::device_key("ec")},
                                        {"ec-p384", fixture::device_key("ec-384")},
                                        {"rsa-2048", fixture::device_key("rsa")},
                                        {"rsa-3072", fixture::device_key("longer rsa")}};
  return rows;
}

}  // namespace fleet_provision::test
