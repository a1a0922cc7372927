// rotate: the identity requests its successor, which is verified before it replaces the identity.
#include "workflow/commands/rotate.hpp"

#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using enum ErrorKind;
using Kind = fakes::Reaction::Kind;

namespace {

/// A gateway that is provisioned; `rotation` is a run of the command on it.
struct Provisioned : WorkflowFixture {
  Provisioned() {
    REQUIRE(run().kind == OutcomeKind::kProvisioned);
    first = certificate();
  }

  Outcome rotation() {
    observer = std::make_unique<fakes::RunRecorder>();
    const Ports ports{transport, keysmith, disk, clock, *observer, &host_system};
    Outcome outcome = rotate(plan, ports);
    disk.release_lock();
    CHECK((outcome.kind == OutcomeKind::kFailed) == outcome.error.has_value());
    CHECK(transport.closed == transport.connections.size());
    if (outcome.kind != OutcomeKind::kFailed) CHECK(!disk.mode("pending"));
    return outcome;
  }

  void rotate_with_failing_program() {
    plan.on_success = "/usr/bin/hook";
    host_system.program_error = Error{};
    host_system.program_error->kind = kOnSuccessFailed;
    CHECK(failed_as(rotation()) == kOnSuccessFailed);
  }

  [[nodiscard]] std::string certificate() { return disk.text("identity/certificate.pem").value_or(""); }
  [[nodiscard]] std::string field(const std::string& name) {
    const std::string json = disk.text("identity/identity.json").value_or("");
    const std::size_t at = json.find("\"" + name + "\": ");
    return at == std::string::npos ? "" : json.substr(at, json.find('\n', at) - at);
  }

  /// The outcome of a provision run, also during an unfinished rotation.
  OutcomeKind found() {
    const Ports ports{transport, keysmith, disk, clock, *observer, &host_system};
    return provision(plan, ports).kind;
  }

  std::string first;
};

}  // namespace

TEST_CASE("the current identity requests its successor, which connects before it is installed") {
  Provisioned gateway;
  const std::string digest = gateway.field("requestDigest");
  const std::size_t before = gateway.transport.connections.size();
  std::vector<std::string> spoke_as;
  gateway.transport.on_established = [&](const ConnectRequest& request) -> std::optional<Error> {
    CHECK(request.client_id == "gateway-1");
    CHECK(gateway.certificate() == gateway.first);
    spoke_as.push_back(gateway.transport.speaks_as);
    return std::nullopt;
  };
  const unsigned claims = gateway.transport.credentials_loaded;
  const Outcome outcome = gateway.rotation();
  REQUIRE(outcome.kind == OutcomeKind::kRotated);
  CHECK(outcome.certificates_requested == 1);
  CHECK(outcome.identity->thing_name == "gateway-1");
  CHECK(outcome.identity->verified_at);
  CHECK(gateway.transport.credentials_loaded == claims);
  REQUIRE(gateway.transport.connections.size() == before + 2);
  REQUIRE(spoke_as.size() == 2);
  CHECK(spoke_as[0] == gateway.first);
  CHECK(spoke_as[1] == gateway.certificate());
  CHECK(gateway.certificate() != gateway.first);
  CHECK(gateway.disk.text("previous/certificate.pem") == gateway.first);
  // The next run of provision recognises the identity of its request.
  CHECK(gateway.field("requestDigest") == digest);
  gateway.transport.on_established = nullptr;
  CHECK(gateway.found() == OutcomeKind::kAlreadyProvisioned);
}

TEST_CASE("whatever goes wrong, the present identity stays and works") {
  struct Row {
    const char* name;
    Operation operation;
    fakes::Reaction reaction;
    ErrorKind kind;
  };
  const Row rows[] = {
      {"create rejected",
       Operation::kCreateCertificateFromCsr,
       {.kind = Kind::kReject, .words = {400, "InvalidParameters", "no"}},
       kRejected},
      {"register rejected",
       Operation::kRegisterThing,
       {.kind = Kind::kReject, .words = {403, "AccessDenied", "no"}},
       kRejected},
      {"kept out", Operation::kCreateCertificateFromCsr, {Kind::kPubackRefused}, kPolicyPublish},
      {"expired", Operation::kCreateCertificateFromCsr, {Kind::kExpired}, kIssuedCertificateExpired},
      {"no thing", Operation::kRegisterThing, {Kind::kNoThingName}, kOtherIdentity},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Provisioned gateway;
    gateway.service.react = [&row](Operation operation, unsigned) {
      return operation == row.operation ? row.reaction : fakes::Reaction{};
    };
    const Outcome outcome = gateway.rotation();
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == row.kind);
    CHECK(gateway.certificate() == gateway.first);
    CHECK(gateway.found() == OutcomeKind::kAlreadyProvisioned);
  }
}

TEST_CASE("a successor that the service refuses is never installed, and is resumed later") {
  Provisioned gateway;
  gateway.transport.on_established = [&gateway](const ConnectRequest&) -> std::optional<Error> {
    if (gateway.transport.speaks_as == gateway.first) return std::nullopt;
    return network_error(kPolicyConnect, Phase::kMqtt, std::chrono::milliseconds{50});
  };
  CHECK(gateway.rotation().error->kind == kIdentityRefused);
  CHECK(gateway.certificate() == gateway.first);
  const std::size_t made = gateway.service.certificates.size();

  gateway.transport.on_established = nullptr;
  const Outcome later = gateway.rotation();
  CHECK(later.kind == OutcomeKind::kRotated);
  CHECK(later.resumed);
  CHECK(gateway.service.certificates.size() == made);
  CHECK(gateway.certificate() != gateway.first);
}

TEST_CASE("what a refused rotation says is about the identity, not about a claim") {
  Provisioned gateway;
  gateway.plan.attempts = 1;
  gateway.service.react = [](Operation, unsigned) { return fakes::Reaction{Kind::kPubackRefused}; };
  const Outcome outcome = gateway.rotation();
  REQUIRE(outcome.error);
  CHECK(outcome.error->kind == kPolicyPublish);
  CHECK(outcome.error->message.find("claim") == std::string::npos);
  CHECK(outcome.error->hint.starts_with("the identity's policy must allow iot:Publish on "));
}

TEST_CASE("another gateway's parameters, another endpoint and an empty directory are refused before the network") {
  Provisioned gateway;
  const std::size_t connections = gateway.transport.connections.size();
  const std::string endpoint = gateway.plan.endpoint.host;
  gateway.plan.parameters = {{"SerialNumber", "4712"}};
  const Outcome other_gateway = gateway.rotation();
  CHECK(failed_as(other_gateway) == kOtherIdentity);
  CHECK(other_gateway.error->message.ends_with(", made with other parameters"));
  gateway.plan.parameters = {{"SerialNumber", "4711"}};
  gateway.plan.endpoint.host = "elsewhere";
  const Outcome elsewhere = gateway.rotation();
  CHECK(failed_as(elsewhere) == kOtherIdentity);
  CHECK(elsewhere.error->message.ends_with(", made at another endpoint (" + endpoint + ")"));
  CHECK(gateway.transport.connections.size() == connections);
  CHECK(gateway.certificate() == gateway.first);

  WorkflowFixture fresh;
  fakes::RunRecorder observer;
  const Ports ports{fresh.transport, fresh.keysmith, fresh.disk, fresh.clock, observer};
  CHECK(rotate(fresh.plan, ports).error->kind == kNotProvisioned);
  CHECK(!fresh.disk.mode("lock"));
}

TEST_CASE("a template made for rotation leaves the identity one of its first request") {
  Provisioned gateway;
  const std::string digest = gateway.field("requestDigest");
  gateway.plan.template_name = "rotation";
  CHECK(gateway.rotation().kind == OutcomeKind::kRotated);
  CHECK(gateway.field("requestDigest") == digest);
  CHECK(gateway.field("templateName") == "\"templateName\": \"gateway\",");
  gateway.plan.template_name = "gateway";
  CHECK(gateway.found() == OutcomeKind::kAlreadyProvisioned);
}

TEST_CASE("a rotation whose program failed is finished by the next one, without another certificate") {
  Provisioned gateway;
  gateway.rotate_with_failing_program();
  const std::string second = gateway.certificate();
  CHECK(second != gateway.first);
  gateway.host_system.program_error.reset();
  const Outcome later = gateway.rotation();
  CHECK(later.kind == OutcomeKind::kRotated);
  CHECK(later.resumed);
  CHECK(gateway.certificate() == second);
  CHECK(gateway.rotation().certificates_requested == 1);
}

TEST_CASE("a rotation without a program does not finish one whose program failed, but makes another certificate") {
  Provisioned gateway;
  gateway.rotate_with_failing_program();
  const std::string second = gateway.certificate();
  gateway.plan.on_success.reset();
  const Outcome later = gateway.rotation();
  CHECK(later.kind == OutcomeKind::kRotated);
  CHECK_FALSE(later.resumed);
  CHECK(gateway.certificate() != second);
}

TEST_CASE("the program runs for the successor too, and the key may come from the service") {
  Provisioned gateway;
  gateway.plan.on_success = "/usr/bin/hook";
  gateway.plan.method = Method::kKeys;
  const Outcome outcome = gateway.rotation();
  REQUIRE(outcome.kind == OutcomeKind::kRotated);
  REQUIRE(gateway.host_system.calls.size() == 1);
  CHECK(gateway.host_system.calls[0].variables.at(1).second == outcome.identity->certificate_id);
}

TEST_CASE("a rotation with the key of the identity says that only the certificate is replaced") {
  for (const bool same : {true, false}) {
    INFO(same);
    Provisioned gateway;
    const std::string key = gateway.disk.text("identity/private-key.pem").value();
    gateway.keysmith.files["/key.pem"] = same ? key : fakes::fake_key_pem("own");
    gateway.plan.key_source = ExistingKey{"/key.pem"};
    REQUIRE(gateway.rotation().kind == OutcomeKind::kRotated);
    CHECK(gateway.observer->recorded("the current identity already uses this key") == same);
    CHECK((gateway.disk.text("identity/private-key.pem") == key) == same);
  }
}
