// Topics, verdicts, back-off, limits and text: one row a line.
#include "aws/topics.hpp"
#include "core/backoff.hpp"
#include "core/milestones.hpp"
#include "core/text.hpp"
#include "core/verdict.hpp"
#include "tests/catch.hpp"

using namespace fleet_provision;
using enum ErrorKind;

TEST_CASE("topics are the service page's") {
  struct Row {
    Operation operation;
    PayloadFormat format;
    std::string request;
  };
  const Row rows[] = {
      {Operation::kCreateCertificateFromCsr, PayloadFormat::kJson, "$aws/certificates/create-from-csr/json"},
      {Operation::kCreateCertificateFromCsr, PayloadFormat::kCbor, "$aws/certificates/create-from-csr/cbor"},
      {Operation::kCreateKeysAndCertificate, PayloadFormat::kJson, "$aws/certificates/create/json"},
      {Operation::kCreateKeysAndCertificate, PayloadFormat::kCbor, "$aws/certificates/create/cbor"},
      {Operation::kRegisterThing, PayloadFormat::kJson, "$aws/provisioning-templates/gateway/provision/json"},
      {Operation::kRegisterThing, PayloadFormat::kCbor, "$aws/provisioning-templates/gateway/provision/cbor"},
  };
  for (const Row& row : rows) {
    const Topics topics = topics_of(row.operation, row.format, "gateway");
    CHECK(topics.request == row.request);
    CHECK(topics.accepted == row.request + "/accepted");
    CHECK(topics.rejected == row.request + "/rejected");
  }
}

TEST_CASE("an error document is classified by status, then by code") {
  struct Row {
    int status;
    std::string code;
    std::optional<ErrorKind> kind;
  };
  const Row rows[] = {
      {202, "", std::nullopt},
      {429, "", kThrottled},
      {400, "ThrottlingException", kThrottled},
      {403, "TooManyRequestsException", kThrottled},
      {500, "InternalFailure", kServiceError},
      {503, "ServiceUnavailable", kServiceError},
      {599, "", kServiceError},
      {503, "InvalidCertificateOwnershipToken", kServiceError},
      {400, "InvalidCertificateOwnershipToken", kTokenRefused},
      {403, "CertificateOwnershipTokenExpired", kTokenRefused},
      {400, "InvalidParameters", kRejected},
      {403, "AccessDenied", kRejected},
      {404, "ResourceNotFound", kRejected},
      {409, "", kRejected},
      {413, "", kRejected},
      {422, "", kRejected},
      {0, "", kRejected},
      {200, "", kRejected},
  };
  for (const Row& row : rows) {
    INFO(row.status << " " << row.code);
    CHECK(classify({row.status, row.code, ""}) == row.kind);
  }
}

TEST_CASE("what is retried is what time may mend") {
  for (const ErrorKind kind : all_error_kinds()) {
    const Verdict at_key = verdict(kind, Milestone::kKeyMade);
    INFO(word(kind));
    // Whoever is asked to run again later may also try again now, but for causes that waiting here does not mend.
    const bool ends_run = kind == kLocked || kind == kClockNotSet || kind == kCertificateLimit ||
                          kind == kTokenRefused || kind == kInterrupted || kind == kTerminated || kind == kDiskFull ||
                          kind == kDiskError || kind == kOnSuccessFailed || kind == kOutOfResources;
    // A policy spreads while a run waits; when the whole run was not enough, somebody must mend it.
    const bool spreads = kind == kIdentityRefused;
    CHECK((at_key == Verdict::kRetry) == ((retryable(kind) && !ends_run) || spreads));
    CHECK((at_key == Verdict::kOlderMqtt) == (kind == kMqttVersionRefused));
    CHECK((verdict(kind, Milestone::kCertified) == Verdict::kAskAgain) == (kind == kTokenRefused));
  }
}

TEST_CASE("back-off is full jitter under a ceiling that doubles") {
  using std::chrono::milliseconds;
  const unsigned ceilings[] = {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 32'000};
  for (unsigned failures = 1; failures <= 7; ++failures) {
    const milliseconds ceiling{ceilings[failures - 1]};
    CHECK(backoff_ceiling(failures) == ceiling);
    milliseconds least = milliseconds::max();
    milliseconds most{0};
    std::uint64_t random = 1;
    for (int i = 0; i < 2'000; ++i) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      const milliseconds wait = backoff(failures, random >> 11);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    // Spread over the whole of it: a fleet does not arrive together.
    CHECK(least < ceiling / 20);
    CHECK(most > ceiling - ceiling / 20);
    CHECK(most <= ceiling);
  }
  CHECK(backoff_ceiling(1'000'000) == milliseconds{32'000});
}

TEST_CASE("the count of certificates is forgotten after an hour of boots") {
  using std::chrono::seconds;
  CertificateCount count{4, seconds{0}, "a", seconds{100}};
  count = brought_up_to(count, "a", seconds{1'000});
  CHECK(count.age == seconds{900});
  count = brought_up_to(count, "b", seconds{600});
  CHECK(count.age == seconds{1'500});
  CHECK(count.requested == 4);
  count = brought_up_to(count, "b", seconds{500});
  CHECK(count.age == seconds{1'500});
  CHECK(brought_up_to(count, "b", seconds{2'599}).requested == 4);
  CHECK(brought_up_to(count, "b", seconds{2'600}).requested == 0);
}

TEST_CASE("only a close that can be a denial amounts to a refusal") {
  CHECK(refusal_of(Phase::kTls) == kClaimRefused);
  CHECK(refusal_of(Phase::kMqtt) == kPolicyConnect);
  CHECK(refusal_of(Phase::kSubscribe) == kPolicySubscribe);
  CHECK(refusal_of(Phase::kCreate) == kPolicyPublish);
  CHECK(refusal_of(Phase::kRegister) == kPolicyPublish);
  CHECK(!refusal_of(Phase::kTcp));
  CHECK(!refusal_of(Phase::kResolve));
}

TEST_CASE("text from outside cannot steer a terminal") {
  struct Row {
    std::string raw;
    std::string shown;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"grün 日本 🚀", "grün 日本 🚀"},
      {"a\nb\tc", R"(a\x0ab\x09c)"},
      {"\x1b[31m", R"(\x1b[31m)"},
      {"\x7f", R"(\x7f)"},
      {"\xc2\x9b", R"(\xc2\x9b)"},
      // NOLINTBEGIN(misc-misleading-bidirectional)
      {"\xe2\x80\xae", R"(\xe2\x80\xae)"},
      {"\xe2\x81\xa6", R"(\xe2\x81\xa6)"},
      // NOLINTEND(misc-misleading-bidirectional)
      {"\xff\xfe", R"(\xff\xfe)"},
      {"\xc0\xaf", R"(\xc0\xaf)"},
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
      {std::string("a\0b", 3), R"(a\x00b)"},
  };
  for (const Row& row : rows) CHECK(printable(row.raw) == row.shown);
  CHECK(printable("abcdef", 3) == "abc…");
  CHECK(printable("abc", 3) == "abc");
}

TEST_CASE("UTF-8 is told from what looks like it") {
  for (const char* good : {"", "a", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x9a\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "a\xff"}) {
    CHECK(!is_utf8(bad));
  }
}

TEST_CASE("a slip is told from another word") {
  const std::vector<std::string_view> known{"template", "timeout", "endpoint"};
  CHECK(nearest("templat", known) == "template");
  CHECK(nearest("tiemout", known) == "timeout");
  CHECK(nearest("banana", known).empty());
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("texts are listed, counted and changed in case without a locale") {
  CHECK(listed({}).empty());
  CHECK(listed({"a", "b\nc"}) == R"(a, b\x0ac)");
  CHECK(characters("grün 日本") == 7);
  CHECK(in_lower_case("ABC-Ünï-xyz") == "abc-Ünï-xyz");
  CHECK(in_capitals("abc-Ünï-XYZ") == "ABC-ÜNï-XYZ");
  CHECK(within_text(std::chrono::seconds(15), false) == "within 15 s");
  CHECK(within_text(std::chrono::seconds(15), true) == "before --timeout was over");
}
