#include "service/document.hpp"
#include "service/spoil.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;

namespace {

Members sample() {
  return {{"certificateId", Value{std::string("ab\"c\n")}},
          {"statusCode", Value{std::int64_t{429}}},
          {"deviceConfiguration", Value{Members{{"k", Value{std::string("v")}}}}}};
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string spoiled(const char* spec, Encoding encoding = Encoding::kJson) {
  const auto fault = fleet_provision::simulator::parse_fault(std::string("create:*:") + spec);
  REQUIRE(fault);
  return encode_spoiled({{"certificateId", Value{std::string("id")}},
                         {"certificatePem", Value{std::string("pem")}},
                         {"certificateOwnershipToken", Value{std::string("token")}}},
                        encoding, {}, {*fault});
}

}  // namespace

TEST_CASE("answers are written as the encodings say") {
  CHECK(encode(sample(), Encoding::kJson) ==
        R"({"certificateId":"ab\"c\n","statusCode":429,"deviceConfiguration":{"k":"v"}})");
  const std::string body = bytes({0x6d}) + "certificateId" + bytes({0x65}) + "ab\"c\n" + bytes({0x6a}) + "statusCode" +
                           bytes({0x19, 0x01, 0xad}) + bytes({0x73}) + "deviceConfiguration";
  CHECK(encode(sample(), Encoding::kCbor) == bytes({0xa3}) + body + bytes({0xa1, 0x61, 'k', 0x61, 'v'}));
  CHECK(encode(sample(), Encoding::kCbor, {true, false}) ==
        bytes({0xbf}) + body + bytes({0xbf, 0x61, 'k', 0x61, 'v', 0xff, 0xff}));
  CHECK(encode({{"k", Value{std::string("v")}}}, Encoding::kCbor, {false, true}) ==
        bytes({0xa1, 0x7f, 0x61, 'k', 0xff, 0x7f, 0x61, 'v', 0xff}));
}

TEST_CASE("requests are read in both encodings, and what is no map is refused") {
  struct Row {
    std::string payload;
    Encoding encoding;
    bool decodes;
  };
  const std::string cbor_map = bytes({0xa1, 0x61, 'a', 0x61, 'b'});
  const std::vector<Row> rows{
      {"", Encoding::kJson, true},
      {"", Encoding::kCbor, true},
      {"{}", Encoding::kJson, true},
      {"{}", Encoding::kCbor, false},
      {cbor_map, Encoding::kCbor, true},
      {bytes({0xbf, 0x61, 'a', 0x7f, 0x61, 'b', 0xff, 0xff}), Encoding::kCbor, true},
      {cbor_map, Encoding::kJson, false},
      {cbor_map + "x", Encoding::kCbor, false},
      {"[]", Encoding::kJson, false},
      {R"({"a":"b"} x)", Encoding::kJson, false},
      {std::string(100'000, '['), Encoding::kJson, false},
      {std::string(100'000, '\x81'), Encoding::kCbor, false},
  };
  for (const auto& row : rows) {
    INFO(row.payload.substr(0, 40));
    const auto request = Request::decode(row.payload, row.encoding);
    CHECK(request.has_value() == row.decodes);
    if (request && row.payload.size() > 3) CHECK(request->text("a").text == "b");
  }
}

TEST_CASE("parameters that are not text are told apart") {
  const auto decode = [](const char* parameters) {
    const auto request = Request::decode(std::string("{\"parameters\":") + parameters + "}", Encoding::kJson);
    REQUIRE(request);
    return request->parameters();
  };
  CHECK(decode(R"({"a":"b"})").map.at("a") == "b");
  CHECK_FALSE(decode("null").wrong_type);
  CHECK(decode("[]").wrong_type);
  CHECK(decode(R"({"a":"b","n":7})").wrong_member == "n");
}

TEST_CASE("each fault spoils an answer in its own way") {
  CHECK(spoiled("not-pem").find("this is not a certificate") != std::string::npos);
  CHECK(spoiled("missing-field").find("certificateOwnershipToken") == std::string::npos);
  CHECK(spoiled("missing-field=certificateId") == R"({"certificatePem":"pem","certificateOwnershipToken":"token"})");
  CHECK(spoiled("wrong-types") == R"({"certificateId":42,"certificatePem":42,"certificateOwnershipToken":42})");
  CHECK(spoiled("truncated=5") == R"({"cer)");
  CHECK(spoiled("truncated").size() == spoiled("wrong-key").size() / 2);
  CHECK(spoiled("trailing-bytes") == spoiled("wrong-key") + "{}");
  CHECK(spoiled("empty").empty());
  CHECK(spoiled("oversize").size() == 128 * 1024 + 1);
  CHECK(spoiled("oversize=2000", Encoding::kCbor).size() >= 2000);
  CHECK(spoiled("deep-nesting=3").find("[[[null]]]") != std::string::npos);
  CHECK(spoiled("duplicate-keys").find(R"("certificateId":"another value","certificateId":"id")") != std::string::npos);
  CHECK(spoiled("bad-utf8").find('\xff') != std::string::npos);
  CHECK(spoiled("indefinite", Encoding::kCbor).front() == '\xbf');
  CHECK(spoiled("wrong-encoding").front() == '\xa3');
  CHECK(spoiled("wrong-id").find(std::string(64, '0')) != std::string::npos);
  CHECK(spoiled("wrong-id=../../x").find("../../x") != std::string::npos);
  CHECK(unescape("a\\x1b[31m\\x00.\\xzz") == std::string("a\x1b[31m\0.\\xzz", 12));
}
