// Where keys are and where new ones are made, by the options; and the options of the key devices.
#include "config/key_options.hpp"

#include <filesystem>

#include "config/plan_from_options.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

Result<Request> request_with(const Arguments& more, const Environment& environment = {}) {
  Arguments arguments{"--endpoint", "broker.example", "--template", "gateway"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto options = options_of(arguments, environment);
  if (!options) return fail(options.error());
  std::vector<std::string> warnings;
  return plan_from_options(*options, environment, warnings);
}

Identity identity_with(KeyLocation key, bool made_here) {
  Identity identity;
  identity.endpoint = "broker.example";
  identity.port = 8883;
  identity.template_name = "gateway";
  identity.key = std::move(key);
  identity.key_made_here = made_here;
  return identity;
}

Result<Request> rotation_with(const Arguments& more, const Identity& identity) {
  Arguments arguments{"rotate"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<std::string> warnings;
  return rotation_from_options(*options_of(arguments), {}, identity, warnings);
}

const std::string& reference_of(const Request& request) {
  return std::get<ExistingKey>(request.plan.key_source).reference;
}

}  // namespace

TEST_CASE("--key-store sets the store of a new key") {
  struct Row {
    const char* text;
    KeyStore store;
  };
  const Row rows[] = {
      {"file", FileStore{}},
      {"tpm2", TpmStore{}},
      {"tpm2:0x81000001", TpmStore{0x81000001}},
      {"pkcs11:token=a;object=b", TokenStore{"pkcs11:token=a;object=b"}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const auto request = request_with({"--key-store", each.text, "--key-type", "rsa-4096"});
    REQUIRE(request);
    CHECK(std::get<MakeKey>(request->plan.key_source).store == each.store);
    CHECK(std::get<MakeKey>(request->plan.key_source).type == KeyType::kRsa4096);
  }
  CHECK(std::get<MakeKey>(request_with({})->plan.key_source).store == KeyStore{FileStore{}});
}

TEST_CASE("--key and --claim-key take URIs, and --csr keeps that of its key") {
  for (const std::string uri : {"handle:0x81000001", "pkcs11:token=a;object=b?pin-source=file:/pin"}) {
    CAPTURE(uri);
    CHECK(reference_of(*request_with({"--key", uri})) == uri);
    const auto csr = request_with({"--csr", "c.csr", "--key", uri});
    CHECK(std::get<ExistingCsr>(csr->plan.key_source).key_reference == uri);
    const auto claim = request_with({"--claim-cert", "c.pem", "--claim-key", uri, "--method", "keys"});
    REQUIRE(claim);
    CHECK(claim->connection.key_reference == uri);
    CHECK(claim->plan.claim_key_file.empty());
  }
  CHECK(request_with({"--claim-cert", "c.pem", "--claim-key", "c.key"})->plan.claim_key_file == "c.key");
}

TEST_CASE("a bad URI is key-uri on the command line and in a variable, and configuration in a file") {
  struct Row {
    const char* option;
    const char* value;
    const char* message;
  };
  const Row rows[] = {
      {"key", "pkcs11:token=a?pin-value=4711", "the key URI holds a pin-value"},
      {"claim-key", "pkcs11:token=a;pin-value=4711", "the key URI holds a pin-value"},
      {"key-store", "pkcs11:token=a;object=b?pin-value=4711", "the key URI holds a pin-value"},
      {"key-store", "pkcs11:token=a", "names no object"},
      {"key-store", "tpm2:4711", "is not the handle of a persistent TPM key"},
      {"key", "handle:0x80000001", "is not the handle of a persistent TPM key"},
      {"key", "tpm2:0x81000001", "is a key store, not a key"},
      {"claim-key", "pkcs11:tken=a", "unknown attribute tken"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.option, each.value);
    const std::string option = "--" + std::string(each.option);
    const auto by_argument = request_with({option, each.value});
    REQUIRE_FALSE(by_argument);
    CHECK(by_argument.error().kind == ErrorKind::kKeyUri);
    CHECK(contains(by_argument.error().message, option + ": "));
    CHECK(contains(by_argument.error().message, each.message));
    const std::string variable = environment_name(*find_option(each.option));
    const auto by_variable = request_with({}, {{variable, each.value}});
    REQUIRE_FALSE(by_variable);
    CHECK(by_variable.error().kind == ErrorKind::kKeyUri);
    CHECK(contains(by_variable.error().message, variable + ": "));
    const TemporaryFile file("{\"" + std::string(each.option) + "\": \"" + each.value + "\"}");
    const auto by_file = request_with({"--config", file.path()});
    REQUIRE_FALSE(by_file);
    CHECK(by_file.error().kind == ErrorKind::kConfiguration);
    CHECK(contains(by_file.error().message, ": line 1: " + std::string(each.option) + ": "));
    if (contains(each.value, "pin-value")) CHECK_FALSE(contains(by_argument.error().message, "4711"));
  }
}

TEST_CASE("a claim key in hardware stays when the claim is removed, with a warning") {
  struct Row {
    const char* key;
    std::vector<std::string> removed;
    const char* warning;
  };
  const Row rows[] = {
      {"claim.key", {"claim.key", "claim.pem"}, ""},
      {"handle:0x81000001", {"claim.pem"}, "--remove-claim keeps the claim key handle:0x81000001, which is in the TPM"},
      {"pkcs11:token=a;object=b", {"claim.pem"}, "the claim key pkcs11:token=a;object=b, which is in a token"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.key);
    const Arguments claim{"--claim-cert", "claim.pem", "--claim-key", each.key};
    CHECK(request_with(claim)->warnings.empty());
    Arguments with_removal = claim;
    with_removal.emplace_back("--remove-claim");
    const auto request = request_with(with_removal);
    REQUIRE(request);
    CHECK(request->plan.claim_files_to_remove == each.removed);
    REQUIRE(request->warnings.size() == (*each.warning == 0 ? 0 : 1));
    if (*each.warning != 0) CHECK(contains(request->warnings.front(), each.warning));
  }
}

TEST_CASE("rotate makes the new key in the kind of store of the current one") {
  struct Row {
    KeyLocation current;
    bool made_here;
    std::optional<KeyStore> store;
  };
  const auto token = [](const char* uri) { return KeyStore{TokenStore{uri}}; };
  const Row rows[] = {
      {PemFile{kPrivateKeyFile}, true, FileStore{}},
      {ExternalKey{}, false, FileStore{}},
      {TpmWrappedPem{kPrivateKeyFile}, true, TpmStore{}},
      {TpmHandle{0x81000001}, true, std::nullopt},
      {Pkcs11Uri{"pkcs11:token=t;serial=s;object=gateway;id=%01;type=private"}, true,
       token("pkcs11:token=t;serial=s;object=gateway")},
      {Pkcs11Uri{"pkcs11:token=t;slot-id=7;object=gateway-2"}, true, token("pkcs11:token=t;object=gateway")},
      {Pkcs11Uri{"pkcs11:token=t;object=gateway-10"}, true, token("pkcs11:token=t;object=gateway")},
      {Pkcs11Uri{"pkcs11:token=t;object=gateway-2"}, false, token("pkcs11:token=t;object=gateway-2")},
      {Pkcs11Uri{"pkcs11:token=t;object=gateway-1"}, true, token("pkcs11:token=t;object=gateway-1")},
      {Pkcs11Uri{"pkcs11:token=t;object=gateway-02"}, true, token("pkcs11:token=t;object=gateway-02")},
      {Pkcs11Uri{"pkcs11:token=t;object=-2"}, true, token("pkcs11:token=t;object=-2")},
      {Pkcs11Uri{"pkcs11:token=t;object=gateway-x"}, true, token("pkcs11:token=t;object=gateway-x")},
      {Pkcs11Uri{"pkcs11:slot-id=7;object=gateway"}, true, token("pkcs11:object=gateway;slot-id=7")},
      {Pkcs11Uri{"pkcs11:token=t;object=g?module-path=/m.so&pin-source=file:/pin"}, true,
       token("pkcs11:token=t;object=g?module-path=/m.so&pin-source=/pin")},
      {Pkcs11Uri{"pkcs11:token=t;id=%01"}, false, std::nullopt},
      {Pkcs11Uri{"pkcs11:object=gateway"}, false, std::nullopt},
  };
  for (const Row& each : rows) {
    CAPTURE(text_of(each.current), each.made_here);
    CHECK(store_beside(each.current, each.made_here) == each.store);
    const auto request = rotation_with({}, identity_with(each.current, each.made_here));
    REQUIRE(request.has_value() == each.store.has_value());
    if (!request) {
      CHECK(request.error().kind == ErrorKind::kUsage);
      CHECK(contains(request.error().message, "the current key " + text_of(each.current)));
      CHECK(contains(request.error().hint, "--key-store "));
    } else {
      CHECK(std::get<MakeKey>(request->plan.key_source).store == *each.store);
      CHECK(parse_key_store(text_of(*each.store)));
    }
  }
}

TEST_CASE("rotate makes the key where its own options say") {
  const Identity at_handle = identity_with(TpmHandle{0x81000001}, true);
  struct Row {
    Arguments more;
    KeyStore store;
  };
  for (const Row& each :
       {Row{{"--key-store", "tpm2:0x81000002"}, TpmStore{0x81000002}}, Row{{"--key-store", "tpm2"}, TpmStore{}},
        Row{{"--key-store", "file"}, FileStore{}}, Row{{"--method", "keys"}, FileStore{}}}) {
    CAPTURE(each.more);
    const auto request = rotation_with(each.more, at_handle);
    REQUIRE(request);
    CHECK(std::get<MakeKey>(request->plan.key_source).store == each.store);
  }
  CHECK(reference_of(*rotation_with({"--key", "k.pem"}, at_handle)) == "k.pem");
  const auto csr = rotation_with({"--csr", "c.csr", "--key", "handle:0x81000002"}, at_handle);
  CHECK(std::get<ExistingCsr>(csr->plan.key_source).key_reference == "handle:0x81000002");
}

TEST_CASE("verify takes the URI of a key and the options of its device") {
  std::vector<std::string> warnings;
  const auto request =
      verification_from_options(*options_of({"verify", "--key", "pkcs11:token=a;object=b", "--pin-file", "/pin"}), {},
                                identity_with(ExternalKey{}, false), warnings);
  REQUIRE(request);
  CHECK(reference_of(*request) == "pkcs11:token=a;object=b");
  CHECK(request->devices.pin_file == "/pin");
  for (const OptionId id : {OptionId::kPinFile, OptionId::kPkcs11Module, OptionId::kTpmOwnerPasswordFile}) {
    for (const Command each : {Command::kProvision, Command::kCheck, Command::kVerify, Command::kRotate}) {
      CHECK(applies_to(each, id));
    }
    CHECK_FALSE(applies_to(Command::kStatus, id));
    CHECK_FALSE(applies_to(Command::kPolicy, id));
  }
}

TEST_CASE("the options of the devices, and the TPM's interface from the environment") {
  const auto none = request_with({});
  REQUIRE(none);
  CHECK_FALSE(none->devices.pin_file);
  CHECK_FALSE(none->devices.pkcs11_module);
  CHECK_FALSE(none->devices.tpm_owner_password_file);
  CHECK(none->devices.tcti.empty());
  CHECK(none->devices.deadline == Instant::max());

  const Arguments all{"--pin-file", "pin", "--pkcs11-module", "/usr/lib/m.so", "--tpm-owner-password-file", "owner"};
  const auto given = request_with(all);
  REQUIRE(given);
  CHECK(given->devices.pin_file == "pin");
  CHECK(given->devices.pkcs11_module == "/usr/lib/m.so");
  CHECK(given->devices.tpm_owner_password_file == "owner");
  const auto relative = request_with({"--pkcs11-module", "lib/m.so"});
  CHECK(relative->devices.pkcs11_module == (std::filesystem::current_path() / "lib/m.so").string());

  struct Row {
    Environment environment;
    std::string tcti;
  };
  for (const Row& each :
       {Row{{{"TPM2OPENSSL_TCTI", "swtpm:port=1"}, {"TCTI", "other"}}, "swtpm:port=1"},
        Row{{{"TCTI", "tabrmd:"}}, "tabrmd:"}, Row{{{"TPM2OPENSSL_TCTI", ""}, {"TCTI", "tabrmd:"}}, "tabrmd:"},
        Row{{{"FLEET_PROVISION_PIN_FILE", "x"}}, ""}}) {
    CHECK(request_with({}, each.environment)->devices.tcti == each.tcti);
  }
}

TEST_CASE("the modules and PIN files that options name are known, those in URIs included") {
  const auto none = request_with({"--claim-cert", "claim.pem", "--claim-key", "pkcs11:token=a;object=b"});
  REQUIRE(none);
  CHECK(none->devices.named_modules.empty());
  CHECK(none->devices.named_pin_files.empty());
  using Paths = std::vector<std::string>;
  const auto all = request_with({"--pkcs11-module", "/m.so", "--pin-file", "pin", "--claim-cert", "claim.pem",
                                 "--claim-key", "pkcs11:token=a;object=b?module-path=/claim.so&pin-source=file:/claim",
                                 "--key-store", "pkcs11:token=a;object=b?module-path=/store.so&pin-source=/store"});
  REQUIRE(all);
  CHECK(all->devices.named_modules == Paths{"/m.so", "/claim.so", "/store.so"});
  CHECK(all->devices.named_pin_files == Paths{"pin", "/claim", "/store"});
  // A rotation derives its store from the identity, whose URI is not an option's.
  std::vector<std::string> warnings;
  const auto rotation =
      rotation_from_options(*options_of({"rotate"}), {},
                            identity_with(Pkcs11Uri{"pkcs11:token=a;object=b?module-path=/m.so"}, true), warnings);
  REQUIRE(rotation);
  CHECK(rotation->devices.named_modules.empty());
}
