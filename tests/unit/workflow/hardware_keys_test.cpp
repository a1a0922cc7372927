// Keys that are made in a token or a TPM: which milestone is durable before the device makes a key, which keys are
// destroyed, and which never are.
#include "workflow/state/hardware_keys.hpp"
#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/commands/check.hpp"
#include "workflow/commands/rotate.hpp"
#include "workflow/commands/status.hpp"
#include "workflow/commands/verify.hpp"
#include "workflow/state/identity_files.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;
using fakes::Reaction;

namespace {

const KeyStore kDeviceToken = TokenStore{"pkcs11:token=fleet;object=device"};

struct HardwareFixture : WorkflowFixture {
  explicit HardwareFixture(const KeyStore& store = kDeviceToken) { use(store); }

  void use(const KeyStore& store) { plan.key_source = MakeKey{KeyType::kEcP256, store}; }

  Outcome rotation() {
    observer = std::make_unique<fakes::RunRecorder>();
    Outcome outcome = rotate(plan, ports());
    disk.release_lock();
    return outcome;
  }
  Ports ports() { return {transport, keysmith, disk, clock, *observer, &host_system}; }

  [[nodiscard]] std::vector<std::string> labels() const {
    std::vector<std::string> all;
    for (const auto& each : keysmith.devices.token) all.push_back(each.second.label);
    std::sort(all.begin(), all.end());
    return all;
  }

  /// Leaves an unfinished run whose certificate is not registered.
  void leave_certified() {
    plan.attempts = 1;
    service.react = [](Operation asked, unsigned) {
      return asked == Operation::kRegisterThing ? Reaction{Reaction::Kind::kNothing} : Reaction{};
    };
    CHECK(run().kind == OutcomeKind::kFailed);
    service.react = nullptr;
  }
};

Error device_error(ErrorKind kind, const std::string& message) {
  return fail(kind, message).value();
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("the token makes a key only after the journal has said which one") {
  HardwareFixture fixture;
  unsigned changes = 0;
  fixture.keysmith.devices.around = [&] {
    if (++changes == 1) {
      const std::string journal = fixture.disk.text("pending/journal").value_or("");
      CHECK(journal.find(R"("planned":{)") != std::string::npos);
      CHECK(journal.find("object=device") != std::string::npos);
      CHECK(fixture.disk.log.back() == "sync_directory ");
    }
  };
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.identity);
  CHECK(changes == 2);
  CHECK(fixture.labels() == Labels{"device"});
  CHECK(std::holds_alternative<Pkcs11Uri>(outcome.identity->key));
  CHECK(outcome.identity->key_made_here);
  CHECK_FALSE(fixture.disk.mode("identity/private-key.pem"));
}

TEST_CASE("a key in a file or wrapped by the TPM needs no plan and is a file") {
  for (const KeyStore& store : {KeyStore{FileStore{}}, KeyStore{TpmStore{}}}) {
    HardwareFixture fixture(store);
    const Outcome outcome = fixture.run();
    REQUIRE(outcome.identity);
    CHECK_FALSE(fixture.observer->recorded("location of the key"));
    CHECK(has_key_file(*outcome.identity));
    CHECK(outcome.identity->key_made_here);
    CHECK(fixture.disk.mode("identity/private-key.pem") == 0600U);
    // Reading the identity needs no device.
    const unsigned uses = fixture.keysmith.devices.uses;
    CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
    CHECK(read_state(fixture.disk, fixture.keysmith, *fixture.observer)->kind == StateKind::kProvisioned);
    CHECK(verify_installed(fixture.plan, fixture.ports()).kind == OutcomeKind::kVerified);
    CHECK(fixture.keysmith.devices.uses == uses);
  }
}

TEST_CASE("a resumed run knows a key that the TPM wrapped by its content") {
  HardwareFixture fixture(TpmStore{});
  fixture.leave_certified();
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.identity);
  CHECK(outcome.resumed);
  CHECK(outcome.identity->key == KeyLocation{TpmWrappedPem{kPrivateKeyFile}});
  CHECK(fixture.disk.text("identity/identity.json")->find(R"("keyStore": "tpm2")") != std::string::npos);
}

TEST_CASE("a run that was cut off before its key was persistent finds its handle in the journal") {
  HardwareFixture fixture(TpmStore{0x81000010});
  fixture.keysmith.devices.around = [] { throw fakes::PowerCut{}; };
  CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
  fixture.keysmith.devices.around = nullptr;
  fixture.disk.release_lock();
  REQUIRE(fixture.disk.mode("pending/private-key.pem"));
  REQUIRE(fixture.keysmith.devices.handles.empty());
  const unsigned made = fixture.keysmith.keys_made;
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.identity);
  CHECK(outcome.resumed);
  CHECK(fixture.keysmith.keys_made == made);
  CHECK(outcome.identity->key == KeyLocation{TpmHandle{0x81000010}});
}

TEST_CASE("a key for a handle is persistent before its certificate is requested, and its file is dropped") {
  HardwareFixture fixture(TpmStore{0x81000010});
  fixture.transport.around_publish = [&] {
    CHECK(fixture.keysmith.devices.handles.count(0x81000010) == 1);
    CHECK(fixture.disk.mode("pending/private-key.pem") == 0600U);
  };
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.identity);
  CHECK(outcome.identity->key == KeyLocation{TpmHandle{0x81000010}});
  CHECK_FALSE(fixture.disk.mode("identity/private-key.pem"));
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
}

TEST_CASE("a handle that another key took meanwhile ends the run before a certificate is requested") {
  HardwareFixture fixture(TpmStore{0x81000010});
  fixture.disk.before = [&](const std::string& operation) -> Result<void> {
    if (operation.starts_with("rename pending/journal")) fixture.keysmith.devices.handles[0x81000010] = "another";
    return {};
  };
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.error);
  CHECK(outcome.error->kind == kTpmHandleOccupied);
  CHECK(outcome.error->phase == Phase::kKey);
  CHECK(fixture.service.certificates.empty());
  // The other key is not destroyed with the discarded run.
  fixture.use(FileStore{});
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.keysmith.devices.handles.at(0x81000010) == "another");
}

TEST_CASE("with another key store the unfinished run's key is not used, and is destroyed") {
  for (const KeyStore& other : {KeyStore{FileStore{}}, KeyStore{TokenStore{"pkcs11:token=fleet;object=other"}}}) {
    HardwareFixture fixture;
    fixture.leave_certified();
    CHECK(fixture.labels() == Labels{"device"});
    fixture.use(other);
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(fixture.observer->recorded("options changed since the unfinished run: --key-store; its key is not used"));
    CHECK(fixture.observer->recorded("of the discarded run is destroyed"));
    CHECK(fixture.labels() == (std::holds_alternative<FileStore>(other) ? Labels{} : Labels{"other"}));
  }
}

TEST_CASE("a key that cannot be destroyed is a warning that names it") {
  HardwareFixture fixture;
  fixture.leave_certified();
  fixture.use(FileStore{});
  fixture.keysmith.devices.error = device_error(kTokenNotFound, "no token fleet");
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.observer->recorded("object=device"));
  CHECK(fixture.observer->recorded("stays in its token: no token fleet"));
  CHECK(fixture.labels() == Labels{"device"});
}

TEST_CASE("a key that cannot be made fails in the phase of keys, also where its place was planned already") {
  for (const bool planned : {false, true}) {
    HardwareFixture fixture;
    if (planned) {
      fixture.keysmith.devices.around = [] { throw fakes::PowerCut{}; };
      CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
      fixture.keysmith.devices.around = nullptr;
      fixture.disk.release_lock();
      REQUIRE(fixture.disk.text("pending/journal").value_or("").find("planned") != std::string::npos);
    }
    fixture.keysmith.devices.error = device_error(kTokenRemoved, "CKR_DEVICE_REMOVED (0x32)");
    const Outcome outcome = fixture.run();
    CHECK(failed_as(outcome) == kTokenRemoved);
    CHECK(outcome.error->phase == Phase::kKey);
  }
}

TEST_CASE("an interrupted destruction is repeated by the next run") {
  for (const ErrorKind signal : {kInterrupted, kTerminated}) {
    HardwareFixture fixture;
    fixture.leave_certified();
    fixture.use(FileStore{});
    fixture.keysmith.devices.error = device_error(signal, "stopped by a signal");
    CHECK(failed_as(fixture.run()) == signal);
    fixture.keysmith.devices.error.reset();
    CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(fixture.labels().empty());
  }
}

TEST_CASE("a run with a key that the user gave destroys none of the user's keys") {
  HardwareFixture fixture;
  fixture.keysmith.devices.token["\x01"] = {"own", fakes::fake_digest("own")};
  fixture.plan.key_source = ExistingKey{"pkcs11:token=fleet;object=own;id=%01"};
  fixture.leave_certified();
  fixture.use(kDeviceToken);
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.labels() == Labels{"device", "own"});
}

TEST_CASE(
    "the user's own key stays in its token when its identity is displaced, and a key in a file is not the token's") {
  HardwareFixture fixture;
  fixture.keysmith.devices.token["\x01"] = {"own", fakes::fake_digest("own")};
  fixture.plan.key_source = ExistingKey{"pkcs11:token=fleet;object=own;id=%01"};
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  fixture.plan.force = true;
  fixture.use(FileStore{});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(fixture.labels() == Labels{"own"});
    CHECK_FALSE(fixture.observer->recorded("is destroyed"));
  }
}

TEST_CASE("each rotation makes a key beside the one in use, and the displaced one is destroyed") {
  HardwareFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  CHECK(fixture.labels() == Labels{"device", "device-2"});
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  CHECK(fixture.labels() == Labels{"device-2", "device-3"});
  CHECK(fixture.observer->recorded("of the identity in previous/ is destroyed"));
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  CHECK(fixture.labels() == Labels{"device", "device-3"});
}

TEST_CASE("the displaced key is destroyed after the commit, which does not wait for the device") {
  HardwareFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  const std::string old = *fixture.disk.text("identity/certificate.pem");
  std::string installed;
  fixture.keysmith.devices.around = [&] {
    if (fixture.labels() == Labels{"device", "device-2", "device-3"}) {
      installed = fixture.disk.text("identity/certificate.pem").value_or("");
    }
  };
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  CHECK(installed != old);
}

TEST_CASE("a displaced key that cannot be destroyed does not fail the rotation") {
  HardwareFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  fixture.use(FileStore{});
  fixture.keysmith.devices.error = device_error(kTokenRemoved, "CKR_DEVICE_REMOVED (0x32)");
  const Outcome outcome = fixture.rotation();
  CHECK(outcome.kind == OutcomeKind::kRotated);
  CHECK(fixture.observer->recorded("of the identity in previous/ stays in its token: CKR_DEVICE_REMOVED (0x32)"));
  CHECK(fixture.labels() == Labels{"device", "device-2"});
}

TEST_CASE("a replaced identity that cannot become previous/ is a warning, and the next run finds it") {
  struct Row {
    KeyStore store;
    const char* refused;
  };
  for (const Row& row : {Row{FileStore{}, "rename pending previous"}, Row{kDeviceToken, "rename pending previous"},
                         Row{kDeviceToken, "remove_file previous/identity.json"}}) {
    INFO(row.refused);
    HardwareFixture fixture(row.store);
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
    CHECK(fixture.observer->warnings.empty());
    fixture.disk.before = [&row](const std::string& operation) -> Result<void> {
      return operation == row.refused ? Result<void>(fail(kDiskError, "broken")) : Result<void>();
    };
    CHECK(fixture.rotation().kind == OutcomeKind::kRotated);
    CHECK(fixture.observer->warnings == std::vector<std::string>{"the old identity stays in /state/pending: broken"});
    fixture.disk.before = nullptr;
    const auto replaced = fixture.disk.text("pending/certificate.pem");
    CHECK(fixture.rotation().kind == OutcomeKind::kRotated);
    CHECK(fixture.observer->warnings.empty());
    CHECK(replaced);
    CHECK_FALSE(fixture.disk.mode("pending"));
  }
}

TEST_CASE("a key that the user gave, or that identity/ still needs, is never destroyed") {
  HardwareFixture fixture;
  fixture.keysmith.devices.token["\x01"] = {"own", fakes::fake_digest("own")};
  fixture.plan.key_source = ExistingKey{"pkcs11:token=fleet;object=own;id=%01"};
  for (int n = 0; n < 4; ++n) {
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    fixture.plan.force = true;
    CHECK(fixture.labels() == Labels{"own"});
  }
  CHECK_FALSE(fixture.run().identity->key_made_here);

  HardwareFixture same;
  const Outcome first = same.run();
  REQUIRE(first.identity);
  same.plan.force = true;
  same.plan.key_source = ExistingKey{text_of(first.identity->key)};
  for (int n = 0; n < 3; ++n) {
    const Outcome outcome = same.run();
    REQUIRE(outcome.identity);
    CHECK(outcome.identity->key_made_here);
    CHECK(same.labels() == Labels{"device"});
  }
  // Once no identity has it, it is destroyed, because this program made it.
  same.use(FileStore{});
  REQUIRE(same.run().kind == OutcomeKind::kProvisioned);
  CHECK(same.labels() == Labels{"device"});
  REQUIRE(same.run().kind == OutcomeKind::kProvisioned);
  CHECK(same.labels().empty());

  // A key of the user beside a made one stays the user's.
  HardwareFixture beside;
  REQUIRE(beside.run().identity->key_made_here);
  beside.keysmith.devices.token["\x01"] = {"own", fakes::fake_digest("own")};
  beside.plan.force = true;
  beside.plan.key_source = ExistingKey{"pkcs11:token=fleet;object=own;id=%01"};
  CHECK_FALSE(beside.run().identity->key_made_here);
}

TEST_CASE("a key that identity/ names is kept also where its certificate cannot be read") {
  HardwareFixture fixture;
  const Outcome first = fixture.run();
  REQUIRE(first.identity);
  fixture.plan.force = true;
  fixture.plan.key_source = ExistingKey{text_of(first.identity->key)};
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  fixture.disk.put("identity/certificate.pem", "torn", 0644);
  CHECK_FALSE(displaced_key(fixture.disk, fixture.keysmith));
  REQUIRE(fixture.disk.remove_file("identity/identity.json"));
  CHECK(displaced_key(fixture.disk, fixture.keysmith));
}

TEST_CASE("a damaged identity names no key to destroy") {
  HardwareFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  fixture.disk.put("previous/certificate.pem", "torn", 0644);
  REQUIRE(fixture.rotation().kind == OutcomeKind::kRotated);
  CHECK(fixture.labels() == Labels{"device", "device-2", "device-3"});
}

TEST_CASE("a run that planned its key goes on with it, and status says so") {
  HardwareFixture fixture;
  fixture.keysmith.devices.around = [] { throw fakes::PowerCut{}; };
  CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
  fixture.disk.release_lock();
  fixture.keysmith.devices.around = nullptr;
  const auto state = read_state(fixture.disk, fixture.keysmith, *fixture.observer);
  REQUIRE(state);
  REQUIRE(state->pending);
  CHECK(state->pending->reached == Milestone::kKeyPlanned);
  CHECK(state->pending->waits_for == "making its key in the token");
  const Outcome outcome = fixture.run();
  CHECK(outcome.resumed);
  CHECK(fixture.observer->recorded("resuming an unfinished run at key-planned"));
  CHECK(fixture.labels() == Labels{"device"});
}

TEST_CASE("the program of --on-success gets the URI of a key in hardware") {
  HardwareFixture fixture;
  fixture.plan.on_success = "/usr/bin/hook";
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.identity);
  REQUIRE(fixture.host_system.calls.size() == 1);
  bool found = false;
  for (const auto& [name, value] : fixture.host_system.calls[0].variables) {
    found = found || (name == "FLEET_PROVISIONED_PRIVATE_KEY" && value == text_of(outcome.identity->key));
  }
  CHECK(found);
}
