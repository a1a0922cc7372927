// Which claim a start of the simulator uses: the kept one or a new one, with which files (pki/claim.hpp).
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/wall_time.hpp"
#include "device.hpp"
#include "pki/pki.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A directory with a device issuer, whose RSA key takes longest to generate.
const TemporaryDirectory& prepared() {
  static const TemporaryDirectory directory;
  static const bool made = prepare_pki(directory / "pki", {"localhost"}).has_value();
  REQUIRE(made);
  return directory;
}

struct ClaimFixture {
  ClaimFixture() {
    std::filesystem::create_directory(pki);
    for (const std::string name : {"device-issuer.pem", "device-issuer.key"}) {
      std::filesystem::copy(prepared() / ("pki/" + name), pki + "/" + name);
    }
  }

  TemporaryDirectory directory;
  std::string pki = directory / "pki";

  [[nodiscard]] std::string file(const char* name) const { return pki + "/" + name; }
  [[nodiscard]] Pki start(const ClaimSettings& settings = {}) const {
    auto prepared = prepare_pki(pki, {"localhost"}, settings);
    REQUIRE(prepared);
    return std::move(*prepared);
  }
  [[nodiscard]] Certificate certificate() const { return certificate_from_pem(content_of(file("claim.pem"))); }
  [[nodiscard]] nlohmann::json document() const { return nlohmann::json::parse(content_of(file("claim.json"))); }
  /// Whether claim.key is absent or the key of claim.pem.
  [[nodiscard]] bool has_no_foreign_key() const {
    if (!std::filesystem::exists(file("claim.key"))) return true;
    return X509_check_private_key(certificate().get(), key_from_pem(content_of(file("claim.key"))).get()) == 1;
  }
  [[nodiscard]] mode_t mode(const char* name) const {
    struct stat facts {};
    REQUIRE(lstat(file(name).c_str(), &facts) == 0);
    return facts.st_mode;
  }
};

ClaimSettings for_csr_of(const Key& key) {
  return {make_csr(key.get()), {}};
}

}  // namespace

TEST_CASE("a claim is kept as long as it fits what the command line asks for") {
  const Key one = make_ec_key();
  const Key other(EVP_EC_gen("P-384"));
  const ClaimSettings own{};
  ClaimSettings temporary;
  temporary.lifetime = std::chrono::seconds(300);
  ClaimSettings temporary_for_csr = for_csr_of(one);
  temporary_for_csr.lifetime = temporary.lifetime;
  struct Row {
    const char* what;
    ClaimSettings first, second;
    bool kept;
  };
  for (const auto& row : std::vector<Row>{
           {"the key that is made here", own, own, true},
           {"the key of one CSR", for_csr_of(one), for_csr_of(one), true},
           {"another CSR", for_csr_of(one), for_csr_of(other), false},
           {"first a CSR", for_csr_of(one), own, false},
           {"a CSR afterwards", own, for_csr_of(one), false},
           {"temporary", temporary, temporary, false},
           {"temporary for a CSR", temporary_for_csr, temporary_for_csr, false},
           {"first temporary", temporary, own, false},
           {"temporary afterwards", own, temporary, false},
       }) {
    INFO(row.what);
    const ClaimFixture fixture;
    const Pki first = fixture.start(row.first);
    const Pki second = fixture.start(row.second);
    CHECK((first.claim_certificate_id == second.claim_certificate_id) == row.kept);
    CHECK(second.claim_certificate_id == fingerprint(fixture.certificate().get()));
    CHECK(fixture.has_no_foreign_key());
    CHECK(second.claim_key.empty() == !row.second.csr.empty());
    CHECK(std::filesystem::exists(fixture.file("claim.key")) == row.second.csr.empty());
    CHECK(second.claim_expires.has_value() == row.second.lifetime.has_value());
    CHECK(fixture.document().at("certificateId") == second.claim_certificate_id);
  }
}

TEST_CASE("a claim that could not connect is replaced") {
  struct Row {
    const char* file;
    /// nullptr: the file is removed.
    const char* content;
  };
  for (const Row& row : {Row{"claim.pem", nullptr}, Row{"claim.pem", "rubbish"}, Row{"claim.key", nullptr},
                         Row{"claim.key", "rubbish"}, Row{"ca.pem", nullptr}, Row{"ca.key", nullptr}}) {
    INFO(row.file);
    const ClaimFixture fixture;
    const Pki before = fixture.start();
    std::filesystem::remove(fixture.file(row.file));
    if (row.content != nullptr) std::ofstream(fixture.file(row.file)) << row.content;
    CHECK(fixture.start().claim_certificate_id != before.claim_certificate_id);
    CHECK(fixture.has_no_foreign_key());
  }
}

TEST_CASE("claim.json is the claim as create-provisioning-claim prints it") {
  const ClaimFixture fixture;
  ClaimSettings temporary;
  temporary.lifetime = std::chrono::seconds(300);
  const Pki pki = fixture.start(temporary);
  const auto document = fixture.document();
  CHECK(document.at("certificatePem") == content_of(pki.claim_certificate));
  CHECK(document.at("keyPair").at("PrivateKey") == content_of(pki.claim_key));
  CHECK(document.at("keyPair").at("PublicKey").get<std::string>().starts_with("-----BEGIN PUBLIC KEY-----\n"));
  const auto expires = document.at("expiration").get<std::string>();
  CHECK(expires == fleet_provision::rfc3339(*pki.claim_expires).substr(0, 19) + "+00:00");
  const auto left = *pki.claim_expires - std::chrono::system_clock::now();
  CHECK(left > std::chrono::seconds(290));
  CHECK(left <= std::chrono::seconds(301));

  const Pki permanent = fixture.start();
  CHECK_FALSE(fixture.document().contains("expiration"));
  CHECK(fixture.document().at("keyPair").contains("PrivateKey"));

  const Pki of_csr = fixture.start(for_csr_of(make_ec_key()));
  CHECK_FALSE(fixture.document().at("keyPair").contains("PrivateKey"));
  CHECK(fixture.document().at("keyPair").contains("PublicKey"));
}

TEST_CASE("keys are private, and no link is followed") {
  for (const char* name : {"claim.json", "claim.key", "claim.pem"}) {
    INFO(name);
    const ClaimFixture fixture;
    const std::string precious = fixture.directory / "precious";
    std::ofstream(precious) << "precious";
    for (const std::string end : {"", ".new"}) std::filesystem::create_symlink(precious, fixture.file(name) + end);
    const Pki pki = fixture.start();
    CHECK(content_of(precious) == "precious");
    for (const char* each : {"claim.json", "claim.key"}) CHECK(fixture.mode(each) == (S_IFREG | 0600));
    CHECK(S_ISREG(fixture.mode("claim.pem")));
    CHECK(fixture.has_no_foreign_key());
  }
}

TEST_CASE("the claim's CSR is held to the rules for a device's, and the message names the file") {
  const Key key = make_ec_key();
  struct Row {
    std::string text;
    const char* message;
  };
  const auto curve = [](const char* name) { return Key(EVP_EC_gen(name)); };
  std::string broken = make_csr(key.get());
  // Changes a letter in the middle of the signature.
  char& letter = broken[broken.size() - 60];
  letter = letter == 'A' ? 'B' : 'A';
  for (const auto& row : std::vector<Row>{
           {make_csr(key.get()), ""},
           {"notes\n" + make_csr(curve("P-521").get(), EVP_sha512()), ""},
           {"", "--claim-csr: my.csr is empty"},
           {make_csr(curve("P-224").get()), "--claim-csr: my.csr: the key of the CSR is on a curve other than"},
           {make_csr(key.get(), EVP_sha1()), "--claim-csr: my.csr: the CSR is not signed with SHA-256"},
           {broken, "--claim-csr: my.csr: the "},
       }) {
    INFO(row.text);
    const auto checked = check_claim_csr("my.csr", row.text);
    CHECK(checked.has_value() == (*row.message == '\0'));
    if (checked) continue;
    CHECK(checked.error().kind == fleet_provision::ErrorKind::kCsrUnusable);
    CHECK(checked.error().message.find(row.message) == 0);
    CHECK_FALSE(checked.error().message.ends_with('.'));
  }
}
