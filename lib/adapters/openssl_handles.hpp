// OpenSSL's objects with one owner each, without OpenSSL's headers.
#pragma once

#include <memory>
#include <string>

struct bio_st;
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

namespace fleet_provision {

struct OpensslFree {
  void operator()(bio_st* object) const noexcept;
  void operator()(evp_pkey_st* object) const noexcept;
  void operator()(ssl_ctx_st* object) const noexcept;
  void operator()(ssl_st* object) const noexcept;
  void operator()(x509_st* object) const noexcept;
};

template <class Object>
using OpensslHandle = std::unique_ptr<Object, OpensslFree>;

/// The reason of the newest entry in this thread's queue of errors, in OpenSSL's words; the queue is emptied.
[[nodiscard]] std::string openssl_reason();

}  // namespace fleet_provision
