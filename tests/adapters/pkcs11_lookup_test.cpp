// Which module, token and key a URI names, and what the messages say where it names none or several.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/adapters/token_fixture.hpp"
#include "tests/support/process.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
namespace openssl = fleet_provision::fixture;

namespace {

struct Row {
  std::string uri;
  ErrorKind kind;
  std::vector<std::string> parts;
};

void check_rows(const TokenFixture& fixture, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.uri);
    const auto opened = fixture.tokens->open(row.uri, "the claim key");
    REQUIRE_FALSE(opened);
    CAPTURE(opened.error().message, opened.error().hint);
    CHECK(word(opened.error().kind) == word(row.kind));
    CHECK_FALSE(opened.error().hint.empty());
    CHECK(opened.error().message.find("the claim key: ") == 0);
    for (const std::string& part : row.parts) {
      CAPTURE(part);
      CHECK(opened.error().message.find(part) != std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("a URI that names no module, token or key is told what there is") {
  FP_NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  fixture.token.add_token("other");
  fixture.token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "claim", "01");
  fixture.token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "twin", "0a");
  fixture.token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "twin", "0b");
  const std::string text_file = fixture.token.directory().write("text.so", "no module");
  using enum ErrorKind;
  check_rows(fixture,
             {{"pkcs11:token=flet;object=claim", kTokenNotFound, {"token=flet", "\"fleet\"", "\"other\""}},
              {"pkcs11:serial=0;object=claim", kTokenNotFound, {"serial=0", "\"fleet\""}},
              {"pkcs11:model=SoftHSM%20v2;object=claim", kTokenAmbiguous, {"2 tokens", "\"fleet\"", "\"other\""}},
              {"pkcs11:token=fleet;object=none", kKeyNotFound, {"\"fleet\"", "\"none\"", "\"claim\"", "id 01"}},
              {"pkcs11:token=fleet;object=claim;id=%02", kKeyNotFound, {"\"claim\"", "id 02"}},
              {"pkcs11:token=other", kKeyNotFound, {"\"other\"", "no private key at all"}},
              {"pkcs11:token=fleet;object=twin", kKeyAmbiguous, {"2 private keys", "id 0a", "id 0b"}},
              {"pkcs11:token=fleet?module-path=libsofthsm2.so", kKeyUri, {"libsofthsm2.so", "relative"}},
              {"pkcs11:token=fleet?module-path=/none/x.so", kPkcs11ModuleMissing, {"/none/x.so", "No such file"}},
              {"pkcs11:token=fleet?module-path=" + text_file, kPkcs11ModuleInvalid, {text_file, "cannot be loaded"}},
              {"pkcs11:token=fleet?module-path=" NO_PKCS11_MODULE,
               kPkcs11ModuleInvalid,
               {"cannot be loaded", "C_GetFunctionList"}},
              {"pkcs11:token=fleet?module-name=none", kPkcs11ModuleMissing, {"\"none\""}}});
  // id and object together choose one of the twins, and a token without any other attribute is enough for one key.
  CHECK(fixture.tokens->open("pkcs11:token=fleet;object=twin;id=%0B", "the claim key"));
}

TEST_CASE("a token is found by each of its attributes, and by registered modules") {
  FP_NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  fixture.token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "claim", "01");
  const std::string planned = fixture.planned("gateway");
  const std::size_t at = planned.find("serial=");
  const std::string serial = planned.substr(at, planned.find(';', at) - at);
  for (const std::string& uri :
       {std::string("pkcs11:object=claim"), "pkcs11:" + serial, std::string("pkcs11:id=%01"),
        std::string("pkcs11:manufacturer=SoftHSM%20project"), "pkcs11:?module-path=" + *software_token_module()}) {
    CAPTURE(uri);
    const auto opened = fixture.tokens->open(uri, "the claim key");
    CHECK((opened ? "" : opened.error().message) == "");
  }
  fixture.settings.pkcs11_module.reset();
  fixture.start_again();
  for (const char* uri : {"pkcs11:token=fleet;object=claim", "pkcs11:token=fleet?module-name=softhsm2"}) {
    CAPTURE(uri);
    const auto opened = fixture.tokens->open(uri, "the claim key");
    CHECK((opened ? "" : opened.error().message) == "");
  }
}

TEST_CASE("a key without a PIN is told to need one, and a PIN file is read as text") {
  FP_NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  fixture.token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "claim", "01");
  const auto& files = fixture.token.directory();
  fixture.tokens.reset();
  KeyDeviceSettings settings;
  settings.pkcs11_module = software_token_module();
  fixture.tokens = std::make_unique<Pkcs11>(settings);
  check_rows(fixture, {{"pkcs11:token=fleet;object=claim", ErrorKind::kPinRequired, {"\"fleet\"", "PIN"}},
                       {"pkcs11:token=fleet;object=claim?pin-source=/none", ErrorKind::kFileNotFound, {"/none"}},
                       {"pkcs11:token=fleet;object=claim?pin-source=" + files.write("empty", "\n"),
                        ErrorKind::kPinRequired,
                        {"empty"}}});
  CHECK(
      fixture.tokens->open("pkcs11:token=fleet;object=claim?pin-source=file:" + files.write("crlf", "1234\r\n"), "x"));
}

TEST_CASE("the public half of an EC key can come from a certificate") {
  FP_NEEDS_SOFTWARE_TOKEN
  if (!is_installed("pkcs11-tool")) {
    FP_NOT_TRIED("not tested: opensc is not installed");
    return;
  }
  TokenFixture fixture;
  const auto key = openssl::ec_key();
  fixture.token.import_key(openssl::pkcs8_pem(key), "claim", "01");
  fixture.token.pkcs11_tool({"--delete-object", "--type", "pubkey", "--id", "01"});
  CHECK(fixture.tokens->open(fixture.token.uri("claim"), "x").error().kind == ErrorKind::kKeyUnsuitable);
  const std::string der = fixture.token.directory() / "certificate.der";
  const std::string pem = fixture.token.directory().write("key.pem", openssl::pkcs8_pem(key));
  const Finished made = run_process(
      {"/usr/bin/openssl", "req", "-x509", "-key", pem, "-subj", "/CN=claim", "-outform", "DER", "-out", der});
  REQUIRE(made.exit_code == 0);
  fixture.token.pkcs11_tool({"--write-object", der, "--type", "cert", "--id", "01", "--label", "certificate"});
  fixture.start_again();
  const auto opened = fixture.tokens->open(fixture.token.uri("claim"), "x");
  if (!opened) FAIL(opened.error().message);
  CHECK(EVP_PKEY_eq(opened->public_half.get(), key.get()) == 1);
  CHECK(signs(*opened, SignatureScheme::kEcdsa));
}

TEST_CASE("a URI of another user names only modules and PIN files that options name too") {
  FP_NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  fixture.token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "claim", "01");
  const std::string module = *software_token_module();
  const std::string uri = "pkcs11:token=fleet;object=claim?module-path=" + module;
  const std::string uri_with_pin = uri + "&pin-source=file:" + fixture.token.pin_file();
  unsigned asked = 0;
  fixture.settings.foreign_owner = [&asked] {
    ++asked;
    return std::optional<std::uint32_t>(4711);
  };
  fixture.settings.named_modules = {"/usr/lib/other.so"};
  fixture.start_again();
  using enum ErrorKind;
  const std::vector<std::string> module_parts{module, "4711", "no option names"};
  check_rows(fixture, {{uri, kKeyUri, module_parts}, {uri_with_pin, kKeyUri, module_parts}});
  for (const auto& error :
       {fixture.tokens->find_token(uri).error(), fixture.tokens->log_in(uri).error(),
        fixture.tokens->plan(uri, "id", {}).error(), fixture.tokens->find_or_make(uri, KeyType::kEcP256).error(),
        fixture.tokens->destroy("pkcs11:token=fleet;id=%01?module-path=" + module).error(),
        fixture.tokens->require_room(uri).error(), fixture.tokens->require_type(uri, KeyType::kEcP256).error()}) {
    CHECK(error.kind == kKeyUri);
    CHECK(error.hint.find("--pkcs11-module " + module) != std::string::npos);
  }
  CHECK(fixture.token.objects() == 2);

  fixture.settings.named_modules.push_back(module);
  fixture.start_again();
  CHECK(fixture.tokens->open(uri, "the claim key"));
  check_rows(fixture, {{uri_with_pin, kKeyUri, {fixture.token.pin_file(), "no option names"}}});
  fixture.settings.named_pin_files = {fixture.token.pin_file()};
  fixture.start_again();
  asked = 0;
  CHECK(fixture.tokens->open(uri_with_pin, "the claim key"));
  CHECK(fixture.tokens->open(fixture.token.uri("claim"), "the claim key"));
  CHECK(asked == 0);

  // Where the state belongs to root or to the caller, its URIs are trusted.
  fixture.settings.named_modules.clear();
  fixture.settings.foreign_owner = [] { return std::optional<std::uint32_t>(); };
  fixture.start_again();
  CHECK(fixture.tokens->open(uri_with_pin, "the claim key"));
}
