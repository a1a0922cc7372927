// plain_members against the library: what it accepts, the library accepts, with the same members.
#include "batch/record/plain_json.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codec/json_text.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision::batch {
namespace {

using Json = nlohmann::json;

/// With every kind of token that a result has.
const std::string kText =
    R"( {"a":1,"b" : -0.25,"c":"x\n\u00e9\"","d":{"e":[],"f":{}},"g":[1,{"h":null}],"i":true,"j":false,)"
    "\n\t\"k\":null,\"l\":123456789012345}\r\n";

void agrees(const std::string& text) {
  INFO(text);
  const auto members = plain_members(text);
  if (!members) return;
  REQUIRE_FALSE(json_fault(text));
  const Json json = Json::parse(text);
  REQUIRE(members->size() == json.size());
  for (const PlainMember& each : *members) {
    const Json& wanted = json.at(std::string(each.name));
    REQUIRE(Json::parse(each.value) == wanted);
    if (!wanted.is_structured()) REQUIRE(shallow_value(each.value) == wanted);
    if (wanted.is_structured()) REQUIRE(shallow_value(each.value).type() == wanted.type());
  }
}

std::string nested(int levels) {
  return R"({"a":)" + std::string(static_cast<std::size_t>(levels) - 1, '[') +
         std::string(static_cast<std::size_t>(levels) - 1, ']') + "}";
}

std::string nested_objects(int levels) {
  std::string text = "{}";
  for (int i = 1; i < levels; ++i) text = R"({"a":)" + text + "}";
  return text;
}

TEST_CASE("what is plain is read as the library reads it") {
  REQUIRE(plain_members(kText));
  agrees(kText);
  agrees("{}");
  REQUIRE(plain_members(nested(64)));
  agrees(nested(64));
  REQUIRE(plain_members(nested_objects(64)));
  agrees(nested_objects(64));
}

TEST_CASE("no text is plain that the library rejects") {
  const std::vector<std::string> bytes{
      "",  "{", "}", "[", "]",  "\"", ",",  ":",    "\\",   "\\u",  "0",
      "-", ".", "e", "a", "{}", " ",  "\n", "\x01", "\x7f", "\xc3", std::string(1, '\0')};
  for (std::size_t at = 0; at <= kText.size(); ++at) {
    agrees(kText.substr(0, at));
    for (const std::string& each : bytes) {
      agrees(std::string(kText).insert(at, each));
      if (at < kText.size()) agrees(std::string(kText).replace(at, 1, each));
    }
  }
  agrees(nested(65));
  agrees(nested_objects(65));
  for (const char* escape : {"\\ud800", "\\uDBFF", "\\uDC00"}) agrees(std::string(R"({"a":")") + escape + "\"}");
}

TEST_CASE("what is unusual is left to the library") {
  const auto text = GENERATE(as<std::string>(), R"({"a":1e3})", R"({"a":1234567890123456})", R"({"\u0061":1})",
                             R"({"a":0.1234567890123456})", "{\"a\":\"\xc3\xa9\"}", R"({"a":"\ud83d\ude00"})", R"([])",
                             R"(null)", "");
  INFO(text);
  CHECK_FALSE(plain_members(text));
  std::string many = "{\"n\":0";
  for (int i = 0; i < 64; ++i) many += ",\"n" + std::to_string(i) + "\":0";
  CHECK_FALSE(plain_members(many + "}"));
}

TEST_CASE("a name is not there twice, at any level") {
  CHECK_FALSE(plain_members(R"({"a":1,"a":1})"));
  CHECK_FALSE(plain_members(R"({"a":{"b":1,"b":1}})"));
  CHECK(plain_members(R"({"a":{"b":1},"c":{"b":1},"b":1})"));
}

}  // namespace
}  // namespace fleet_provision::batch
