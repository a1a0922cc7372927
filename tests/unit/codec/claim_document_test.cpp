// The JSON of a claim as the AWS CLI prints it.
#include "codec/claim_document.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

std::string claim(const std::string& more = "") {
  return R"({"certificateId": "x", "certificatePem": "cert\n", "keyPair": {"PublicKey": "p", "PrivateKey": "key\n"})" +
         more + "}";
}

}  // namespace

TEST_CASE("a claim has certificate and key, and perhaps an end") {
  const auto plain = decode_claim(claim());
  REQUIRE(plain);
  CHECK(plain->certificate_pem == "cert\n");
  CHECK(plain->private_key.reveal() == "key\n");
  CHECK_FALSE(plain->expiration);
  const auto ending = decode_claim(claim(R"(, "expiration": "2026-11-26T14:05:00.123000+01:00")"));
  REQUIRE(ending);
  CHECK(ending->expiration == parse_rfc3339("2026-11-26T13:05:00Z"));
  CHECK(decode_claim(claim(R"(, "expiration": 1764162300.5)"))->expiration == parse_rfc3339("2025-11-26T13:05:00Z"));
  CHECK(decode_claim(claim(R"(, "expiration": 0)"))->expiration == parse_rfc3339("1970-01-01T00:00:00Z"));
  const auto last = decode_claim(claim(R"(, "expiration": 9000000000)"));
  REQUIRE(last);
  CHECK(last->expiration == WallTime{std::chrono::seconds{9'000'000'000}});
  for (const char* none : {"-1", "9000000001", "1e9"}) {
    CHECK_FALSE(decode_claim(claim(std::string(R"(, "expiration": )") + none)));
  }
  CHECK_FALSE(decode_claim(claim(R"(, "expiration": null)"))->expiration);
  CHECK(decode_claim(claim(R"(, "more": {"certificatePem": 1, "expiration": "x", "keyPair": {"PrivateKey": [1]}})")));
  CHECK(decode_claim(claim(R"(, "list": [{"certificatePem": 1}, "a", 2])")));
}

TEST_CASE("a file that is no claim is rejected without quoting it") {
  struct Row {
    std::string json;
    ErrorKind kind;
    std::string message;
  };
  constexpr ErrorKind kCertificate = ErrorKind::kClaimCertificateUnusable;
  constexpr ErrorKind kKey = ErrorKind::kClaimKeyUnusable;
  const Row rows[] = {
      {"{", kCertificate, "is not JSON (byte 2)"},
      {claim() + "x", kCertificate, "is not JSON"},
      {claim() + std::string(1, '\0'), kCertificate, "NUL byte"},
      {"[]", kCertificate, "has no certificatePem"},
      {"7", kCertificate, "has no certificatePem"},
      {"{}", kCertificate, "has no certificatePem"},
      {R"({"certificatePem": ""})", kCertificate, "has no certificatePem"},
      {R"({"certificatePem": 7})", kCertificate, "has a number as certificatePem"},
      {R"({"certificatePem": ["secret"]})", kCertificate, "has an array as certificatePem"},
      {R"({"certificatePem": "a", "certificatePem": "b"})", kCertificate, "has a member twice"},
      {R"({"certificatePem": "a", "keyPair": {"PrivateKey": "a", "PrivateKey": "b"}})", kCertificate,
       "has a member twice"},
      {R"({"certificatePem": "a", "keyPair": {"PrivateKey": "a"}, "keyPair": {"PrivateKey": "b"}})", kCertificate,
       "has a member twice"},
      {R"({"certificatePem": "a"})", kKey, "has no keyPair.PrivateKey"},
      {R"({"certificatePem": "a", "keyPair": {}})", kKey, "has no keyPair.PrivateKey"},
      {R"({"certificatePem": "a", "keyPair": "secret"})", kKey, "has no keyPair.PrivateKey"},
      {R"({"certificatePem": "a", "keyPair": {"PrivateKey": null}})", kCertificate, "has null as keyPair.PrivateKey"},
      {R"({"certificatePem": "a", "PrivateKey": "secret"})", kKey, "has no keyPair.PrivateKey"},
      {claim(R"(, "expiration": "secret")"), kCertificate, "has an expiration that is not a time"},
      {std::string(100, '['), kCertificate, "is nested too deep"},
  };
  for (const Row& row : rows) {
    INFO(row.json);
    const auto decoded = decode_claim(row.json);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind == row.kind);
    INFO(decoded.error().message);
    CHECK(decoded.error().message.find(row.message) != std::string::npos);
    CHECK(decoded.error().message.find("secret") == std::string::npos);
    CHECK_FALSE(decoded.error().hint.empty());
  }
}

TEST_CASE("times are read in every form that the AWS CLI has") {
  const auto time = parse_rfc3339("2026-11-26T13:05:00Z");
  for (const char* text :
       {"2026-11-26T13:05:00Z", "2026-11-26T13:05:00", "2026-11-26T13:05:00.5Z", "2026-11-26T13:05:00.123456+00:00",
        "2026-11-26T14:05:00+01:00", "2026-11-26T07:35:00-0530", "1795698300", "1795698300.999"}) {
    INFO(text);
    CHECK(parse_aws_time(text) == time);
  }
  CHECK(parse_aws_time("2262-04-11T23:47:16+00:00") == parse_rfc3339("2262-04-11T23:47:16Z"));
  for (const char* text : {"", "T", "tomorrow", "2026-11-26", "2026-13-26T13:05:00Z", "2026-11-26T13:05:00+1",
                           "2026-11-26T13:05:00..5Z", "1795698300..5", "-1", "1795698300x", "17956983001795698300",
                           "2026-11-26T13:05:00 UTC", "2026-11-26T13:05:00+ab:cd", "2026-11-26T13:05:00x01:00",
                           "2026-11-26T13:05:00x0100", "2026-11-26T13:05:00+01:000", "2026-11-26T13:05:00+01:0",
                           // In UTC the clock cannot count them.
                           "2262-04-11T23:47:16-00:01", "1677-09-21T00:12:44+00:01"}) {
    INFO(text);
    CHECK_FALSE(parse_aws_time(text));
  }
}
