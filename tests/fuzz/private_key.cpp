// A private key from a disk or from the service. The first byte of the input says whether the rest is the DER of a key,
// and of which form, or a PEM text. Refused by value, or a key that is the same when it is written and read again.
#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/key.hpp"
#include "adapters/keys/pem_credentials.hpp"
#include "tests/fuzz/pem_block.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

void read_device_key(const std::string& pem) {
  const auto key = parse_private_key(pem, "the device key", "/etc/key.pem");
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (!key) return refused_as(key.error(), ErrorKind::kDeviceKeyUnusable);
  const auto type = key_type(key->get(), ErrorKind::kDeviceKeyUnusable, "the device key");
  if (!type) return refused_as(type.error(), ErrorKind::kDeviceKeyUnusable);
  const auto written = private_key_pem(key->get());
  must_hold(written.has_value(), "a key can be written");
  const auto again = parse_private_key(written->reveal(), "the device key");
  must_hold(again.has_value(), "what was written can be read");
  must_hold(public_key_sha256(**key) == public_key_sha256(**again), "a key survives being written");
}

void read_claim_key(const std::string& pem) {
  PemCredentials credentials;
  credentials.key_name = "/etc/claim.key";
  credentials.key_pem = Secret(pem);
  const auto key = read_key_offline(credentials);
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (key) return;
  const ErrorKind kind = key.error().kind;
  const bool other = kind == ErrorKind::kClaimKeyPassphrase || kind == ErrorKind::kKeyUnsuitable ||
                     kind == ErrorKind::kDeviceKeyUnusable;
  refused_as(key.error(), other ? kind : ErrorKind::kClaimKeyUnusable);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array kLabels{"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"};
  const std::string_view rest = as_text(data + 1, size - 1);
  const std::size_t form = data[0] % (kLabels.size() + 1);
  const std::string pem = form == kLabels.size() ? std::string(rest) : pem_block(kLabels[form], rest);
  if ((data[0] & 128) != 0) {
    read_claim_key(pem);
  } else {
    read_device_key(pem);
  }
  return 0;
}
