// A root certificate for the fuzzer of TLS. Its key was thrown away after it had signed the certificates in the corpus,
// so nobody can complete a handshake.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "tests/fuzz/target.hpp"

namespace fleet_provision {

inline constexpr std::string_view kRoot =
    R"(-----BEGIN CERTIFICATE-----
MIIBkTCCATegAwIBAgIUNIE3FNYS9+GM5LueyElISy4JTLowCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwScm9vdCB3aXRob3V0IGEga2V5MCAXDTI2MTEyNzA3NDQwNloY
DzIxMjYxMTAzMDc0NDA2WjAdMRswGQYDVQQDDBJyb290IHdpdGhvdXQgYSBrZXkw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATGWBie1m8BDhseC6D15fEaM7xE8PlW
A5DWt3r+dIpiFF3IVnZZXubUh/YubEwd7HXOkkl7JUebrpL9ejoYRAPho1MwUTAd
BgNVHQ4EFgQUebmtiN9xgaL1epNSsBL2XNUdy6swHwYDVR0jBBgwFoAUebmtiN9x
gaL1epNSsBL2XNUdy6swDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF
AiEA9ranLRb1ludMkC/U3NHy2yl0ryf4jpg5zFeWEfvJf/ECIBBqDpdVMCENyqO7
QmtawoGDEgPLKkguiihNaWZ0Z4si
-----END CERTIFICATE-----
)";

/// The path of a file in memory with the root.
inline std::string file_of_root() {
  const int file = ::memfd_create("root", MFD_CLOEXEC);
  must_hold(::write(file, kRoot.data(), kRoot.size()) == static_cast<ssize_t>(kRoot.size()), "the root is written");
  return "/proc/self/fd/" + std::to_string(file);
}

}  // namespace fleet_provision
