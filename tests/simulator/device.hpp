// A device of the tests: a key, its CSR, and the certificate that it gets.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "mqtt_client.hpp"
#include "pki/x509.hpp"
#include "tests/support/simulator_process.hpp"

namespace fleet_provision::simulator {

using test::SimulatorProcess;
using test::TemporaryDirectory;

inline std::string make_csr(EVP_PKEY* key, const EVP_MD* digest = EVP_sha256()) {
  const SigningRequest request(X509_REQ_new());
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("device"), -1, -1, 0);
  X509_REQ_set_pubkey(request.get(), key);
  X509_REQ_sign(request.get(), key, digest);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// `$aws/certificates/create-from-csr/json`, … for one encoding.
inline std::string csr_topic(const std::string& encoding) {
  return "$aws/certificates/create-from-csr/" + encoding;
}
inline std::string keys_topic(const std::string& encoding) {
  return "$aws/certificates/create/" + encoding;
}
inline std::string register_topic(const std::string& encoding, const std::string& name = "gateway") {
  return "$aws/provisioning-templates/" + name + "/provision/" + encoding;
}

inline std::string encoded(const nlohmann::json& document, const std::string& encoding) {
  if (encoding == "json") return document.dump();
  const auto bytes = nlohmann::json::to_cbor(document);
  return {bytes.begin(), bytes.end()};
}
inline nlohmann::json decoded(const std::string& payload, const std::string& encoding) {
  return encoding == "json" ? nlohmann::json::parse(payload) : nlohmann::json::from_cbor(payload);
}

inline MqttClient::Identity claim_of(const SimulatorProcess& simulator) {
  return {simulator.text("claimCertificate"), simulator.text("claimKey")};
}

/// Writes the certificate and key of a device to files.
inline MqttClient::Identity save_identity(const TemporaryDirectory& directory, const std::string& certificate,
                                          const std::string& key) {
  MqttClient::Identity identity{directory / "device.pem", directory / "device.key"};
  std::ofstream(identity.certificate_file) << certificate;
  std::ofstream(identity.key_file) << key;
  return identity;
}

}  // namespace fleet_provision::simulator
