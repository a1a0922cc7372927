// The checks of an issued certificate, at the limits of its validity.
#include "workflow/run/issued_certificate.hpp"

#include "core/text.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_keysmith.hpp"
#include "tests/fakes/recording_observer.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

const WallTime kFrom = *parse_rfc3339("2030-01-01T00:00:00Z");
const WallTime kUntil = *parse_rfc3339("2031-01-01T00:00:00Z");

struct CertificateFixture {
  fakes::FakeKeysmith keysmith;
  fakes::FakeClock clock;
  test::RecordingObserver observer;
  CreateCertificateAnswer answer;

  CertificateFixture() {
    answer.certificate_pem = fakes::fake_certificate("our-key", "1", kFrom, kUntil);
    answer.certificate_id = keysmith.read_certificate(answer.certificate_pem)->fingerprint;
  }
  Result<CertificateFacts> prove(WallTime now, const std::string& key = "our-key") {
    clock.set_wall(now);
    return prove_issued(answer, key, keysmith, clock, observer);
  }
};

}  // namespace

TEST_CASE("a certificate is good from the second of its notBefore until the one before its notAfter") {
  struct Row {
    const char* name;
    WallTime now;
    bool good;
    bool warned;
  };
  using std::chrono::seconds;
  const std::vector<Row> rows{
      {"a year before", kFrom - seconds{365L * 86'400}, true, true},
      {"a second before notBefore", kFrom - seconds{1}, true, true},
      {"a moment before notBefore", kFrom - WallTime::duration{1}, true, true},
      {"at notBefore", kFrom, true, false},
      {"a second after notBefore", kFrom + seconds{1}, true, false},
      {"a second before notAfter", kUntil - seconds{1}, true, false},
      {"a moment before notAfter", kUntil - WallTime::duration{1}, true, false},
      {"at notAfter, as OpenSSL has it", kUntil, false, false},
      {"a second after notAfter", kUntil + seconds{1}, false, false},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CertificateFixture fixture;
    const auto proved = fixture.prove(row.now);
    CHECK(proved.has_value() == row.good);
    CHECK(fixture.observer.phases() ==
          (row.warned
               ? "! the issued certificate is valid from 2030-01-01T00:00:00Z; the local time is " + rfc3339(row.now)
               : ""));
    if (proved) {
      CHECK(proved->fingerprint == fixture.answer.certificate_id);
      continue;
    }
    CHECK(proved.error().kind == ErrorKind::kIssuedCertificateExpired);
    CHECK(proved.error().phase == Phase::kCreate);
    CHECK(proved.error().message.find("2031-01-01T00:00:00Z") != std::string::npos);
    CHECK(proved.error().message.find(rfc3339(row.now)) != std::string::npos);
    CHECK_FALSE(proved.error().hint.empty());
  }
}

TEST_CASE("a certificate for another key, and one that does not parse, are refused by their kind") {
  CertificateFixture fixture;
  const auto other = fixture.prove(kFrom, "another-key");
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::kCertificateKeyMismatch);
  CHECK(other.error().phase == Phase::kCreate);
  // For a certificate with another key the dates are not checked.
  CHECK(fixture.prove(kUntil, "another-key").error().kind == ErrorKind::kCertificateKeyMismatch);
  fixture.answer.certificate_pem = "nonsense";
  const auto unread = fixture.prove(kFrom);
  REQUIRE_FALSE(unread);
  CHECK(unread.error().kind == ErrorKind::kIssuedCertificateUnusable);
  CHECK(unread.error().phase == Phase::kCreate);
}

TEST_CASE("a certificate id that is not the fingerprint is warned of, printably") {
  CertificateFixture fixture;
  const std::string fingerprint = fixture.answer.certificate_id;
  fixture.answer.certificate_id = "\x1b[31m";
  CHECK(fixture.prove(kFrom));
  CHECK(fixture.observer.phases() ==
        "! the service names the certificate \\x1b[31m, but its fingerprint is " + fingerprint);
  CertificateFixture long_one;
  long_one.answer.certificate_id = std::string(201, 'a');
  CHECK(long_one.prove(kFrom));
  CHECK(long_one.observer.phases().starts_with("! the service names the certificate " + std::string(200, 'a') +
                                               "…, but"));
}
