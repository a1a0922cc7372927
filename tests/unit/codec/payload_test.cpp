// The fields of a response in both formats: each row is written as JSON, and its conversion to CBOR must have the same
// result.
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "codec/payload.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

std::string in_format(const std::string& json, PayloadFormat format) {
  if (format == PayloadFormat::kJson) return json;
  const std::vector<std::uint8_t> cbor = nlohmann::json::to_cbor(nlohmann::json::parse(json));
  return {cbor.begin(), cbor.end()};
}

constexpr PayloadFormat kFormats[] = {PayloadFormat::kJson, PayloadFormat::kCbor};

/// An empty message means that the row must be accepted.
template <class Answer>
void check(const Result<Answer>& answer, const std::string& json, const std::string& message) {
  INFO(json);
  if (message.empty()) {
    CHECK(answer);
    return;
  }
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::kMalformedAnswer);
  CHECK(answer.error().message == message);
}

struct Row {
  std::string json;
  std::string message;
};

const std::string kId = "5f0a" + std::string(60, '7');

std::string id_member(const std::string& id) {
  return R"("certificateId":")" + id + "\"";
}
const std::string kIdMember = id_member(kId);
const std::string kRest = R"(,"certificatePem":"pem","certificateOwnershipToken":"token"})";

TEST_CASE("an answer of a create operation needs three texts, and the key when the service made it") {
  const std::string three = kIdMember + R"(,"certificatePem":"pem","certificateOwnershipToken":"token")";
  const Row csr_rows[] = {
      {"{" + three + "}", ""},
      {"{" + three + R"(,"privateKey":"key"})", ""},
      {"{" + three + R"(,"privateKey":[1,{"a":null}]})", ""},
      {"{" + three + R"(,"later":{"nested":[{"deep":[1.5,true,null,-1]}]}})", ""},
      {R"({"certificatePem":"pem","certificateOwnershipToken":"token"})", "the response has no certificateId"},
      {"{" + kIdMember + R"(,"certificateOwnershipToken":"token"})", "the response has no certificatePem"},
      {"{" + kIdMember + R"(,"certificatePem":"pem"})", "the response has no certificateOwnershipToken"},
      {R"({"certificateId":null,"certificatePem":"pem","certificateOwnershipToken":"t"})",
       "the response has no certificateId"},
      {R"({"certificateId":"","certificatePem":"pem","certificateOwnershipToken":"t"})",
       "certificateId in the response is empty"},
      {R"({"certificateId":7,"certificatePem":"pem","certificateOwnershipToken":"t"})",
       "certificateId in the response is not a text"},
      {"{" + id_member(kId.substr(1)) + kRest, "certificateId in the response is not 64 hex digits"},
      {"{" + id_member(kId + "0") + kRest, "certificateId in the response is not 64 hex digits"},
      {"{" + id_member(kId.substr(1) + "g") + kRest, "certificateId in the response is not 64 hex digits"},
      {"{" + id_member(kId.substr(1) + R"(\u0000)") + kRest, "certificateId in the response is not 64 hex digits"},
      {"{" + id_member(kId.substr(1) + R"(\n)") + kRest, "certificateId in the response is not 64 hex digits"},
      {"{" + id_member(std::string(127'000, 'a')) + kRest, "certificateId in the response is not 64 hex digits"},
      {"{" + id_member(kId.substr(1) + "F") + kRest, ""},
      {"{" + kIdMember + R"(,"certificatePem":["pem"],"certificateOwnershipToken":"t"})",
       "certificatePem in the response is not a text"},
      {"{" + kIdMember + R"(,"certificatePem":{"pem":"pem"},"certificateOwnershipToken":"t"})",
       "certificatePem in the response is not a text"},
      {"{" + kIdMember + R"(,"certificatePem":"pem","certificateOwnershipToken":true})",
       "certificateOwnershipToken in the response is not a text"},
      {R"({"CertificateId":"id","certificatePem":"pem","certificateOwnershipToken":"t"})",
       "the response has no certificateId"},
      {R"({"wrapped":{)" + three + "}}", "the response has no certificateId"},
      {"{}", "the response has no certificateId"},
  };
  const Row keys_rows[] = {
      {"{" + three + R"(,"privateKey":"key"})", ""},
      {"{" + three + "}", "the response has no privateKey"},
      {"{" + three + R"(,"privateKey":""})", "privateKey in the response is empty"},
      {"{" + three + R"(,"privateKey":1})", "privateKey in the response is not a text"},
  };
  for (const PayloadFormat format : kFormats) {
    for (const Row& row : csr_rows) {
      check(decode_create_certificate(in_format(row.json, format), format, Method::kCsr), row.json, row.message);
    }
    for (const Row& row : keys_rows) {
      check(decode_create_certificate(in_format(row.json, format), format, Method::kKeys), row.json, row.message);
    }
  }
}

TEST_CASE("an answer of a create operation comes through byte for byte") {
  const std::string json =
      R"({"certificateId":")" + kId +
      R"(","certificatePem":"-----BEGIN CERTIFICATE-----\nAA==\r\n",)"
      R"("certificateOwnershipToken":"töken\"\\\/","privateKey":"-----BEGIN RSA PRIVATE KEY-----\n"})";
  for (const PayloadFormat format : kFormats) {
    const auto answer = decode_create_certificate(in_format(json, format), format, Method::kKeys);
    REQUIRE(answer);
    CHECK(answer->certificate_id == kId);
    CHECK(answer->certificate_pem == "-----BEGIN CERTIFICATE-----\nAA==\r\n");
    CHECK(answer->certificate_ownership_token.reveal() == "töken\"\\/");
    REQUIRE(answer->private_key);
    CHECK(answer->private_key->reveal() == "-----BEGIN RSA PRIVATE KEY-----\n");
    const auto without_key = decode_create_certificate(in_format(json, format), format, Method::kCsr);
    REQUIRE(without_key);
    CHECK_FALSE(without_key->private_key);
  }
}

TEST_CASE("an answer of RegisterThing may lack everything, but what it has must be of its type") {
  struct RegisterRow {
    std::string json;
    std::string message;
    std::optional<std::string> thing_name = {};
    DeviceConfiguration device_configuration = {};
  };
  const RegisterRow rows[] = {
      {R"({"deviceConfiguration":{},"thingName":"gateway-1"})", "", "gateway-1"},
      {R"({"thingName":"a","deviceConfiguration":{"Region":"eu","Log":""}})", "", "a", {{"Log", ""}, {"Region", "eu"}}},
      {R"({})", ""},
      {R"({"thingName":null,"deviceConfiguration":null})", ""},
      {R"({"thingName":""})", "", ""},
      {R"({"thingName":7})", "thingName in the response is not a text"},
      {R"({"thingName":["a"]})", "thingName in the response is not a text"},
      {R"({"deviceConfiguration":"text"})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":["text"]})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":[{"a":"b"}]})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":{"a":"b","c":{"d":"e"}}})",
       "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":{"c":{"d":"e"},"a":"b"}})",
       "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":{"a":[]}})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":{"a":1}})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":{"a":null}})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"deviceConfiguration":{"a":true}})", "deviceConfiguration in the response is not a flat map of texts"},
      {R"({"unknown":{"thingName":"inner","deviceConfiguration":1},"thingName":"outer"})", "", "outer"},
      {R"([{"thingName":"a"}])", "the response is not a map of fields"},
      {R"("thingName")", "the response is not a map of fields"},
      {R"(7)", "the response is not a map of fields"},
      {R"(null)", "the response is not a map of fields"},
      {R"(false)", "the response is not a map of fields"},
  };
  for (const PayloadFormat format : kFormats) {
    for (const RegisterRow& row : rows) {
      const auto answer = decode_register_thing(in_format(row.json, format), format);
      check(answer, row.json, row.message);
      if (!answer) continue;
      CHECK(answer->thing_name == row.thing_name);
      CHECK(answer->device_configuration == row.device_configuration);
    }
  }
}

TEST_CASE("an error document needs its status, an integer of any width") {
  struct RejectedRow {
    std::string json;
    std::string message;
    int status_code = 0;
    std::string error_code = {};
    std::string error_message = {};
  };
  const RejectedRow rows[] = {
      {R"({"statusCode":400,"errorCode":"InvalidParameters","errorMessage":"Cannot resolve: AWS::Region"})", "", 400,
       "InvalidParameters", "Cannot resolve: AWS::Region"},
      {R"({"statusCode":0})", "", 0},
      {R"({"statusCode":23})", "", 23},
      {R"({"statusCode":24})", "", 24},
      {R"({"statusCode":429,"errorCode":null})", "", 429},
      {R"({"statusCode":65536})", "", 65536},
      {R"({"statusCode":-1})", "", -1},
      {R"({"statusCode":-257})", "", -257},
      {R"({"statusCode":-70000})", "", -70000},
      {R"({"statusCode":2147483647})", "", 2147483647},
      {R"({"statusCode":-2147483648})", "", -2147483647 - 1},
      {R"({"statusCode":2147483648})", "statusCode in the response is out of range"},
      {R"({"statusCode":-5000000000})", "statusCode in the response is out of range"},
      {R"({"statusCode":9223372036854775807})", "statusCode in the response is out of range"},
      {R"({"statusCode":18446744073709551615})", "statusCode in the response is not an integer"},
      {R"({"statusCode":400.5})", "statusCode in the response is not an integer"},
      {R"({"statusCode":"400"})", "statusCode in the response is not an integer"},
      {R"({"statusCode":{"statusCode":400}})", "statusCode in the response is not an integer"},
      {R"({"statusCode":null})", "the response has no statusCode"},
      {R"({"errorCode":"a","errorMessage":"b"})", "the response has no statusCode"},
      {R"({"statusCode":400,"errorCode":7})", "errorCode in the response is not a text"},
      {R"({"statusCode":400,"errorMessage":[]})", "errorMessage in the response is not a text"},
  };
  for (const PayloadFormat format : kFormats) {
    for (const RejectedRow& row : rows) {
      const auto answer = decode_rejected(in_format(row.json, format), format);
      check(answer, row.json, row.message);
      if (!answer) continue;
      CHECK(answer->status_code == row.status_code);
      CHECK(answer->error_code == row.error_code);
      CHECK(answer->error_message == row.error_message);
    }
  }
}

TEST_CASE("nothing, and more than 128 KiB, is refused before it is read") {
  for (const PayloadFormat format : kFormats) {
    check(decode_register_thing("", format), "", "the response is empty");
    const std::string just_fits = R"({"x":")" + std::string(kPayloadBytesMax - 8, 'x') + R"("})";
    REQUIRE(just_fits.size() == kPayloadBytesMax);
    if (format == PayloadFormat::kJson) CHECK(decode_register_thing(just_fits, format));
    check(decode_register_thing(just_fits + " ", format), "one more",
          "the response has 131073 bytes, more than 131072");
  }
}

TEST_CASE("nesting is taken to 64 and no further") {
  for (const PayloadFormat format : kFormats) {
    for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{R"({"a":)", "}"}}) {
      const auto nested = [open = open, close = close](int depth) {
        std::string json = R"({"x":)";
        for (int i = 1; i < depth; ++i) json += open;
        json += "1";
        for (int i = 1; i < depth; ++i) json += close;
        return json + "}";
      };
      check(decode_register_thing(in_format(nested(64), format), format), "64", "");
      check(decode_register_thing(in_format(nested(65), format), format), "65",
            "the response is nested more than 64 deep");
    }
  }
}

}  // namespace
}  // namespace fleet_provision
