// Certificates like the service's (docs/service.md, "The certificate it issues"), and the CSRs it refuses.
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <thread>

#include "device.hpp"
#include "pki/certificate_variables.hpp"
#include "pki/issuer.hpp"
#include "pki/pki.hpp"
#include "pki/rsa_key_pool.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;

namespace {

struct IssuerFixture {
  TemporaryDirectory directory;
  Pki pki = *prepare_pki(directory / "pki", {"localhost", "::1", "gateway.example"});
  std::unique_ptr<Issuer> issuer = *open_issuer(pki.device_issuer_certificate, pki.device_issuer_key);

  std::string rejection(const std::string& csr) {
    const auto issued = issuer->issue_for_csr(csr, {});
    return issued ? std::string("issued") : issued.error().error_message;
  }
};

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%FT%TZ", &parts);
  return text;
}

}  // namespace

TEST_CASE("the policy variables of a certificate are what it has") {
  const Certificate certificate(X509_new());
  X509* x509 = certificate.get();
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, "921285cbb7a5e086");
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
  BN_free(number);
  X509_NAME* subject = X509_get_subject_name(x509);
  const auto add = [&](const char* type, const std::string& value) {
    X509_NAME_add_entry_by_txt(subject, type, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.c_str()), -1,
                               -1, 0);
  };
  add("CN", "gateway");
  for (const char* unit : {"a", "b*", "c", "d", "e", "f"}) add("OU", unit);
  add("SN", "Multi Color");
  add("serialNumber", "123");
  add("title", "ü");
  X509_NAME_add_entry_by_txt(X509_get_issuer_name(x509), "C", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("DE"), -1, -1, 0);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                              "DNS:a.example,DNS:b.example,IP:::1,email:a@b.example,URI:urn:a");
  REQUIRE(names != nullptr);
  X509_add_ext(x509, names, -1);
  X509_EXTENSION_free(names);
  using Variables = std::map<std::string, std::string>;
  const std::string names_of = "iot:Certificate.Subject.AlternativeName.";
  const Variables expected{{"iot:Certificate.SerialNumber", "10525622389124227206"},
                           {"iot:Certificate.Subject.CommonName", "gateway"},
                           {"iot:Certificate.Subject.CommonName.0", "gateway"},
                           {"iot:Certificate.Subject.OrganizationalUnit", "a"},
                           {"iot:Certificate.Subject.OrganizationalUnit.0", "a"},
                           {"iot:Certificate.Subject.OrganizationalUnit.2", "c"},
                           {"iot:Certificate.Subject.OrganizationalUnit.3", "d"},
                           {"iot:Certificate.Subject.OrganizationalUnit.4", "e"},
                           {"iot:Certificate.Subject.Surname", "Multi Color"},
                           {"iot:Certificate.Subject.Surname.0", "Multi Color"},
                           {"iot:Certificate.Subject.SerialNumber", "123"},
                           {"iot:Certificate.Subject.SerialNumber.0", "123"},
                           {"iot:Certificate.Subject.Title", "ü"},
                           {"iot:Certificate.Subject.Title.0", "ü"},
                           {"iot:Certificate.Issuer.Country", "DE"},
                           {"iot:Certificate.Issuer.Country.0", "DE"},
                           {names_of + "DNSName", "a.example"},
                           {names_of + "DNSName.0", "a.example"},
                           {names_of + "DNSName.1", "b.example"},
                           {names_of + "IPAddress", "::1"},
                           {names_of + "IPAddress.0", "::1"},
                           {names_of + "RFC822Name", "a@b.example"},
                           {names_of + "RFC822Name.0", "a@b.example"},
                           {names_of + "UniformResourceIdentifier", "urn:a"},
                           {names_of + "UniformResourceIdentifier.0", "urn:a"}};
  CHECK(certificate_variables(x509) == expected);
}

TEST_CASE("an issued certificate looks like the service's") {
  IssuerFixture fixture;
  const Key key = make_ec_key();
  const auto issued = fixture.issuer->issue_for_csr(make_csr(key.get()), {});
  REQUIRE(issued);
  const Certificate certificate = certificate_from_pem(issued->pem);
  X509* x509 = certificate.get();
  CHECK(issued->id == fingerprint(x509));
  CHECK(issued->pem.back() == '\n');
  CHECK(X509_check_private_key(x509, key.get()) == 1);
  CHECK(common_name(x509) == "AWS IoT Certificate");
  const X509_NAME* issuer = X509_get_issuer_name(x509);
  REQUIRE(X509_NAME_entry_count(issuer) == 1);
  const ASN1_STRING* unit = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, 0));
  CHECK(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(unit))) ==
        "Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US");
  CHECK(text_of(X509_get0_notAfter(x509)) == "2049-12-31T23:59:59Z");
  CHECK(X509_cmp_current_time(X509_get0_notBefore(x509)) < 0);
  CHECK(ASN1_STRING_length(X509_get0_serialNumber(x509)) == 20);
  CHECK(X509_get_signature_nid(x509) == NID_sha256WithRSAEncryption);
  CHECK(X509_get_extension_flags(x509) & EXFLAG_BCONS);
  CHECK_FALSE(X509_check_ca(x509));
  CHECK(X509_get_key_usage(x509) == KU_DIGITAL_SIGNATURE);
  CHECK(X509_get0_subject_key_id(x509) != nullptr);
  CHECK(X509_get0_authority_key_id(x509) != nullptr);
  CHECK(X509_get_ext_count(x509) == 4);
  const auto again = fixture.issuer->issue_for_csr(make_csr(key.get()), {});
  CHECK(again->id != issued->id);
}

TEST_CASE("certificates can be made wrong on purpose") {
  IssuerFixture fixture;
  const Key key = make_ec_key();
  const auto with = [&](IssueFaults faults) {
    return certificate_from_pem(fixture.issuer->issue_for_csr(make_csr(key.get()), faults)->pem);
  };
  CHECK(X509_check_private_key(with({true, false, false}).get(), key.get()) != 1);
  CHECK(X509_cmp_current_time(X509_get0_notAfter(with({false, true, false}).get())) < 0);
  CHECK(X509_cmp_current_time(X509_get0_notBefore(with({false, false, true}).get())) > 0);
}

TEST_CASE("a CSR that the service would not take is refused by its cause") {
  IssuerFixture fixture;
  const auto rsa = [](unsigned bits) { return Key(EVP_RSA_gen(bits)); };
  const auto curve = [](const char* name) { return Key(EVP_EC_gen(name)); };
  for (const char* name : {"P-256", "P-384", "P-521"})
    CHECK(fixture.rejection(make_csr(curve(name).get())) == "issued");
  CHECK(fixture.rejection(make_csr(rsa(2048).get(), EVP_sha512())) == "issued");
  CHECK(fixture.rejection(make_csr(rsa(1024).get())).find("fewer than 2048") != std::string::npos);
  CHECK(fixture.rejection(make_csr(curve("P-224").get())).find("curve") != std::string::npos);
  const Key ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  CHECK(fixture.rejection(make_csr(ed25519.get(), nullptr)).find("neither RSA nor EC") != std::string::npos);
  CHECK(fixture.rejection(make_csr(make_ec_key().get(), EVP_sha1())).find("SHA-256") != std::string::npos);
  CHECK(fixture.rejection("rubbish").find("cannot be parsed") != std::string::npos);
  CHECK(fixture.rejection("").find("cannot be parsed") != std::string::npos);
  std::string broken = make_csr(make_ec_key().get());
  // Changes a letter in the middle of the signature.
  char& letter = broken[broken.size() - 60];
  letter = letter == 'A' ? 'B' : 'A';
  CHECK(fixture.rejection(broken) != "issued");
}

TEST_CASE("a PKI is kept, and the server's names are new at each start") {
  const TemporaryDirectory directory;
  const auto first = prepare_pki(directory / "pki", {"localhost"});
  REQUIRE(first);
  const auto second = prepare_pki(directory / "pki", {"localhost", "bench.example", "192.0.2.7"});
  REQUIRE(second);
  CHECK(first->claim_certificate_id == second->claim_certificate_id);
  std::ifstream file(second->server_certificate);
  const std::string pem(std::istreambuf_iterator<char>(file), {});
  const Certificate server = certificate_from_pem(pem);
  CHECK(X509_check_host(server.get(), "bench.example", 0, 0, nullptr) == 1);
  CHECK(X509_check_ip_asc(server.get(), "192.0.2.7", 0) == 1);
  CHECK(X509_check_ip_asc(server.get(), "192.0.2.8", 0) == 0);
}

TEST_CASE("keys are made ahead, each another, and an unfinished one is given up") {
  RsaKeyPool keys;
  for (int i = 0; i < 2; ++i) {
    while (!keys.ready()) std::this_thread::yield();
    const Key ahead = keys.take();
    // The pool is empty, so the call generates the key.
    const Key now = keys.take();
    for (const auto* key : {ahead.get(), now.get()}) CHECK(EVP_PKEY_get_bits(key) == 2048);
    CHECK(EVP_PKEY_eq(ahead.get(), now.get()) != 1);
  }
  for (int i = 0; i < 20; ++i) {
    RsaKeyPool abandoned;
    CHECK_FALSE(abandoned.ready());
  }
  const std::atomic<bool> stopped{true};
  CHECK(make_rsa_key(stopped) == nullptr);
}
