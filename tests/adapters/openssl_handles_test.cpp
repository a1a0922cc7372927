// Each handle gives its object back to OpenSSL.
#include "adapters/keys/openssl_handles.hpp"

#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

/// Bytes that the program has allocated; 0 where a sanitizer has replaced the allocator.
std::size_t allocated() {
  return ::mallinfo2().uordblks;
}

template <class Object>
void make_and_drop(Object* object) {
  REQUIRE(object != nullptr);
  const OpensslHandle<Object> handle(object);
}

}  // namespace

TEST_CASE("what a handle owns is freed with it") {
  const OpensslHandle<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  struct Row {
    std::string name;
    std::function<void()> make;
  };
  const std::vector<Row> rows = {
      {"ASN1_OBJECT", [] { make_and_drop(OBJ_txt2obj("1.2.3.4.5.6.7", 1)); }},
      {"BIO", [] { make_and_drop(BIO_push(BIO_new(BIO_f_base64()), BIO_new(BIO_s_mem()))); }},
      {"EVP_MD_CTX", [] { make_and_drop(EVP_MD_CTX_new()); }},
      {"EVP_PKEY_CTX", [] { make_and_drop(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr)); }},
      {"EVP_PKEY", [] { make_and_drop(EVP_PKEY_new()); }},
      {"PKCS8_PRIV_KEY_INFO", [] { make_and_drop(PKCS8_PRIV_KEY_INFO_new()); }},
      {"SSL_CTX", [] { make_and_drop(SSL_CTX_new(TLS_client_method())); }},
      {"SSL", [&] { make_and_drop(SSL_new(context.get())); }},
      {"X509_NAME", [] { make_and_drop(X509_NAME_new()); }},
      {"X509_PUBKEY", [] { make_and_drop(X509_PUBKEY_new()); }},
      {"X509_REQ", [] { make_and_drop(X509_REQ_new()); }},
      {"X509", [] { make_and_drop(X509_new()); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    // The allocator and OpenSSL keep some memory for the next objects.
    for (int i = 0; i < 300; ++i) row.make();
    const std::size_t before = allocated();
    for (int i = 0; i < 50; ++i) row.make();
    // Fifty of the smallest would be 3,000 bytes; a context or session has many parts, which the allocator moves about.
    const bool large = row.name.starts_with("SSL");
    CHECK(allocated() <= before + (large ? 20'000 : 1'000));
  }
}

TEST_CASE("the newest error of OpenSSL has a reason, and is told once") {
  ERR_clear_error();
  CHECK(openssl_reason() == "no reason given");
  REQUIRE(OBJ_txt2obj("1.2.x", 1) == nullptr);
  CHECK(openssl_reason() == "invalid digit");
  CHECK(openssl_reason() == "no reason given");
  {
    const CleanErrorQueue clean;
    REQUIRE(OBJ_txt2obj("1.2.x", 1) == nullptr);
  }
  CHECK(ERR_peek_error() == 0);
  // A library that OpenSSL does not know.
  ERR_raise(200, 7);
  CHECK(openssl_reason().starts_with("error:"));
  REQUIRE(OBJ_txt2obj("1.2.x", 1) == nullptr);
  const Error error = openssl_failure("cannot do it").value();
  CHECK(error.kind == ErrorKind::kInternal);
  CHECK(error.message == "cannot do it: invalid digit");
}
