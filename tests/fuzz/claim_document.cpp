// The JSON of `--claim`, and the times in it: refused by value without a word of the text, or a certificate and a key.
#include "codec/claim_document.hpp"

#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

void read_document(std::string_view json) {
  const auto claim = decode_claim(json);
  if (!claim) {
    const bool key = claim.error().kind == ErrorKind::kClaimKeyUnusable;
    refused_as(claim.error(), key ? ErrorKind::kClaimKeyUnusable : ErrorKind::kClaimCertificateUnusable);
    return;
  }
  must_hold(!claim->certificate_pem.empty() && is_utf8(claim->certificate_pem), "the certificate is text");
  must_hold(!claim->private_key.empty() && is_utf8(claim->private_key.reveal()), "the key is text");
}

void read_time(std::string_view text) {
  const auto time = parse_aws_time(text);
  if (!time) return;
  const auto second = std::chrono::floor<std::chrono::seconds>(*time);
  // As a number of seconds a time may be from 1970 to 2255.
  const auto count = second.time_since_epoch().count();
  constexpr std::int64_t kSecondsMax = 9'000'000'000;
  must_hold(count < 0 || count > kSecondsMax || parse_aws_time(std::to_string(count)) == second,
            "a time is the same in seconds");
  const auto again = parse_aws_time(rfc3339(*time));
  must_hold(again == second, "a time survives being written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_document(as_text(data, size));
  if (size <= 64) read_time(as_text(data, size));
  return 0;
}
