// The file of `--ca-file`: refused by value, or roots in the store of a TLS context.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "adapters/network/trust_store.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("roots", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  // One context for all inputs, with a new store for each: a context takes longer than what is tested.
  static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  must_hold(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == static_cast<ssize_t>(size),
            "the file is written");
  X509_STORE* const store = X509_STORE_new();
  SSL_CTX_set_cert_store(context, store);
  TrustedRoots roots(path);
  const auto applied = roots.apply_to(*context);
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (!applied) {
    refused_as(applied.error(), ErrorKind::kCaFileUnusable);
    return 0;
  }
  must_hold(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) > 0, "a file that is taken has a root");
  const int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
  must_hold(roots.apply_to(*context).has_value(), "the roots can be used twice");
  must_hold(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) == count, "the roots stay the same");
  return 0;
}
