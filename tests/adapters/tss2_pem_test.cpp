// Key files that tpm2-openssl (`openssl genpkey -provider tpm2`) and tpm2-tools (`tpm2_encodeobject`) wrote, read
// without a TPM.
#include "adapters/keys/tpm2/tss2_pem.hpp"

#include <openssl/evp.h>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/key.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

namespace {

std::string file(const std::string& name) {
  return read_text(KEYS + name);
}

/// The kind of the first refusal: of the file, then of its public half; nothing if both are good.
std::optional<ErrorKind> refusal_of(std::string_view pem) {
  const auto key = parse_tss2_pem(pem);
  if (!key) return key.error().kind;
  const auto half = public_half_of(*key);
  if (!half) return half.error().kind;
  return std::nullopt;
}

}  // namespace

TEST_CASE("a key file of another program is read, and the same when it was written again") {
  struct Row {
    std::string name;
    bool empty_auth;
    std::uint32_t parent;
    std::string type;
  };
  for (const Row& row : std::vector<Row>{{"ec_p256", true, 0x40000001, "ec-p256"},
                                         {"ec_p384", true, 0x40000001, "ec-p384"},
                                         {"rsa_2048", true, 0x40000001, "rsa-2048"},
                                         {"with_pin", false, 0x40000001, "ec-p256"},
                                         {"persistent_parent", false, 0x81000001, "ec-p256"}}) {
    CAPTURE(row.name);
    const auto key = parse_tss2_pem(file(row.name));
    REQUIRE(key);
    CHECK(key->empty_auth == row.empty_auth);
    CHECK(key->parent == row.parent);
    const auto half = public_half_of(*key);
    REQUIRE(half);
    CHECK(key_type(half->get(), kInternal, "the key").value_or("") == row.type);
    const Secret written = to_tss2_pem(*key);
    CHECK(is_tss2_pem(written.reveal()));
    const auto again = parse_tss2_pem(written.reveal());
    REQUIRE(again);
    CHECK(again->empty_auth == key->empty_auth);
    CHECK(again->parent == key->parent);
    CHECK(again->public_area == key->public_area);
    CHECK(again->private_area == key->private_area);
  }
}

TEST_CASE("what cannot sign for a gateway is refused, and the reason is named") {
  struct Row {
    std::string name;
    std::string words;
  };
  for (const Row& row : std::vector<Row>{{"sealed", "sealed data"},
                                         {"storage_key", "storage key"},
                                         {"decrypts_only", "may not sign"},
                                         {"rsa_1024", "1024 bits"},
                                         {"curve_p224", "curve"}}) {
    CAPTURE(row.name);
    auto key = parse_tss2_pem(file(row.name));
    if (row.name == "sealed" && key) {
      const auto half = public_half_of(*key);
      REQUIRE_FALSE(half);
      CHECK(half.error().kind == kKeyUnsuitable);
      continue;
    }
    REQUIRE(key);
    const auto half = public_half_of(*key);
    REQUIRE_FALSE(half);
    CHECK(half.error().kind == kKeyUnsuitable);
    CHECK_THAT(half.error().message, Catch::Contains(row.words));
    CHECK_FALSE(half.error().hint.empty());
  }
}

TEST_CASE("line ends of Windows and text around the key do not matter") {
  std::string pem = file("ec_p256");
  for (std::size_t at = 0; (at = pem.find('\n', at)) != std::string::npos; at += 2) pem.insert(at, "\r");
  CHECK(refusal_of("a key of the gateway\n" + pem + "more\n") == std::nullopt);
  CHECK(is_tss2_pem("text\n" + pem));
  CHECK_FALSE(is_tss2_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
}

TEST_CASE("a file that is cut short anywhere is damaged") {
  const std::string pem = file("ec_p256");
  const std::string_view end = "\n-----END TSS2 PRIVATE KEY-----\n";
  for (std::size_t size = 0; size + 1 < pem.size(); ++size)
    CHECK(refusal_of(pem.substr(0, size)) == kDeviceKeyUnusable);
  const std::size_t body = pem.find("\nMI") + 1;
  for (std::size_t size = body; size < pem.find("\n-----END"); ++size) {
    CHECK(refusal_of(pem.substr(0, size).append(end)) == kDeviceKeyUnusable);
  }
}

TEST_CASE("a public part with a changed byte is refused or is another key, and never more than that") {
  const auto good = parse_tss2_pem(file("ec_p256"));
  REQUIRE(good);
  const auto half = public_half_of(*good);
  REQUIRE(half);
  const std::string digest = public_key_sha256(**half);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good->public_area.size(); ++i) {
    Tss2Key changed = *good;
    changed.public_area[i] = static_cast<char>(~changed.public_area[i]);
    const auto other = public_half_of(changed);
    if (!other) {
      ++refused;
      CHECK((other.error().kind == kKeyUnsuitable || other.error().kind == kDeviceKeyUnusable));
    }
    changed.public_area.resize(i);
    CHECK_FALSE(public_half_of(changed));
  }
  // A byte of the point is not on the curve any more; the hash of the name and the unused bits of the attributes are
  // not judged here.
  CHECK(refused > 64);
}
