#include "core/file_advice_parts.hpp"

namespace fleet_provision {

Wanted wanted_of(FileRole role) {
  switch (role) {
    case FileRole::kClaimCertificate:
    case FileRole::kRoots: return Wanted::kCertificate;
    case FileRole::kClaimKey:
    case FileRole::kDeviceKey: return Wanted::kKey;
    case FileRole::kClaim: return Wanted::kCertificateAndKey;
    case FileRole::kCsr: return Wanted::kCsr;
  }
  return Wanted::kCertificate;
}

bool is_wanted(FileObject object, Wanted wanted) {
  const bool certificate = object == FileObject::kCertificate;
  const bool key = object == FileObject::kPrivateKey || object == FileObject::kEncryptedPrivateKey;
  switch (wanted) {
    case Wanted::kCertificate: return certificate;
    case Wanted::kKey: return key;
    case Wanted::kCsr: return object == FileObject::kCsr;
    case Wanted::kCertificateAndKey: return certificate || key;
  }
  return false;
}

std::string_view words(FileObject object) {
  switch (object) {
    case FileObject::kUnknown: return "something else";
    case FileObject::kCertificate: return "a certificate";
    case FileObject::kPrivateKey: return "a private key";
    case FileObject::kEncryptedPrivateKey: return "an encrypted private key";
    case FileObject::kPublicKey: return "a public key";
    case FileObject::kCsr: return "a certificate request (CSR)";
    case FileObject::kCrl: return "a certificate revocation list (CRL)";
    case FileObject::kPkcs7: return "PKCS#7 (.p7b, .p7c)";
    case FileObject::kPkcs12: return "PKCS#12 (.p12, .pfx)";
    case FileObject::kOpenSshKey: return "a private key in OpenSSH's own format";
    case FileObject::kTpmKey: return "a private key wrapped by a TPM";
    case FileObject::kEcParameters: return "EC parameters";
    case FileObject::kDhParameters: return "DH parameters";
    case FileObject::kPgp: return "an OpenPGP message or key";
    case FileObject::kAge: return "a file encrypted with age";
  }
  return "";
}

std::string_view words(Wanted wanted) {
  switch (wanted) {
    case Wanted::kCertificate: return "a certificate";
    case Wanted::kKey: return "a private key";
    case Wanted::kCsr: return "a certificate request (CSR)";
    case Wanted::kCertificateAndKey: return "a certificate and its private key";
  }
  return "";
}

std::string FileNames::in() const {
  return shell_word(path);
}

std::string FileNames::out(const char* ending) const {
  return new_file_word(path, ending);
}

std::string FileNames::into(const std::string& command) const {
  const std::string line = command + " > " + out();
  return secret ? "(umask 077; " + line + ")" : line;
}

std::string convert(const std::string& command) {
  return "convert it: " + command;
}

std::string not_there(Wanted wanted) {
  switch (wanted) {
    case Wanted::kCertificate: return "give the file with the line -----BEGIN CERTIFICATE-----";
    case Wanted::kKey: return "give the file with the line -----BEGIN PRIVATE KEY----- or similar";
    case Wanted::kCsr: return "give the file with the line -----BEGIN CERTIFICATE REQUEST-----";
    case Wanted::kCertificateAndKey: return "give the file that holds both, or use --claim-cert and --claim-key";
  }
  return "";
}

}  // namespace fleet_provision
