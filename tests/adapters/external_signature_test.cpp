// The options of a signature that a device makes, and what OpenSSL's functions say of its key.
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapters/keys/device/external_key.hpp"
#include "tests/adapters/device_keys.hpp"
#include "tests/fakes/software_signer.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

Error absent_device() {
  return fail(ErrorKind::kTokenRemoved, "the token fleet was removed (CKR_DEVICE_REMOVED (0x32))").value();
}

struct SignatureFixture {
  // OpenSSL's error queue must be empty after every test.
  ~SignatureFixture() { CHECK(ERR_peek_error() == 0); }
};

using fixture::device_key;

/// A signature of a device that is being made with `hash`, and its options.
struct Signing {
  explicit Signing(const SoftwareDevice& device, const EVP_MD* hash = EVP_sha256()) {
    REQUIRE(EVP_DigestSignInit(context.get(), &options, hash, nullptr, device.loaded.key.get()) == 1);
  }
  bool set(const char* name, std::string text) const {
    const OSSL_PARAM one[] = {OSSL_PARAM_construct_utf8_string(name, text.data(), 0), OSSL_PARAM_END};
    return EVP_PKEY_CTX_set_params(options, one) == 1;
  }
  bool set(const char* name, int number) const {
    const OSSL_PARAM one[] = {OSSL_PARAM_construct_int(name, &number), OSSL_PARAM_END};
    return EVP_PKEY_CTX_set_params(options, one) == 1;
  }
  [[nodiscard]] std::string text(const char* name) const {
    std::array<char, 64> bytes{};
    OSSL_PARAM one[] = {OSSL_PARAM_construct_utf8_string(name, bytes.data(), bytes.size()), OSSL_PARAM_END};
    return EVP_PKEY_CTX_get_params(options, one) == 1 ? bytes.data() : "no value";
  }
  [[nodiscard]] int number(const char* name) const {
    int number = -99;
    OSSL_PARAM one[] = {OSSL_PARAM_construct_int(name, &number), OSSL_PARAM_END};
    return EVP_PKEY_CTX_get_params(options, one) == 1 ? number : -99;
  }
  [[nodiscard]] bool sign() const {
    std::vector<unsigned char> signature(256);
    std::size_t size = signature.size();
    return EVP_DigestSignUpdate(context.get(), "a", 1) == 1 &&
           EVP_DigestSignFinal(context.get(), signature.data(), &size) == 1;
  }

  OpensslHandle<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* options = nullptr;
};

}  // namespace

TEST_CASE_METHOD(SignatureFixture, "the options of a signature have names and numbers") {
  const SoftwareDevice device = software_device(device_key("rsa"));
  const Signing signing(device);
  constexpr const char* kPadding = OSSL_SIGNATURE_PARAM_PAD_MODE;
  constexpr const char* kSalt = OSSL_SIGNATURE_PARAM_PSS_SALTLEN;
  CHECK(signing.text(OSSL_SIGNATURE_PARAM_DIGEST) == "SHA256");
  CHECK(signing.text(kPadding) == "pkcs1");
  CHECK(signing.number(kPadding) == RSA_PKCS1_PADDING);
  CHECK(signing.set(kPadding, "pss"));
  CHECK(signing.text(kPadding) == "pss");
  CHECK(signing.number(kPadding) == RSA_PKCS1_PSS_PADDING);
  CHECK(signing.text(kSalt) == "digest");
  CHECK(signing.number(kSalt) == RSA_PSS_SALTLEN_DIGEST);
  for (const char* good : {"digest", "32"}) CHECK(signing.set(kSalt, good));
  for (const char* bad : {"max", "31", "33", ""}) CHECK_FALSE(signing.set(kSalt, bad));
  for (const int bad : {31, 33, RSA_PSS_SALTLEN_AUTO, 0}) CHECK_FALSE(signing.set(kSalt, bad));
  for (const char* bad : {"oaep", "none", ""}) CHECK_FALSE(signing.set(kPadding, bad));
  CHECK(signing.text(kPadding) == "pss");
  for (const char* good : {"SHA256", "sha2-256", "Sha-256"}) CHECK(signing.set(OSSL_SIGNATURE_PARAM_DIGEST, good));
  for (const char* bad : {"SHA384", "SHA25", "SHA2566", "SHA1"})
    CHECK_FALSE(signing.set(OSSL_SIGNATURE_PARAM_DIGEST, bad));
  // What no certificate request has.
  std::array<unsigned char, 64> der{};
  OSSL_PARAM algorithm[] = {
      OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der.data(), der.size()), OSSL_PARAM_END};
  CHECK(EVP_PKEY_CTX_get_params(signing.options, algorithm) != 1);
  CHECK(signing.set(kPadding, "pkcs1"));
  CHECK(EVP_PKEY_CTX_get_params(signing.options, algorithm) == 1);

  const fixture::Key ec = fixture::ec_key();
  const SoftwareDevice ec_device = software_device(ec.get());
  const Signing of_ec(ec_device);
  CHECK_FALSE(of_ec.set(kPadding, "pkcs1"));
  CHECK(of_ec.text(OSSL_SIGNATURE_PARAM_DIGEST) == "SHA256");
  CHECK(of_ec.text(kPadding).empty());
  CHECK(OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(signing.options), kPadding) != nullptr);
  CHECK(OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(of_ec.options), kPadding) == nullptr);
  ERR_clear_error();
}

TEST_CASE_METHOD(SignatureFixture, "an error belongs to its own signature, and none is longer than its key says") {
  const SoftwareDevice device = software_device(device_key("rsa"));
  device.signer->error = absent_device();
  CHECK_FALSE(Signing(device).sign());
  device.signer->error.reset();
  CHECK(Signing(device).sign());
  CHECK_FALSE(device.loaded.failure->take());

  const SoftwareDevice foreign = software_device(device_key("rsa"), device_key("longer rsa"));
  CHECK_FALSE(Signing(foreign).sign());
  const auto error = foreign.loaded.failure->take();
  REQUIRE(error);
  CHECK(error->kind == ErrorKind::kKeyDeviceFailed);
  CHECK(error->message == "the key device made a signature of 384 bytes; the key has at most 256");
  ERR_clear_error();
}

namespace {

struct SignedRow {
  const char* key;
  const EVP_MD* (*hash)();
  bool pss;
};
const SignedRow kSignedRows[] = {
    {"rsa", EVP_sha256, false}, {"rsa", EVP_sha384, false}, {"rsa", EVP_sha512, false},
    {"rsa", EVP_sha256, true},  {"rsa", EVP_sha384, true},  {"rsa", EVP_sha512, true},
    {"ec", EVP_sha256, false},  {"ec", EVP_sha384, false},  {"ec-384", EVP_sha512, false},
};

/// Whether the key in software verifies the signature of `text`.
bool verifies(const SignedRow& row, const std::vector<unsigned char>& signature, const std::string& text) {
  const OpensslHandle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  REQUIRE(EVP_DigestVerifyInit(context.get(), &options, row.hash(), nullptr, device_key(row.key)) == 1);
  if (row.pss) REQUIRE(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
  if (row.pss) REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
  const bool good = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

TEST_CASE_METHOD(SignatureFixture, "a copy of a signature being made goes on with the same key, hash and padding") {
  for (const SignedRow& row : kSignedRows) {
    CAPTURE(row.key, EVP_MD_get0_name(row.hash()), row.pss);
    const SoftwareDevice device = software_device(device_key(row.key));
    const Signing original(device, row.hash());
    if (row.pss) REQUIRE(original.set(OSSL_SIGNATURE_PARAM_PAD_MODE, "pss"));
    REQUIRE(EVP_DigestSignUpdate(original.context.get(), "a", 1) == 1);
    const OpensslHandle<EVP_MD_CTX> copy(EVP_MD_CTX_new());
    REQUIRE(EVP_MD_CTX_copy_ex(copy.get(), original.context.get()) == 1);
    for (const auto& [context, text] : {std::pair(copy.get(), "b"), std::pair(original.context.get(), "c")}) {
      REQUIRE(EVP_DigestSignUpdate(context, text, 1) == 1);
      std::size_t size = 0;
      REQUIRE(EVP_DigestSignFinal(context, nullptr, &size) == 1);
      CHECK(size == static_cast<std::size_t>(EVP_PKEY_get_size(device_key(row.key))));
      std::vector<unsigned char> signature(size);
      REQUIRE(EVP_DigestSignFinal(context, signature.data(), &size) == 1);
      signature.resize(size);
      CHECK(verifies(row, signature, std::string("a") + text));
      CHECK_FALSE(verifies(row, signature, "a"));
    }
    device.signer->error = absent_device();
    const OpensslHandle<EVP_MD_CTX> failing(EVP_MD_CTX_new());
    REQUIRE(EVP_MD_CTX_copy_ex(failing.get(), original.context.get()) == 1);
    std::vector<unsigned char> bytes(512);
    std::size_t size = bytes.size();
    CHECK(EVP_DigestSignFinal(failing.get(), bytes.data(), &size) != 1);
    CHECK(device.loaded.failure->take());
    ERR_clear_error();
  }
}

TEST_CASE_METHOD(SignatureFixture, "each hash has its algorithm in a certificate request, its name and its salt") {
  struct Row {
    const char* key;
    const EVP_MD* (*hash)();
    const char* name;
    int salt;
    int algorithm;
  };
  const Row rows[] = {
      {"rsa", EVP_sha256, "SHA256", 32, NID_sha256WithRSAEncryption},
      {"rsa", EVP_sha384, "SHA384", 48, NID_sha384WithRSAEncryption},
      {"rsa", EVP_sha512, "SHA512", 64, NID_sha512WithRSAEncryption},
      {"ec", EVP_sha256, "SHA256", 0, NID_ecdsa_with_SHA256},
      {"ec", EVP_sha384, "SHA384", 0, NID_ecdsa_with_SHA384},
      {"ec-384", EVP_sha512, "SHA512", 0, NID_ecdsa_with_SHA512},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key, row.name);
    const SoftwareDevice device = software_device(device_key(row.key));
    const Signing signing(device, row.hash());
    CHECK(signing.text(OSSL_SIGNATURE_PARAM_DIGEST) == row.name);
    CHECK(signing.set(OSSL_SIGNATURE_PARAM_DIGEST, row.name));
    for (const char* name : {"SHA256", "SHA384", "SHA512"}) {
      CHECK(signing.set(OSSL_SIGNATURE_PARAM_DIGEST, name) == (std::string(name) == row.name));
    }
    std::array<unsigned char, 64> der{};
    OSSL_PARAM algorithm[] = {
        OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der.data(), der.size()), OSSL_PARAM_END};
    REQUIRE(EVP_PKEY_CTX_get_params(signing.options, algorithm) == 1);
    const unsigned char* at = der.data();
    const std::unique_ptr<X509_ALGOR, decltype(&X509_ALGOR_free)> read(
        d2i_X509_ALGOR(nullptr, &at, static_cast<long>(algorithm[0].return_size)), &X509_ALGOR_free);
    REQUIRE(read);
    const ASN1_OBJECT* type = nullptr;
    int parameters = 0;
    X509_ALGOR_get0(&type, &parameters, nullptr, read.get());
    CHECK(OBJ_obj2nid(type) == row.algorithm);
    CHECK(parameters == (row.salt > 0 ? V_ASN1_NULL : V_ASN1_UNDEF));
    // A buffer that is too small is an error.
    OSSL_PARAM small[] = {OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der.data(), 2),
                          OSSL_PARAM_END};
    CHECK(EVP_PKEY_CTX_get_params(signing.options, small) != 1);
    for (const int salt : {32, 48, 64}) {
      if (row.salt > 0) CHECK(signing.set(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, salt) == (salt == row.salt));
    }
    for (const char* name : {OSSL_SIGNATURE_PARAM_ALGORITHM_ID, OSSL_SIGNATURE_PARAM_DIGEST,
                             OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_SIGNATURE_PARAM_PSS_SALTLEN}) {
      CHECK(OSSL_PARAM_locate_const(EVP_PKEY_CTX_gettable_params(signing.options), name) != nullptr);
    }
    for (const char* name :
         {OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_SIGNATURE_PARAM_MGF1_DIGEST, OSSL_SIGNATURE_PARAM_PSS_SALTLEN}) {
      CHECK((OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(signing.options), name) != nullptr) ==
            (row.salt > 0));
    }
    CHECK(OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(signing.options), OSSL_SIGNATURE_PARAM_DIGEST) !=
          nullptr);
  }
  ERR_clear_error();
}

TEST_CASE_METHOD(SignatureFixture, "an option of a wrong type or an unknown value changes nothing") {
  const SoftwareDevice device = software_device(device_key("rsa"));
  const Signing signing(device);
  CHECK(signing.set(OSSL_SIGNATURE_PARAM_PAD_MODE, RSA_PKCS1_PSS_PADDING));
  for (const int bad : {0, 2, RSA_NO_PADDING, RSA_PKCS1_OAEP_PADDING, 5, 7}) {
    CHECK_FALSE(signing.set(OSSL_SIGNATURE_PARAM_PAD_MODE, bad));
  }
  CHECK(signing.number(OSSL_SIGNATURE_PARAM_PAD_MODE) == RSA_PKCS1_PSS_PADDING);
  CHECK(signing.set(OSSL_SIGNATURE_PARAM_PAD_MODE, RSA_PKCS1_PADDING));
  CHECK(signing.number(OSSL_SIGNATURE_PARAM_PAD_MODE) == RSA_PKCS1_PADDING);
  for (const int number : {0, 32, 256}) CHECK_FALSE(signing.set(OSSL_SIGNATURE_PARAM_DIGEST, number));
  for (const int number : {0, 32, 256}) CHECK_FALSE(signing.set(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, number));
  for (const char* good : {"SHA2-256", "sha-256", "SHA256", "sHa256"}) {
    CHECK(signing.set(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, good));
  }
  for (const char* bad : {"", "SHA1", "SHA384", "sha-512", "SHA2@256", "3HA256", "[HA256"}) {
    CHECK_FALSE(signing.set(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, bad));
  }
  OSSL_PARAM bytes[] = {OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_DIGEST, const_cast<char*>("SHA256"), 6),
                        OSSL_PARAM_END};
  CHECK(EVP_PKEY_CTX_set_params(signing.options, bytes) != 1);
  OSSL_PARAM padding[] = {OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_PAD_MODE, const_cast<char*>("pss"), 3),
                          OSSL_PARAM_END};
  CHECK(EVP_PKEY_CTX_set_params(signing.options, padding) != 1);
  OSSL_PARAM none[] = {OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0), OSSL_PARAM_END};
  CHECK(EVP_PKEY_CTX_set_params(signing.options, none) != 1);
  CHECK(signing.sign());
  ERR_clear_error();
}

TEST_CASE_METHOD(SignatureFixture, "without a hash the key's own is used, and a wrong one can be corrected") {
  const SoftwareDevice device = software_device(device_key("ec"));
  const Signing signing(device, nullptr);
  CHECK(signing.text(OSSL_SIGNATURE_PARAM_DIGEST) == "SHA256");
  CHECK(signing.sign());
  std::array<char, 32> name{};
  CHECK(EVP_PKEY_get_default_digest_name(device.loaded.key.get(), name.data(), name.size()) > 0);
  CHECK(std::string(name.data()) == "SHA256");
  for (const EVP_MD* bad : {EVP_sha1(), EVP_sha224(), EVP_md5(), EVP_sha3_256()}) {
    const OpensslHandle<EVP_MD_CTX> context(EVP_MD_CTX_new());
    CHECK(EVP_DigestSignInit(context.get(), nullptr, bad, nullptr, device.loaded.key.get()) != 1);
    ERR_clear_error();
  }
}

namespace {

class ThrowingSigner final : public ExternalSigner {
 public:
  Result<std::string> sign(const SignatureRequest& /*request*/) override { throw std::runtime_error("odd"); }
};

}  // namespace

TEST_CASE_METHOD(SignatureFixture, "an exception of a device is the error of its signature") {
  DeviceSigner device;
  device.public_half = copy_public_half(*device_key("ec"));
  device.signer = std::make_shared<ThrowingSigner>();
  const auto key = make_external_key(device);
  REQUIRE(key);
  const auto proved = prove_external_key(*key);
  REQUIRE_FALSE(proved);
  CHECK(proved.error().message == "the key device failed: odd");
}

TEST_CASE_METHOD(SignatureFixture, "a key of a device without its public half or signer is refused") {
  DeviceSigner device;
  CHECK(make_external_key(device).error().message == "the key of a device is incomplete");
  device.public_half = copy_public_half(*device_key("ec"));
  CHECK(make_external_key(device).error().kind == ErrorKind::kInternal);
  device.public_half = nullptr;
  device.signer = std::make_shared<ThrowingSigner>();
  CHECK(make_external_key(device).error().kind == ErrorKind::kInternal);
  CHECK_FALSE(share({}).key);
}

TEST_CASE_METHOD(SignatureFixture, "a shared key outlives the first owner") {
  SoftwareDevice device = software_device(device_key("ec"));
  const LoadedKey shared = share(device.loaded);
  CHECK(shared.failure == device.loaded.failure);
  device.loaded.key.reset();
  CHECK(prove_external_key(shared));
}
