// The keysmith with keys in devices: what it knows of them, when it opens them, and what a CSR proves.
#include "adapters/keys/openssl_keysmith.hpp"
#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/fakes/fake_key_devices.hpp"
#include "tests/fakes/test_pki.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;

constexpr const char* kUri = "pkcs11:token=fleet;object=gateway";
constexpr const char* kHandle = "handle:0x81000002";

struct DeviceKeysmithFixture {
  Interrupt interrupt;
  std::shared_ptr<FakeKeyDevices> devices = std::make_shared<FakeKeyDevices>();
  OpensslKeysmith keysmith{interrupt, devices};
  TemporaryDirectory directory;
  fixture::Key key = fixture::ec_key();

  // OpenSSL's error queue must be empty after every test.
  ~DeviceKeysmithFixture() { CHECK(ERR_peek_error() == 0); }
};

fixture::Request parsed(const std::string& pem) {
  const OpensslHandle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return {PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr), X509_REQ_free};
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a key in a device has facts and no PEM, and signs a CSR") {
  const std::string uri = GENERATE(kUri, kHandle);
  for (const auto& made : {key, fixture::ec_key("P-384"), fixture::rsa_key(2048)}) {
    keysmith.forget_keys();
    const auto signer = devices->add(uri, made.get());
    devices->searches = 0;
    const auto opened = keysmith.open_key(uri);
    REQUIRE(opened);
    CHECK(text_of(opened->location) == uri);
    CHECK(opened->pem.empty());
    const auto csr = keysmith.make_csr(*opened, "CN=gateway-1");
    REQUIRE(csr);
    CHECK(csr->public_key_sha256 == opened->public_key_sha256);
    CHECK(X509_REQ_verify(parsed(csr->pem).get(), made.get()) == 1);
    const auto in_software = keysmith.read_key(Secret(fixture::pkcs8_pem(made)));
    REQUIRE(in_software);
    CHECK(in_software->public_key_sha256 == opened->public_key_sha256);
    CHECK(in_software->type == opened->type);
    // Opened once for everything that a run does with it, and proved by its CSR alone.
    const auto again = devices->open(opened->location, "the identity's key");
    REQUIRE(again);
    CHECK(devices->prove(*again, "the identity's key"));
    CHECK(devices->searches == 1);
    CHECK(signer->schemes.size() == 1);
  }
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a key that a TPM wrapped is copied as it is and used in the TPM") {
  const std::string pem = wrapped_pem(key.get());
  std::ofstream(directory / "key.pem") << pem;
  const auto signer = devices->add(pem, key.get());
  const auto opened = keysmith.open_key(directory / "key.pem");
  REQUIRE(opened);
  CHECK(opened->location == KeyLocation(TpmWrappedPem{kPrivateKeyFile}));
  CHECK(opened->pem.reveal() == pem);
  REQUIRE(keysmith.make_csr(*opened, "CN=gateway-1"));
  CHECK(signer->schemes.size() == 1);

  // Its facts are read without the TPM.
  OpensslKeysmith other(interrupt, std::make_shared<FakeKeyDevices>());
  const auto read = other.read_key(Secret(pem));
  REQUIRE(read);
  CHECK(read->location == opened->location);
  CHECK(read->public_key_sha256 == opened->public_key_sha256);
  CHECK(read->type == "ec-p256");
  CHECK(read->pem.reveal() == pem);
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a key for a handle is used in its wrapped form until it is settled") {
  const std::string pem = wrapped_pem(key.get());
  devices->add(pem, key.get());
  const auto read = keysmith.read_key(Secret(pem));
  REQUIRE(read);
  DeviceKey planned;
  planned.location = TpmHandle{0x81000002};
  planned.pem = Secret(pem);
  planned.public_key_sha256 = read->public_key_sha256;
  CHECK(keysmith.make_csr(planned, "CN=gateway-1"));
  devices->add(kHandle, key.get());
  planned.pem = {};
  keysmith.forget_keys();
  CHECK(keysmith.make_csr(planned, "CN=gateway-1"));
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a CSR that a device does not sign names the device's error") {
  const auto signer = devices->add(kUri, key.get());
  const auto opened = keysmith.open_key(kUri);
  REQUIRE(opened);
  signer->error = fail(ErrorKind::kTokenRemoved, "the token fleet was removed (CKR_DEVICE_REMOVED (0x32))").value();
  const auto csr = keysmith.make_csr(*opened, "CN=gateway-1");
  REQUIRE_FALSE(csr);
  CHECK(csr.error().kind == ErrorKind::kTokenRemoved);
  CHECK(csr.error().message == signer->error->message);
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a device with another private half than public half is found out") {
  const fixture::Key other = fixture::ec_key();
  devices->add(kUri, key.get(), other.get());
  const auto opened = keysmith.open_key(kUri);
  REQUIRE(opened);
  const auto csr = keysmith.make_csr(*opened, "CN=gateway-1");
  REQUIRE_FALSE(csr);
  CHECK(csr.error().kind == ErrorKind::kKeyUnsuitable);
  CHECK(csr.error().message.find(kUri) != std::string::npos);
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "errors of a device and unsuitable references are reported") {
  const auto absent = keysmith.open_key(kUri);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::kKeyNotFound);
  CHECK(absent.error().message == std::string("the device key ") + kUri + " is not there");
  const auto invalid = keysmith.open_key("handle:0x1");
  REQUIRE_FALSE(invalid);
  CHECK(invalid.error().kind == ErrorKind::kKeyUri);
  const fixture::Key small = fixture::rsa_key(1024);
  devices->add(kUri, small.get());
  const auto opened = keysmith.open_key(kUri);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::kKeyUnsuitable);
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a key in a file is neither settled, destroyed nor examined") {
  const auto made = keysmith.make_key({KeyType::kEcP256, FileStore{}});
  REQUIRE(made);
  CHECK(keysmith.settle_key(*made));
  CHECK(keysmith.destroy_key(made->location, made->public_key_sha256));
  CHECK(keysmith.examine_store({KeyType::kEcP256, FileStore{}}, {}).empty());
  const auto planned = keysmith.plan_key({KeyType::kEcP256, FileStore{}}, {});
  REQUIRE_FALSE(planned);
  CHECK(planned.error().kind == ErrorKind::kInternal);
  CHECK(devices->searches == 0);
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "each key is proved once by a signature of its own") {
  const fixture::Key other = fixture::ec_key();
  const auto signer = devices->add(kUri, key.get());
  const auto other_signer = devices->add(kHandle, other.get());
  const auto first = devices->open(Pkcs11Uri{kUri}, "the key");
  const auto second = devices->open(TpmHandle{0x81000002}, "the other key");
  REQUIRE(first);
  REQUIRE(second);
  for (int again = 0; again < 2; ++again) CHECK(devices->prove(*first, "the key"));
  CHECK(signer->schemes.size() == 1);
  CHECK(other_signer->schemes.empty());
  for (int again = 0; again < 2; ++again) CHECK(devices->prove(*second, "the other key"));
  CHECK(other_signer->schemes.size() == 1);
  devices->forget();
  CHECK(devices->searches == 2);
  const auto reopened = devices->open(Pkcs11Uri{kUri}, "the key");
  REQUIRE(reopened);
  CHECK(devices->searches == 3);
  CHECK(devices->prove(*reopened, "the key"));
  CHECK(signer->schemes.size() == 2);
  // A key in software needs no proof.
  CHECK(devices->prove(LoadedKey{}, "the key"));
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a proof that fails names the key once") {
  const fixture::Key other = fixture::ec_key();
  devices->add(kUri, key.get(), other.get());
  const auto foreign = devices->open(Pkcs11Uri{kUri}, "the key");
  REQUIRE(foreign);
  CHECK(devices->prove(*foreign, "the key").error().message ==
        "the key: the signature of the device does not fit the public key that it shows");
  const auto signer = devices->add(kHandle, key.get());
  const auto failing = devices->open(TpmHandle{0x81000002}, "the key");
  REQUIRE(failing);
  for (const char* message : {"the key cannot sign", "the token was removed"}) {
    signer->error = fail(ErrorKind::kTokenRemoved, message).value();
    const std::string said = devices->prove(*failing, "the key").error().message;
    CHECK(said == (message[4] == 'k' ? std::string(message) : std::string("the key: ") + message));
  }
}

TEST_CASE_METHOD(DeviceKeysmithFixture, "a key that is not there, or is another one, is not destroyed") {
  CHECK(keysmith.destroy_key(Pkcs11Uri{kUri}, std::string(64, 'a')));
  devices->add(kUri, key.get());
  CHECK(keysmith.destroy_key(Pkcs11Uri{kUri}, std::string(64, 'a')));
  devices->error = fail(ErrorKind::kTokenRemoved, "the token was removed").value();
  const auto destroyed = keysmith.destroy_key(Pkcs11Uri{kUri}, std::string(64, 'a'));
  REQUIRE_FALSE(destroyed);
  CHECK(destroyed.error().kind == ErrorKind::kTokenRemoved);
}

}  // namespace
}  // namespace fleet_provision
