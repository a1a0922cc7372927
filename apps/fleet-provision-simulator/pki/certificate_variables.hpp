// The attributes of a certificate that policies can use (AWS IoT developer guide, "X.509 certificate policy
// variables").
#pragma once

#include <openssl/x509.h>

#include <map>
#include <string>

namespace fleet_provision::simulator {

/// `iot:Certificate.SerialNumber`, in decimal digits, and `iot:Certificate.Subject.…` and `iot:Certificate.Issuer.…` of
/// the names and alternative names, as far as the certificate has them. The second of several values of an attribute
/// is at `….1`, and so on up to the fifth. As with the service, a value with `*` or `?` or of more than 1024 characters
/// is left out.
[[nodiscard]] std::map<std::string, std::string> certificate_variables(const X509* certificate);

}  // namespace fleet_provision::simulator
