// Claims and identities whose key is in a device: proved before anything is sent, and reported by the device's own
// error.
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <optional>

#include "tests/fakes/fake_key_devices.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

constexpr const char* kUri = "pkcs11:token=fleet;object=claim";

OpensslHandle<EVP_PKEY> parse(const std::string& pem) {
  const OpensslHandle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return OpensslHandle<EVP_PKEY>(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

Error removed() {
  return fail(kTokenRemoved, "the token fleet was removed (CKR_DEVICE_REMOVED (0x32))", "plug it in").value();
}

/// A transport whose claim is in a device, with the broker that it connects to.
struct DeviceClaimFixture {
  explicit DeviceClaimFixture(int tls = 0, bool rsa = false) {
    CertificateWish wish;
    wish.rsa = rsa;
    claim = pki().issue(wish);
    key = parse(claim.key);
    BrokerOptions options = broker_options();
    options.client_root = pki().root();
    options.tls_version = tls;
    broker = std::make_unique<ScriptedBroker>(options, serve);
    files = std::make_unique<TransportFixture>(broker->port());
    certificate_file = files->files.write("device-claim.pem", claim.certificate);
    files->options.certificate_file = certificate_file;
    files->options.key_reference = kUri;
    signer = devices->add(kUri, key.get());
  }
  PahoTransport& transport() {
    if (!made) made.emplace(std::move(files->options), files->interrupt, files->observer, devices);
    return *made;
  }

  IssuedCertificate claim;
  std::string certificate_file;
  OpensslHandle<EVP_PKEY> key;
  std::unique_ptr<ScriptedBroker> broker;
  std::unique_ptr<TransportFixture> files;
  std::shared_ptr<FakeKeyDevices> devices = std::make_shared<FakeKeyDevices>();
  std::shared_ptr<SoftwareSigner> signer;
  std::optional<PahoTransport> made;
};

}  // namespace

TEST_CASE("a claim or an identity whose key is in a device connects") {
  const int tls = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool rsa = GENERATE(false, true);
  const bool identity = GENERATE(false, true);
  DeviceClaimFixture fixture(tls, rsa);
  PahoTransport& transport = fixture.transport();
  if (identity) {
    DeviceKey key;
    key.location = Pkcs11Uri{kUri};
    REQUIRE(transport.use_identity({fixture.claim.certificate, key}));
  } else {
    REQUIRE(transport.load_credentials());
  }
  // The proof, before anything is sent.
  CHECK(fixture.signer->schemes.size() == 1);
  const auto session = transport.connect(fixture.files->request);
  const auto answer = exchange(*session);
  session->close();
  REQUIRE(answer);
  CHECK(fixture.signer->schemes.size() == 2);
  CHECK(fixture.devices->searches == 1);
  transport.forget_credentials();
  REQUIRE(fixture.devices->open(Pkcs11Uri{kUri}, "the key"));
  CHECK(fixture.devices->searches == 2);
}

TEST_CASE("a claim key that a TPM wrapped connects") {
  DeviceClaimFixture fixture;
  const std::string pem = wrapped_pem(fixture.key.get());
  fixture.signer = fixture.devices->add(pem, fixture.key.get());
  fixture.files->options.key_reference = fixture.files->files.write("wrapped.pem", pem);
  REQUIRE(fixture.transport().load_credentials());
  const auto session = fixture.transport().connect(fixture.files->request);
  const auto answer = exchange(*session);
  session->close();
  CHECK(answer);
  CHECK(fixture.signer->schemes.size() == 2);
}

TEST_CASE("a key in a device that cannot be the claim's is reported before anything is sent") {
  struct Row {
    std::string name;
    std::function<void(DeviceClaimFixture&, EVP_PKEY*)> break_it;
    ErrorKind kind;
    std::string said;
  };
  const std::vector<Row> rows{
      {"another key", [](DeviceClaimFixture& b, EVP_PKEY* other) { b.devices->add(kUri, other); }, kClaimKeyMismatch,
       "claim key pkcs11:token=fleet;object=claim is not the key of claim certificate"},
      {"another private half", [](DeviceClaimFixture& b, EVP_PKEY* other) { b.devices->add(kUri, b.key.get(), other); },
       kKeyUnsuitable, "claim key pkcs11:token=fleet;object=claim: the signature"},
      {"no signature",
       [](DeviceClaimFixture& b, EVP_PKEY*) {
         b.signer->error = fail(kPinWrong, "the PIN is wrong (CKR_PIN_INCORRECT (0xa0))").value();
       },
       kPinWrong, "CKR_PIN_INCORRECT (0xa0)"},
      {"no device", [](DeviceClaimFixture& b, EVP_PKEY*) { b.devices->error = removed(); }, kTokenRemoved,
       "CKR_DEVICE_REMOVED (0x32)"},
  };
  const OpensslHandle<EVP_PKEY> other = parse(pki().claim().key);
  for (const Row& row : rows) {
    INFO(row.name);
    DeviceClaimFixture fixture;
    row.break_it(fixture, other.get());
    const auto loaded = fixture.transport().load_credentials();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().kind == row.kind);
    CHECK(loaded.error().phase == Phase::kLoad);
    INFO(loaded.error().message);
    CHECK(loaded.error().message.find(row.said) != std::string::npos);
    CHECK(fixture.broker->connections() == 0);
  }
}

TEST_CASE("the device's error is reported when a handshake fails for want of its signature") {
  const int tls = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  DeviceClaimFixture fixture(tls);
  REQUIRE(fixture.transport().load_credentials());
  fixture.signer->error = removed();
  const auto session = fixture.transport().connect(fixture.files->request);
  const auto answer = exchange(*session);
  session->close();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == kTokenRemoved);
  CHECK(answer.error().phase == Phase::kTls);
  CHECK(answer.error().message == removed().message);
  CHECK(answer.error().hint == removed().hint);
}

TEST_CASE("the files of a claim are proved without its device") {
  DeviceClaimFixture fixture;
  const auto proof = fixture.transport().prove_claim();
  REQUIRE(proof);
  CHECK(proof->certificate->subject == "CN=test");
  CHECK_FALSE(proof->key_fits);
  REQUIRE(proof->files.size() == 1);
  CHECK(proof->files.front().path == fixture.certificate_file);
  CHECK(fixture.devices->searches == 0);
}

TEST_CASE("a wrapped claim key is proved by its public half") {
  DeviceClaimFixture fixture;
  const bool fits = GENERATE(true, false);
  const OpensslHandle<EVP_PKEY> other = parse(pki().claim().key);
  fixture.files->options.key_reference =
      fixture.files->files.write("wrapped.pem", wrapped_pem(fits ? fixture.key.get() : other.get()));
  const auto proof = fixture.transport().prove_claim();
  REQUIRE(proof);
  CHECK(proof->key_fits == fits);
  CHECK(proof->files.size() == (fits ? 2 : 1));
  CHECK(fixture.devices->searches == 0);
}
