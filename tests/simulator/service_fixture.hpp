// A service with a claim "claim" and the template "gateway", and functions for the steps of a device.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fakes.hpp"
#include "service/builtin_template.hpp"
#include "service/claim_policy.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision::simulator {

inline constexpr const char* kCreate = "$aws/certificates/create-from-csr/json";
inline constexpr const char* kRegister = "$aws/provisioning-templates/gateway/provision/json";
inline constexpr const char* kAllowAll =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}})";
inline constexpr const char* kCsr = R"({"certificateSigningRequest":"csr"})";

struct ServiceFixture {
  explicit ServiceFixture(const std::vector<std::string>& fault_specs = {}, Configuration given = {},
                          Hook* hook = nullptr, const std::string& claim_policy = {})
      : configuration(std::move(given)) {
    configuration.claim_certificate_id = "claim";
    std::vector<Fault> faults;
    faults.reserve(fault_specs.size());
    for (const auto& spec : fault_specs) faults.push_back(*parse_fault(spec));
    std::vector<ProvisioningTemplate> templates;
    templates.push_back(std::move(*ProvisioningTemplate::parse("gateway", kBuiltinTemplateBody)));
    operations = std::make_unique<Operations>(
        std::move(templates), registry, issuer,
        OperationRules{configuration.token_lifetime, configuration.behaviours.accept_token_reuse});
    configuration.claim_policy = claim_policy;
    if (claim_policy.empty()) configuration.claim_policy = least_privilege_claim_policy({"gateway"});
    Policies policies{std::move(*Policy::parse("p", configuration.claim_policy, Policy::Size::kUnlimited))};
    for (const auto& [name, document] : configuration.policies) {
      policies.named.emplace(name, std::move(*Policy::parse(name, document)));
    }
    service = std::make_unique<Service>(configuration, std::move(policies), std::move(faults), *operations, registry,
                                        hook, log, clock.clocks());
  }

  Admission connect(ConnectionKey key, const std::string& id, int version = 4, const std::string& certificate = "claim",
                    bool clean = true) {
    return service->connect(key, {id, version, certificate, {}, "127.0.0.1", clean});
  }
  void subscribe_all(ConnectionKey key) {
    for (const std::string topic : {kCreate, kRegister}) {
      CHECK(service->subscribe(key, topic + "/accepted", 1) == Permission::kAllowed);
      CHECK(service->subscribe(key, topic + "/rejected", 1) == Permission::kAllowed);
    }
  }
  /// Registers thing gateway-7 with certificate-1 over the connection `key` of the claim, with client ID "a".
  void provision(ConnectionKey key) {
    REQUIRE(connect(key, "a") == Admission::kAccepted);
    subscribe_all(key);
    REQUIRE(ask(key, kCreate, kCsr) == Permission::kAllowed);
    const auto created = service->due();
    REQUIRE(created.size() == 1);
    REQUIRE(ask(key, kRegister, registration(created[0])) == Permission::kAllowed);
    REQUIRE(service->due().size() == 1);
  }
  Permission ask(ConnectionKey key, const std::string& topic, const std::string& payload) {
    const Permission permission = service->publish(key, {topic, payload.size(), 1, false});
    if (permission != Permission::kAllowed) return permission;
    return service->message(key, topic, payload, 4);
  }
  /// Connects the client `a`, subscribes, requests a certificate, and gives the response.
  std::vector<Effect> create(ConnectionKey key) {
    REQUIRE(connect(key, "a") == Admission::kAccepted);
    subscribe_all(key);
    REQUIRE(ask(key, kCreate, kCsr) == Permission::kAllowed);
    return service->due();
  }
  /// A RegisterThing request with the token of a create response.
  static std::string registration(const Effect& created, const char* serial = "7") {
    const auto answer = nlohmann::json::parse(created.payload);
    return nlohmann::json{{"certificateOwnershipToken", answer.at("certificateOwnershipToken")},
                          {"parameters", {{"SerialNumber", serial}}}}
        .dump();
  }

  Configuration configuration;
  FakeIssuer issuer;
  FakeStore store;
  Registry registry{store, issuer};
  FakeClock clock;
  std::string logged;
  std::vector<std::string> warned;
  EventLog log{[this](const std::string& line) { logged += line; },
               [this](const std::string& text) { warned.push_back(text); }};
  std::unique_ptr<Operations> operations;
  std::unique_ptr<Service> service;
};

/// Two connections; the service knows them by their addresses.
inline constexpr int kOne = 1;
inline constexpr int kTwo = 2;

}  // namespace fleet_provision::simulator
