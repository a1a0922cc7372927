// Faults that only JSON can have.
#include <string>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

using namespace std::string_literals;

TEST_CASE("JSON that is not one well-formed document is refused") {
  const std::string rows[] = {
      "{",
      R"({"thingName":"a")",
      R"({"thingName":"a"}x)",
      R"({"thingName":"a"}{})",
      R"({"thingName":"a",})",
      R"({thingName:"a"})",
      R"({"thingName":'a'})",
      R"({"a":1 /* c */})",
      R"({"a":NaN})",
      R"({"a":01})",
      R"({"a":1e400})",
      // nlohmann ends the text at a NUL byte and would not see the rest.
      "{\"thingName\":\"a\"}\0"s,
      "{\"thingName\":\"a\"}\0{garbage"s,
      "{\"thingName\":\"a\0b\"}"s,
      "{\"thingName\":\"a\nb\"}",
      "{\"thingName\":\"\xC3\x28\"}",
      "{\"thingName\":\"\xED\xA0\x80\"}",
      "{\"thingName\":\"\xC0\xAF\"}",
      "{\"x\xFF\":1}",
      R"({"thingName":"\ud800"})",
      R"({"thingName":"\udc00"})",
      "\xA1\x61\x61\x01",
      "   ",
  };
  for (const std::string& row : rows) {
    INFO(printable(row));
    const auto answer = decode_register_thing(row, PayloadFormat::kJson);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::kMalformedAnswer);
    CHECK(answer.error().message.starts_with("the response is not JSON (line 1, column "));
  }
}

TEST_CASE("the place where a response stops being JSON is that of the first wrong character") {
  struct Row {
    const char* json;
    const char* place;
  };
  for (const Row& row : {Row{"x", "line 1, column 1"}, Row{R"({"a":x})", "line 1, column 6"},
                         Row{"{\n \"a\": 1,\n x}", "line 3, column 2"}, Row{"{} x", "line 1, column 4"}}) {
    INFO(row.json);
    const auto answer = decode_register_thing(row.json, PayloadFormat::kJson);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "the response is not JSON (" + std::string(row.place) + ")");
  }
}

TEST_CASE("JSON that is merely unusual is taken") {
  const std::string rows[] = {
      " \r\n\t{ \"thingName\" : \"gateway\" }\n",
      "\xEF\xBB\xBF{\"thingName\":\"gateway\"}",
      R"({"thingName":"\u0067ateway"})",
      R"({"\u0074hingName":"gateway"})",
      R"({"thingName":"gateway","big":123456789012345678901234567890,"small":-1e-300,"pair":"\ud83d\ude00"})",
  };
  for (const std::string& row : rows) {
    INFO(row);
    const auto answer = decode_register_thing(row, PayloadFormat::kJson);
    REQUIRE(answer);
    CHECK(answer->thing_name == "gateway");
  }
}

TEST_CASE("JSON with a key twice is refused, wherever the map is") {
  const struct {
    std::string json;
    std::string message;
  } rows[] = {
      {R"({"thingName":"a","thingName":"a"})", "the response holds the key thingName twice"},
      {R"({"thingName":"a","\u0074hingName":"b"})", "the response holds the key thingName twice"},
      {R"({"thingName":null,"thingName":"b"})", "the response holds the key thingName twice"},
      {R"({"x":1,"x":2})", "the response holds a key twice"},
      {R"({"deviceConfiguration":{"a":"1","a":"2"}})", "the response holds a key twice"},
      {R"({"x":[{"y":{"a":1,"a":2}}]})", "the response holds a key twice"},
  };
  for (const auto& row : rows) {
    INFO(row.json);
    const auto answer = decode_register_thing(row.json, PayloadFormat::kJson);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == row.message);
  }
  // The same name in different maps is not a duplicate.
  CHECK(decode_register_thing(R"({"x":{"a":{"a":1}},"y":{"a":[{"a":1},{"a":1}]}})", PayloadFormat::kJson));
}

TEST_CASE("no failure repeats what the answer held") {
  const std::string secret = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
  const std::string rows[] = {
      R"({"privateKey":")" + secret,
      R"({"privateKey":")" + secret + "\n\"}",
      R"({"privateKey":)" + secret + "}",
      R"({"privateKey":[")" + secret + R"("]})",
      R"({")" + secret + R"(":1,")" + secret + R"(":2})",
  };
  for (const std::string& row : rows) {
    for (const PayloadFormat format : {PayloadFormat::kJson, PayloadFormat::kCbor}) {
      const auto answer = decode_create_certificate(row, format, Method::kKeys);
      REQUIRE_FALSE(answer);
      CHECK(answer.error().message.find("MII") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace fleet_provision
