#include "pki/certificate_variables.hpp"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

using Variables = std::map<std::string, std::string>;

constexpr std::size_t kCharactersMax = 1024;
constexpr int kValuesMax = 5;

struct NameAttribute {
  int nid;
  const char* name;
};
constexpr auto kNameAttributes = std::to_array<NameAttribute>({{NID_commonName, "CommonName"},
                                                               {NID_countryName, "Country"},
                                                               {NID_dnQualifier, "DistinguishedNameQualifier"},
                                                               {NID_generationQualifier, "GenerationQualifier"},
                                                               {NID_givenName, "GivenName"},
                                                               {NID_initials, "Initials"},
                                                               {NID_organizationName, "Organization"},
                                                               {NID_organizationalUnitName, "OrganizationalUnit"},
                                                               {NID_pseudonym, "Pseudonym"},
                                                               {NID_serialNumber, "SerialNumber"},
                                                               {NID_stateOrProvinceName, "State"},
                                                               {NID_surname, "Surname"},
                                                               {NID_title, "Title"}});

std::string utf8_of(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  std::string result(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return result;
}

// The first value has the plain name, the others their index.
void add(Variables& variables, const std::string& name, int index, const std::string& value) {
  if (value.empty() || index >= kValuesMax || !is_utf8(value)) return;
  if (value.find_first_of("*?") != std::string::npos || characters(value) > kCharactersMax) return;
  if (index == 0) variables[name] = value;
  variables[name + "." + std::to_string(index)] = value;
}

void add_name(Variables& variables, const std::string& prefix, const X509_NAME* name) {
  for (const auto& [nid, attribute] : kNameAttributes) {
    int index = 0;
    for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0; at = X509_NAME_get_index_by_NID(name, nid, at)) {
      add(variables, prefix + attribute, index++, utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
    }
  }
}

std::string address_of(const ASN1_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(bytes);
  const int family = size == 4 ? AF_INET : size == 16 ? AF_INET6 : AF_UNSPEC;
  if (inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

std::string one_line(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_alternative_names(Variables& variables, const std::string& prefix, const X509* certificate, int nid) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, nid, nullptr, nullptr)), &GENERAL_NAMES_free);
  if (!names) return;
  std::map<std::string, int> counts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    const auto put = [&](const char* kind, const std::string& value) {
      const std::string variable = prefix + "AlternativeName." + kind;
      add(variables, variable, counts[variable]++, value);
    };
    switch (name->type) {
      case GEN_EMAIL: put("RFC822Name", utf8_of(name->d.rfc822Name)); break;
      case GEN_DNS: put("DNSName", utf8_of(name->d.dNSName)); break;
      case GEN_DIRNAME: put("DirectoryName", one_line(name->d.directoryName)); break;
      case GEN_URI: put("UniformResourceIdentifier", utf8_of(name->d.uniformResourceIdentifier)); break;
      case GEN_IPADD: put("IPAddress", address_of(name->d.iPAddress)); break;
      default: break;  // AWS has no variable for the others.
    }
  }
}

}  // namespace

std::map<std::string, std::string> certificate_variables(const X509* certificate) {
  Variables variables;
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr), &BN_free);
  if (char* digits = serial ? BN_bn2dec(serial.get()) : nullptr; digits != nullptr) {
    variables["iot:Certificate.SerialNumber"] = digits;
    OPENSSL_free(digits);
  }
  add_name(variables, "iot:Certificate.Subject.", X509_get_subject_name(certificate));
  add_name(variables, "iot:Certificate.Issuer.", X509_get_issuer_name(certificate));
  add_alternative_names(variables, "iot:Certificate.Subject.", certificate, NID_subject_alt_name);
  add_alternative_names(variables, "iot:Certificate.Issuer.", certificate, NID_issuer_alt_name);
  return variables;
}

}  // namespace fleet_provision::simulator
