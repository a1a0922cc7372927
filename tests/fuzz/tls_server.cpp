// The bytes of a server during the TLS handshake and after it, through OpenSSL to the error of a run. The first byte of
// the input says into how large pieces the bytes are cut. No server without our root gets through, and each failure is
// an error of a known kind.
#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "adapters/network/tls_connection.hpp"
#include "tests/fuzz/memory_network.hpp"
#include "tests/fuzz/refusal.hpp"
#include "tests/fuzz/tls_root.hpp"

using namespace fleet_provision;
using enum ErrorKind;

namespace {

constexpr std::array kKinds{kNotATlsServer,        kTlsUntrustedServer, kTlsNameMismatch,  kTlsServerExpired,
                            kTlsServerNotYetValid, kTlsVersion,         kTlsAlpn,          kTlsFailed,
                            kClaimRefused,         kConnectionLost,     kServerUnavailable};

/// Trusts one root whose key nobody has any more.
const TlsCredentials& credentials() {
  static const TlsCredentials made = [] {
    static const std::string file = file_of_root();
    TrustedRoots roots(file);
    auto loaded = TlsCredentials::roots_alone(roots);
    must_hold(loaded.has_value(), "the root can be read");
    return std::move(*loaded);
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Interrupt interrupt;
  static const Wait wait(interrupt, -1);
  static const TlsPeer peer{"a.example", "x-amzn-mqtt-ca", "a.example:8883 (192.0.2.1)", ""};
  const TlsCredentials& ours = credentials();
  memory_network::set_peer(as_text(data + 1, size - 1), 16U * (1U + data[0]));
  const auto opened = TlsConnection::open(Descriptor(), ours, peer, Instant::max(), wait);
  must_hold(!opened.has_value(), "nobody has the key of this server");
  const Error& error = opened.error();
  must_hold(std::find(kKinds.begin(), kKinds.end(), error.kind) != kKinds.end(), "a kind of TLS");
  refused_as(error, error.kind);
  must_hold(!error.hint.empty() && printable(error.hint, 8 * error.hint.size()) == error.hint,
            "a hint that can be shown");
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  return 0;
}
