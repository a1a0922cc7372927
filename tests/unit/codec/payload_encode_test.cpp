// Encoded requests, checked with independent decoders.
#include <nlohmann/json.hpp>

#include <string>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

nlohmann::json parse(const Secret& payload, PayloadFormat format) {
  const std::string_view bytes = payload.reveal();
  if (format == PayloadFormat::kJson) return nlohmann::json::parse(bytes);
  return nlohmann::json::from_cbor(bytes);
}

constexpr PayloadFormat kFormats[] = {PayloadFormat::kJson, PayloadFormat::kCbor};

TEST_CASE("a CSR request holds the PEM and nothing else") {
  CreateCertificateFromCsrRequest request;
  request.certificate_signing_request = "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n";
  for (const PayloadFormat format : kFormats) {
    CHECK(parse(encode(request, format), format) ==
          nlohmann::json({{"certificateSigningRequest", "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"}}));
  }
  CHECK(encode(request, PayloadFormat::kJson).reveal() ==
        R"({"certificateSigningRequest":"-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"})");
}

TEST_CASE("a RegisterThing request says any text so that it is read back the same") {
  std::string every_low_byte;
  for (char each = 0; each < 0x20; ++each) every_low_byte += each;
  const std::string values[] = {"",
                                "4711",
                                "a \"quoted\\ text",
                                every_low_byte,
                                "\x7F/é€😀",
                                "\xE2\x80\xA8",
                                std::string(23, 'a'),
                                std::string(24, 'a'),
                                std::string(255, 'a'),
                                std::string(256, 'a'),
                                std::string(70'000, '"')};
  for (const PayloadFormat format : kFormats) {
    for (const std::string& value : values) {
      RegisterThingRequest request;
      request.certificate_ownership_token = Secret("token" + value);
      request.parameters = {{"SerialNumber", value}, {"b" + value, "2"}};
      const nlohmann::json expected{{"certificateOwnershipToken", "token" + value},
                                    {"parameters", {{"SerialNumber", value}, {"b" + value, "2"}}}};
      CHECK(parse(encode(request, format), format) == expected);
    }
  }
}

TEST_CASE("a RegisterThing request without parameters leaves them out") {
  RegisterThingRequest request;
  request.certificate_ownership_token = Secret("t");
  for (const PayloadFormat format : kFormats) {
    CHECK(parse(encode(request, format), format) == nlohmann::json({{"certificateOwnershipToken", "t"}}));
  }
}

TEST_CASE("CBOR leaves as definite maps and text strings, as AWS's own clients write it") {
  RegisterThingRequest request;
  request.certificate_ownership_token = Secret("t");
  request.parameters = {{"A", "1"}};
  CHECK(to_hex(encode(request, PayloadFormat::kCbor).reveal()) ==
        "a2"
        "7819" +
            to_hex("certificateOwnershipToken") +
            "6174"
            "6a" +
            to_hex("parameters") +
            "a1"
            "6141"
            "6131");
}

}  // namespace
}  // namespace fleet_provision
