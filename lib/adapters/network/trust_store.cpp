#include "adapters/network/trust_store.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "adapters/keys/openssl_handles.hpp"
#include "adapters/system/named_file.hpp"
#include "adapters/system/resources.hpp"
#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

Result<void> trust_file(SSL_CTX& context, const std::string& path, std::string_view bytes) {
  const std::string name = "CA file " + printable(path);
  const std::string_view text = without_byte_order_mark(bytes);
  if (auto objection = objection_to(text, FileRole::kRoots, path)) {
    return fail(ErrorKind::kCaFileUnusable, name + " " + objection->what, std::move(objection->hint));
  }
  const OpensslHandle<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  std::size_t count = 0;
  ERR_clear_error();
  while (const OpensslHandle<X509> root{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, root.get()) == 1) ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = openssl_reason();
  if (at_end && count > 0) return {};
  return fail(ErrorKind::kCaFileUnusable, name + " cannot be parsed: " + reason + where_damaged(text, FileRole::kRoots),
              "copy the file again; it may be damaged");
}

constexpr unsigned kDescriptorsOfRoots = 2;

/// The value of an environment variable that OpenSSL also uses, else OpenSSL's built-in default.
std::string placed_by(const char* variable, const char* built_in) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : built_in;
}

/// Whether the directory holds root certificates under names that OpenSSL looks up, the hash of the subject:
/// `4a6481c9.0`.
bool holds_hashed_roots(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (file.size() > 9 && file[8] == '.' && is_lower_hex(std::string_view(file).substr(0, 8))) return true;
  }
  return false;
}

bool system_has_roots(const std::string& file, const std::string& directories) {
  std::error_code error;
  if (std::filesystem::file_size(file, error) > 0 && !error) return true;
  for (std::size_t start = 0; start <= directories.size();) {
    const std::size_t end = std::min(directories.find(':', start), directories.size());
    if (holds_hashed_roots(directories.substr(start, end - start))) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

Result<void> TrustedRoots::apply_to(ssl_ctx_st& context) {
  if (ca_file_) {
    if (!pem_) {
      FP_TRY_ASSIGN(pem_, read_named_file(*ca_file_, "CA file", ErrorKind::kCaFileUnusable));
    }
    return trust_file(context, *ca_file_, pem_->reveal());
  }
  const std::string file = placed_by(X509_get_default_cert_file_env(), X509_get_default_cert_file());
  const std::string directories = placed_by(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  // The checks below open files, and OpenSSL opens them again later.
  FP_TRY(need_descriptors(kDescriptorsOfRoots));
  if (!system_has_roots(file, directories)) {
    return fail(ErrorKind::kNoTrustStore,
                "this system has no trusted roots: neither " + printable(file) + " nor " + printable(directories) +
                    " holds a certificate",
                "install the package ca-certificates, or give root certificates with --ca-file");
  }
  SSL_CTX_set_default_verify_paths(&context);
  ERR_clear_error();
  return {};
}

}  // namespace fleet_provision
