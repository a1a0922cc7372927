// Each cause of failure of a token: its kind, the module's code, and what is sent to the token. The module is a shim in
// front of SoftHSM (tests/fakes/pkcs11_shim.cpp).
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/adapters/token_fixture.hpp"
#include "tests/support/forked_child.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
namespace openssl = fleet_provision::fixture;

namespace {

struct ShimFixture : TokenFixture {
  explicit ShimFixture(KeyDeviceSettings given = {}) : TokenFixture(with_shim(std::move(given))) {
    ::setenv("PKCS11_SHIM_MODULE", software_token_module()->c_str(), 1);
    ::setenv("PKCS11_SHIM_LOG", (token.directory() / "calls").c_str(), 1);
    tell("");
    token.import_key(openssl::pkcs8_pem(openssl::ec_key()), "claim", "01");
    token.import_key(openssl::pkcs8_pem(openssl::rsa_key(2048)), "claim-rsa", "02");
  }
  static KeyDeviceSettings with_shim(KeyDeviceSettings settings) {
    settings.pkcs11_module = PKCS11_SHIM;
    return settings;
  }
  static void tell(const std::string& words) { ::setenv("PKCS11_SHIM", words.c_str(), 1); }

  /// How often the function was called.
  [[nodiscard]] std::size_t calls(const std::string& function) const {
    const std::string log = read_text(token.directory() / "calls");
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find(function + "\n", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  [[nodiscard]] Result<void> open_and_sign(const std::string& object) const {
    FP_TRY_ASSIGN(const auto device, tokens->open(token.uri(object), "the claim key"));
    const auto scheme = object == "claim" ? SignatureScheme::kEcdsa : SignatureScheme::kRsaPss;
    FP_TRY(signature_of(device, scheme, HashAlgorithm::kSha256));
    if (!signs(device, scheme)) return fail(ErrorKind::kInternal, "a wrong signature");
    return {};
  }
  [[nodiscard]] Result<void> make() const {
    FP_TRY_ASSIGN(const auto uri, tokens->plan(token.uri("gateway"), "0123456789abcdef", {}));
    FP_TRY(tokens->require_room(uri));
    FP_TRY(tokens->require_type(uri, KeyType::kEcP256));
    FP_TRY_ASSIGN(const auto device, tokens->find_or_make(uri, KeyType::kEcP256));
    return signs(device, SignatureScheme::kEcdsa) ? Result<void>() : fail(ErrorKind::kInternal, "a wrong signature");
  }
};

struct Cause {
  const char* words;
  enum class Act : unsigned char { kSignEc, kSignRsa, kMake } act;
  ErrorKind kind;
  std::vector<std::string> parts;
};

Result<void> carry_out(const ShimFixture& fixture, Cause::Act act) {
  switch (act) {
    case Cause::Act::kSignEc: return fixture.open_and_sign("claim");
    case Cause::Act::kSignRsa: return fixture.open_and_sign("claim-rsa");
    case Cause::Act::kMake: return fixture.make();
  }
  return {};
}

const std::vector<Cause>& causes() {
  using enum Cause::Act;
  using enum ErrorKind;
  static const std::vector<Cause> rows{
      {"locked", kSignEc, kPinLocked, {"\"fleet\"", "CKF_USER_PIN_LOCKED", "not sent"}},
      {"final-try", kSignEc, kPinWrong, {"\"fleet\"", "one try left", "CKF_USER_PIN_FINAL_TRY", "not sent"}},
      {"C_Login=0xa0", kSignEc, kPinWrong, {"\"fleet\"", "C_Login", "CKR_PIN_INCORRECT (0xa0)"}},
      {"C_Login=0xa0 count-low", kSignEc, kPinWrong, {"CKR_PIN_INCORRECT (0xa0)", "few tries are left"}},
      {"C_Login=0xa4", kSignEc, kPinLocked, {"CKR_PIN_LOCKED (0xa4)"}},
      {"C_Login=0x102", kSignEc, kPinRequired, {"CKR_USER_PIN_NOT_INITIALIZED (0x102)"}},
      {"C_Initialize=0x5",
       kSignEc,
       kPkcs11ModuleInvalid,
       {"pkcs11_shim.so", "C_Initialize", "CKR_GENERAL_ERROR (0x5)"}},
      {"C_OpenSession=0xb1", kSignEc, kKeyDeviceFailed, {"C_OpenSession", "CKR_SESSION_COUNT (0xb1)"}},
      {"C_GetSlotList=0x32", kSignEc, kTokenRemoved, {"pkcs11_shim.so", "CKR_DEVICE_REMOVED (0x32)"}},
      {"C_SignInit=0x68", kSignEc, kKeyUnsuitable, {"the claim key", "CKR_KEY_FUNCTION_NOT_PERMITTED (0x68)"}},
      {"C_SignInit=0x82", kSignEc, kTokenRemoved, {"CKR_OBJECT_HANDLE_INVALID (0x82)"}},
      {"C_Sign=0x32", kSignEc, kTokenRemoved, {"the claim key", "C_Sign", "CKR_DEVICE_REMOVED (0x32)"}},
      {"C_Sign=0xe0", kSignEc, kTokenRemoved, {"CKR_TOKEN_NOT_PRESENT (0xe0)"}},
      {"C_Sign=0x5", kSignEc, kKeyDeviceFailed, {"C_Sign", "CKR_GENERAL_ERROR (0x5)"}},
      {"C_Sign=0x80000042", kSignEc, kKeyDeviceFailed, {"C_Sign", "0x80000042"}},
      {"C_Sign=0x101", kSignEc, kPinRequired, {"CKR_USER_NOT_LOGGED_IN (0x101)"}},
      {"no-public", kSignEc, kKeyUnsuitable, {"\"claim\"", "no public key"}},
      {"no-pss no-raw-rsa", kSignRsa, kKeyUnsuitable, {"TLS 1.3", "CKM_RSA_PKCS_PSS", "CKR_MECHANISM_INVALID (0x70)"}},
      {"C_GenerateKeyPair=0x31", kMake, kKeyStoreFull, {"\"fleet\"", "C_GenerateKeyPair", "CKR_DEVICE_MEMORY (0x31)"}},
      {"no-room", kMake, kKeyStoreFull, {"\"fleet\"", "12 bytes"}},
      {"write-protected", kMake, kKeyDeviceFailed, {"\"fleet\"", "write-protected"}},
      {"C_GenerateKeyPair=0xe2", kMake, kKeyDeviceFailed, {"CKR_TOKEN_WRITE_PROTECTED (0xe2)"}},
      {"C_GenerateKeyPair=0x140", kMake, kKeyTypeUnsupported, {"CKR_CURVE_NOT_SUPPORTED (0x140)"}},
      {"no-ec", kMake, kKeyTypeUnsupported, {"\"fleet\"", "ec-p256", "rsa-2048"}},
      {"readable-keys", kMake, kKeyUnsuitable, {"\"fleet\"", "can be read"}},
  };
  return rows;
}

}  // namespace

TEST_CASE("each failure of a token has its kind, and its message has the object and the module's code") {
  FP_NEEDS_SOFTWARE_TOKEN
  ShimFixture fixture;
  for (const Cause& row : causes()) {
    CAPTURE(row.words);
    ShimFixture::tell(row.words);
    fixture.start_again();
    const auto result = carry_out(fixture, row.act);
    REQUIRE_FALSE(result);
    const Error& error = result.error();
    CAPTURE(error.message, error.hint);
    CHECK(word(error.kind) == word(row.kind));
    CHECK_FALSE(error.hint.empty());
    for (const std::string& part : row.parts) {
      CAPTURE(part);
      CHECK(error.message.find(part) != std::string::npos);
    }
  }
  ShimFixture::tell("");
  fixture.start_again();
  // None of them left a key behind.
  CHECK(fixture.token.objects() == 4);
}

TEST_CASE("a planned key that makes no signature is made again, and one whose token is away stays") {
  FP_NEEDS_SOFTWARE_TOKEN
  ShimFixture fixture;
  struct Row {
    const char* words;
    std::optional<ErrorKind> error;
    bool same;
  };
  for (const Row& row :
       {Row{"", std::nullopt, true}, Row{"C_Sign=0x5", std::nullopt, false},
        Row{"C_SignInit=0x68", std::nullopt, false}, Row{"C_Sign=0x32", ErrorKind::kTokenRemoved, true}}) {
    CAPTURE(row.words);
    ShimFixture::tell("");
    fixture.start_again();
    const std::string uri = fixture.planned("gateway");
    const auto made = fixture.tokens->find_or_make(uri, KeyType::kEcP256);
    REQUIRE(made);
    ShimFixture::tell(row.words);
    fixture.start_again();
    const auto again = fixture.tokens->find_or_make(uri, KeyType::kEcP256);
    CHECK(again.has_value() == !row.error);
    if (!again) CHECK(again.error().kind == row.error);
    ShimFixture::tell("");
    fixture.start_again();
    const auto last = fixture.tokens->find_or_make(uri, KeyType::kEcP256);
    REQUIRE(last);
    CHECK((EVP_PKEY_eq(made->public_half.get(), last->public_half.get()) == 1) == row.same);
    CHECK(fixture.token.objects() == 6);
    REQUIRE(fixture.tokens->destroy(uri));
  }
}

TEST_CASE("a token with fewer mechanisms or other rules is used all the same") {
  FP_NEEDS_SOFTWARE_TOKEN
  ShimFixture fixture;
  struct Row {
    const char* words;
    Cause::Act act;
  };
  for (const Row& row : {Row{"", Cause::Act::kSignEc}, Row{"no-pss", Cause::Act::kSignRsa},
                         Row{"no-login", Cause::Act::kSignEc}, Row{"count-low", Cause::Act::kSignEc},
                         Row{"always-authenticate", Cause::Act::kSignEc}, Row{"plain-templates", Cause::Act::kMake}}) {
    CAPTURE(row.words);
    ShimFixture::tell(row.words);
    fixture.start_again();
    const auto result = carry_out(fixture, row.act);
    CHECK((result ? "" : result.error().message).empty());
  }
}

TEST_CASE("a wrong PIN is sent once, and not at all if it would be the last try") {
  FP_NEEDS_SOFTWARE_TOKEN
  ShimFixture fixture;
  fixture.settings.pin_file = fixture.token.directory().write("wrong", "9999");
  fixture.start_again();
  for (int tries = 0; tries < 3; ++tries) {
    const auto opened = fixture.tokens->open(fixture.token.uri("claim"), "the claim key");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::kPinWrong);
    CHECK(opened.error().message.find("CKR_PIN_INCORRECT (0xa0)") != std::string::npos);
    CHECK_FALSE(fixture.tokens->log_in(fixture.token.uri("x")));
    CHECK_FALSE(fixture.tokens->plan(fixture.token.uri("gateway"), "id", {}));
  }
  CHECK(fixture.calls("C_Login") == 1);
  for (const char* flag : {"final-try", "locked"}) {
    ShimFixture::tell(flag);
    fixture.start_again();
    CHECK_FALSE(fixture.tokens->log_in(fixture.token.uri("x")));
    CHECK(fixture.calls("C_Login") == 1);
  }
}

TEST_CASE("a right PIN is sent once, however many keys are opened") {
  FP_NEEDS_SOFTWARE_TOKEN
  ShimFixture fixture;
  CHECK(fixture.open_and_sign("claim"));
  CHECK(fixture.open_and_sign("claim-rsa"));
  CHECK(fixture.make());
  CHECK(fixture.calls("C_Login") == 1);
}

TEST_CASE("a call that does not return ends at the deadline and is named") {
  FP_NEEDS_SOFTWARE_TOKEN
  for (const char* function : {"C_Initialize", "C_Login", "C_Sign"}) {
    CAPTURE(function);
    // The process with the hanging thread must not be this one.
    const std::string text = in_child([function] {
      ShimFixture fixture;
      fixture.settings.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
      fixture.start_again();
      ShimFixture::tell(std::string(function) + "=hang");
      const auto result = fixture.open_and_sign("claim");
      return result ? std::string("no error") : std::string(word(result.error().kind)) + " " + result.error().message;
    });
    CAPTURE(text);
    CHECK(text.find("token-hangs ") == 0);
    CHECK(text.find(std::string("pkcs11_shim.so: ") + function) != std::string::npos);
  }
}

TEST_CASE("a module that does not end is left behind, whether a token was found or not") {
  FP_NEEDS_SOFTWARE_TOKEN
  for (const char* token : {"fleet", "other"}) {
    CAPTURE(token);
    // The process with the hanging thread must not be this one.
    const std::string text = in_child([token] {
      ShimFixture fixture;
      ShimFixture::tell("C_Finalize=hang");
      const bool found = fixture.tokens->find_token("pkcs11:token=" + std::string(token)).has_value();
      const auto start = std::chrono::steady_clock::now();
      fixture.tokens.reset();
      const bool in_time = std::chrono::steady_clock::now() - start < std::chrono::seconds(10);
      return std::string(found ? "found, " : "not found, ") + (in_time ? "left behind" : "waited for");
    });
    CHECK(text == (token == std::string("fleet") ? "found, left behind" : "not found, left behind"));
  }
}

TEST_CASE("a key is found again after its token was away") {
  FP_NEEDS_SOFTWARE_TOKEN
  ShimFixture fixture;
  const auto device = fixture.tokens->open(fixture.token.uri("claim"), "the claim key");
  REQUIRE(device);
  CHECK(signs(*device, SignatureScheme::kEcdsa));
  ShimFixture::tell("C_Sign=0x32");
  CHECK_FALSE(signature_of(*device, SignatureScheme::kEcdsa, HashAlgorithm::kSha256));
  ShimFixture::tell("");
  CHECK(signs(*device, SignatureScheme::kEcdsa));
}
