// A CSR: of `--csr`, and of a client of the simulator. The first byte of the input says whether the rest is the DER of
// one or a PEM text. Both readers refuse by value, and what the gateway sends the simulator takes.
#include <fcntl.h>
#include <openssl/err.h>
#include <sys/mman.h>
#include <unistd.h>

#include "adapters/keys/openssl_keysmith.hpp"
#include "tests/fuzz/pem_block.hpp"
#include "tests/fuzz/refusal.hpp"

#ifdef WITH_SIMULATOR
#include "pki/signing_request.hpp"
#endif

using namespace fleet_provision;

namespace {

Result<Csr> open_csr(const std::string& pem) {
  static const int file = ::memfd_create("csr", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  static const Interrupt interrupt;
  must_hold(::ftruncate(file, 0) == 0 && ::pwrite(file, pem.data(), pem.size(), 0) == static_cast<ssize_t>(pem.size()),
            "the file is written");
  static OpensslKeysmith keysmith(interrupt, nullptr);
  return keysmith.open_csr(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = as_text(data + 1, size - 1);
  const std::string pem = (data[0] & 1) != 0 ? std::string(rest) : pem_block("CERTIFICATE REQUEST", rest);
  const auto csr = open_csr(pem);
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (csr) {
    must_hold(is_lower_hex(csr->public_key_sha256) && csr->public_key_sha256.size() == 64, "a digest is hex");
    must_hold(csr->pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"), "the CSR without the text around it");
  } else {
    refused_as(csr.error(), ErrorKind::kCsrUnusable);
  }
#ifdef WITH_SIMULATOR
  const auto read = simulator::read_signing_request(csr ? csr->pem : pem);
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (!read) {
    must_hold(read.error().error_code == "InvalidCertificateSigningRequest", "the service's error");
    must_hold(!csr, "the simulator takes what the gateway sends");
  }
#endif
  return 0;
}
