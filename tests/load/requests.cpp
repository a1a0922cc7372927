#include "tests/load/requests.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/load/openssl_objects.hpp"

namespace fleet_provision::load {
namespace {

using nlohmann::json;

std::string fresh_csr() {
  const Key key(EVP_EC_gen("P-256"));
  const SigningRequest request(X509_REQ_new());
  const Bio bio(BIO_new(BIO_s_mem()));
  const auto* subject = reinterpret_cast<const unsigned char*>("fleet-provision");
  if (!key || !request || !bio ||
      X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8, subject, -1, -1, 0) !=
          1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    throw std::runtime_error("cannot make a CSR");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::string create_request() {
  return json{{"certificateSigningRequest", fresh_csr()}}.dump();
}

std::string register_request(const std::string& token, const std::string& serial_number) {
  return json{{"certificateOwnershipToken", token}, {"parameters", {{"SerialNumber", serial_number}}}}.dump();
}

std::optional<std::string> text_of(std::string_view answer, const char* name) {
  const json document = json::parse(answer, nullptr, false);
  if (!document.is_object() || !document.contains(name) || !document[name].is_string()) return std::nullopt;
  return document[name].get<std::string>();
}

}  // namespace fleet_provision::load
