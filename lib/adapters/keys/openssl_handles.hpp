// Owning handles for OpenSSL's objects, without OpenSSL's headers.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"

struct asn1_object_st;
struct bio_st;
struct evp_md_ctx_st;
struct evp_pkey_ctx_st;
struct evp_pkey_st;
struct pkcs8_priv_key_info_st;
struct ssl_ctx_st;
struct ssl_st;
struct X509_name_st;
struct X509_pubkey_st;
struct X509_req_st;
struct x509_st;

namespace fleet_provision {

struct OpensslFree {
  void operator()(asn1_object_st* object) const noexcept;
  void operator()(bio_st* object) const noexcept;
  void operator()(evp_md_ctx_st* object) const noexcept;
  void operator()(evp_pkey_ctx_st* object) const noexcept;
  void operator()(evp_pkey_st* object) const noexcept;
  void operator()(pkcs8_priv_key_info_st* object) const noexcept;
  void operator()(ssl_ctx_st* object) const noexcept;
  void operator()(ssl_st* object) const noexcept;
  void operator()(X509_name_st* object) const noexcept;
  void operator()(X509_pubkey_st* object) const noexcept;
  void operator()(X509_req_st* object) const noexcept;
  void operator()(x509_st* object) const noexcept;
};

template <class Object>
using OpensslHandle = std::unique_ptr<Object, OpensslFree>;

/// OpenSSL's text for the newest entry in this thread's error queue; empties the queue.
[[nodiscard]] std::string openssl_reason();

/// The failure of a call that OpenSSL refuses only for want of memory or by a mistake of this program: `failed:
/// reason`, of the kind `internal`.
[[nodiscard]] Failure openssl_failure(const std::string& failed);

/// Empties this thread's error queue when a scope ends, so that an error of this scope is not attributed to a later
/// call.
class CleanErrorQueue {
 public:
  CleanErrorQueue() = default;
  CleanErrorQueue(const CleanErrorQueue&) = delete;
  CleanErrorQueue& operator=(const CleanErrorQueue&) = delete;
  ~CleanErrorQueue();
};

}  // namespace fleet_provision
