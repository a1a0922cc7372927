#include <cstdint>

#include "service/corruption.hpp"
#include "service/decode.hpp"
#include "service/encode.hpp"
#include "service/request.hpp"
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

std::string corrupted(const char* spec, Encoding encoding = Encoding::kJson) {
  const auto fault = fleet_provision::simulator::parse_fault(std::string("create:*:") + spec);
  REQUIRE(fault);
  return encode_corrupted({{"certificateId", Value{std::string("id")}},
                           {"certificatePem", Value{std::string("pem")}},
                           {"certificateOwnershipToken", Value{std::string("token")}}},
                          encoding, {}, {*fault});
}

}  // namespace

TEST_CASE("responses are written as the encodings say") {
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

TEST_CASE("CBOR states each size in the shortest form") {
  const auto cbor_of = [](Value value, bool in_chunks = false) {
    return encode({{"", std::move(value)}}, Encoding::kCbor, {false, in_chunks}).substr(in_chunks ? 3 : 2);
  };
  struct Row {
    std::int64_t number;
    std::string bytes;
  };
  const Row rows[] = {
      {0, bytes({0x00})},
      {23, bytes({0x17})},
      {24, bytes({0x18, 24})},
      {255, bytes({0x18, 0xff})},
      {256, bytes({0x19, 1, 0})},
      {65'535, bytes({0x19, 0xff, 0xff})},
      {65'536, bytes({0x1a, 0, 1, 0, 0})},
      {4'294'967'295, bytes({0x1a, 0xff, 0xff, 0xff, 0xff})},
      {4'294'967'296, bytes({0x1b, 0, 0, 0, 1, 0, 0, 0, 0})},
      {INT64_MAX, bytes({0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})},
      {-1, bytes({0x20})},
      {-24, bytes({0x37})},
      {-25, bytes({0x38, 24})},
      {INT64_MIN, bytes({0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})},
  };
  for (const Row& row : rows) CHECK(cbor_of(Value{row.number}) == row.bytes);
  CHECK(cbor_of(Value{Decimal{"-4.1"}}) ==
        bytes({0xfb, 0xc0, 0x10, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}));  // RFC 8949, A
  CHECK(cbor_of(Value{Decimal{"1.1"}}) == bytes({0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a}));
  CHECK(cbor_of(Value{Decimal{"5e-324"}}) == bytes({0xfb, 0, 0, 0, 0, 0, 0, 0, 1}));
  CHECK(cbor_of(Value{nullptr}) == "\xf6");
  CHECK(cbor_of(Value{true}) == "\xf5");
  CHECK(cbor_of(Value{false}) == "\xf4");
  CHECK(cbor_of(Value{ByteString{}}) == "\x40");
  CHECK(cbor_of(Value{Decimal{"-4.1"}}) == bytes({0xfb, 0xc0, 0x10, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}));
  CHECK(cbor_of(list_value({"a", "b"})) == bytes({0x82, 0x61, 'a', 0x61, 'b'}));
  // Chunks have at most 16 bytes, and more only where a character of several bytes would be cut.
  const auto chunked = [&](const std::string& text) { return cbor_of(text_value(text), true); };
  const std::string fifteen(15, 'a');
  CHECK(chunked("") == "\x7f\xff");
  CHECK(chunked(fifteen + "b") == "\x7f\x70" + fifteen + "b\xff");
  CHECK(chunked(fifteen + "bc") == "\x7f\x70" + fifteen + "b\x61" + "c\xff");
  CHECK(chunked(fifteen + "\xC3\xA4" + "c") == "\x7f\x71" + fifteen + "\xC3\xA4\x61" + "c\xff");
}

TEST_CASE("JSON escapes what it must, and no more") {
  const auto json_of = [](const std::string& text) { return json_text(text_value(text)); };
  CHECK(json_of("\"\\/") == R"("\"\\/")");
  CHECK(json_of("\n\r\t\x1f \x7f") == "\"\\n\\u000d\\u0009\\u001f \x7f\"");
  CHECK(json_text(Value{true}) == "true");
  CHECK(json_text(Value{false}) == "false");
  CHECK(json_text(Value{ByteString{}}) == "null");
  CHECK(json_text(list_value({})) == "[]");
}

TEST_CASE("JSON for files is valid UTF-8, and indented for people") {
  const Value value{Members{{"text", text_value("a\xff\xc3(b")},
                            {"list", list_value({"x", "y"})},
                            {"none", Value{std::vector<Value>{}}},
                            {"map", Value{Members{}}},
                            {"number", Value{Decimal{"1.5"}}}}};
  CHECK(json_text(value) ==
        "{\"text\":\"a\xEF\xBF\xBD\xEF\xBF\xBD(b\",\"list\":[\"x\",\"y\"],\"none\":[],\"map\":{},\"number\":1.5}");
  CHECK(indented_json_text(Value{Members{{"list", list_value({"x"})}, {"map", Value{Members{}}}}}) ==
        "{\n  \"list\": [\n    \"x\"\n  ],\n  \"map\": {}\n}");
}

TEST_CASE("decoded values keep numbers, sort names and let the last of equal names count") {
  const auto text_of = [](std::string_view payload, Encoding encoding = Encoding::kJson) {
    const auto value = decode(payload, encoding);
    return value ? json_text(*value) : std::string("nothing");
  };
  CHECK(text_of(R"({"b":1,"a":2,"b":3})") == R"({"a":2,"b":3})");
  CHECK(text_of(R"([-7,18446744073709551615,1.50,true,null,"t"])") == R"([-7,18446744073709551615,1.5,true,null,"t"])");
  CHECK(text_of("[9223372036854775807,9223372036854775808,-9223372036854775808,-9223372036854775809,false]") ==
        "[9223372036854775807,9223372036854775808,-9223372036854775808,-9.223372036854776e+18,false]");
  CHECK(text_of(R"({"b":{"d":1,"c":[{}]},"a":[{"f":1,"e":2}]})") == R"({"a":[{"e":2,"f":1}],"b":{"c":[{}],"d":1}})");
  CHECK(text_of(std::string(64, '[') + std::string(64, ']')) == std::string(64, '[') + std::string(64, ']'));
  CHECK(text_of(std::string(65, '[') + std::string(65, ']')) == "nothing");
  CHECK(text_of(bytes({0xa2, 0x61, 'b', 0x01, 0x61, 'a', 0x41, 0x00}), Encoding::kCbor) == R"({"a":null,"b":1})");
  const auto place = parse_json("FILE", R"({"a":1,"a":2})");
  REQUIRE_FALSE(place);
  CHECK(place.error().message == "FILE: line 1, column 8: \"a\" is given twice");
}

TEST_CASE("requests are read in both encodings, and what is no map is refused") {
  struct Row {
    std::string payload;
    Encoding encoding;
    bool decodes;
  };
  const std::string cbor_map = bytes({0xa1, 0x61, 'a', 0x61, 'b'});
  const std::vector<Row> rows{
      {.payload = "", .encoding = Encoding::kJson, .decodes = true},
      {.payload = "", .encoding = Encoding::kCbor, .decodes = true},
      {.payload = "{}", .encoding = Encoding::kJson, .decodes = true},
      {.payload = "{}", .encoding = Encoding::kCbor, .decodes = false},
      {.payload = cbor_map, .encoding = Encoding::kCbor, .decodes = true},
      {.payload = bytes({0xbf, 0x61, 'a', 0x7f, 0x61, 'b', 0xff, 0xff}), .encoding = Encoding::kCbor, .decodes = true},
      {.payload = cbor_map, .encoding = Encoding::kJson, .decodes = false},
      {.payload = cbor_map + "x", .encoding = Encoding::kCbor, .decodes = false},
      {.payload = "[]", .encoding = Encoding::kJson, .decodes = false},
      {.payload = R"({"a":"b"} x)", .encoding = Encoding::kJson, .decodes = false},
      {.payload = std::string(100'000, '['), .encoding = Encoding::kJson, .decodes = false},
      {.payload = std::string(100'000, '\x81'), .encoding = Encoding::kCbor, .decodes = false},
  };
  for (const auto& row : rows) {
    INFO(row.payload.substr(0, 40));
    const auto request = Request::decode(row.payload, row.encoding);
    CHECK(request.has_value() == row.decodes);
    if (request && row.payload.size() > 3) CHECK(request->text("a").text == "b");
  }
}

TEST_CASE("parameters that are not text are distinguished") {
  const auto decode = [](const char* parameters) {
    const auto request = Request::decode(std::string("{\"parameters\":") + parameters + "}", Encoding::kJson);
    REQUIRE(request);
    return request->parameters();
  };
  CHECK(decode(R"({"a":"b"})").map.at("a") == "b");
  CHECK_FALSE(decode("null").wrong_type);
  CHECK(decode("[]").wrong_type);
  CHECK(decode(R"({"a":"b","n":7})").wrong_member == "n");
  CHECK(decode(R"({"":7})").wrong_member == "");
}

TEST_CASE("each fault corrupts a response in its own way") {
  CHECK(corrupted("not-pem").find("this is not a certificate") != std::string::npos);
  CHECK(corrupted("missing-field").find("certificateOwnershipToken") == std::string::npos);
  CHECK(corrupted("missing-field=certificateId") == R"({"certificatePem":"pem","certificateOwnershipToken":"token"})");
  CHECK(corrupted("wrong-types") == R"({"certificateId":42,"certificatePem":42,"certificateOwnershipToken":42})");
  CHECK(corrupted("truncated=5") == R"({"cer)");
  CHECK(corrupted("truncated").size() == corrupted("wrong-key").size() / 2);
  CHECK(corrupted("trailing-bytes") == corrupted("wrong-key") + "{}");
  CHECK(corrupted("empty").empty());
  CHECK(corrupted("oversize").size() == 128 * 1024 + 1);
  CHECK(corrupted("oversize=2000", Encoding::kCbor).size() >= 2000);
  CHECK(corrupted("deep-nesting=3").find("[[[null]]]") != std::string::npos);
  CHECK(corrupted("duplicate-keys").find(R"("certificateId":"another value","certificateId":"id")") !=
        std::string::npos);
  CHECK(corrupted("bad-utf8").find('\xff') != std::string::npos);
  CHECK(corrupted("indefinite", Encoding::kCbor).front() == '\xbf');
  CHECK(corrupted("wrong-encoding").front() == '\xa3');
  CHECK(corrupted("wrong-id").find(std::string(64, '0')) != std::string::npos);
  CHECK(corrupted("wrong-id=../../x").find("../../x") != std::string::npos);
  CHECK(unescape("\\x41\\x7aB") == "AzB");
  for (const char* plain : {"\\x4", "\\x", "\\", "\\y41", "\\xg1", "\\x1g", "x41", ""}) CHECK(unescape(plain) == plain);
  const auto corrupted_sample = [](const char* spec) {
    return encode_corrupted(sample(), Encoding::kJson, {}, {*parse_fault(std::string("register:*:") + spec)});
  };
  const std::string whole = encode(sample(), Encoding::kJson);
  CHECK(corrupted_sample("wrong-types") == R"({"certificateId":42,"statusCode":"text","deviceConfiguration":[]})");
  CHECK(corrupted_sample("duplicate-keys").find(R"("statusCode":429,"statusCode":429,)") != std::string::npos);
  CHECK(corrupted_sample("bad-utf8").find("\xc3\x28\xff\",\"statusCode\":429,") != std::string::npos);
  CHECK(corrupted_sample("truncated") == whole.substr(0, whole.size() / 2));
  CHECK(corrupted_sample("truncated=1000") == whole);
  CHECK(corrupted_sample("oversize=1000").size() == 1000);
  CHECK(corrupted_sample("oversize=1").find(R"("padding":"")") != std::string::npos);
  CHECK(corrupted_sample("deep-nesting").find(std::string(1000, '[') + "null" + std::string(1000, ']')) !=
        std::string::npos);
  CHECK(corrupted_sample("deep-nesting").find(std::string(1001, '[')) == std::string::npos);
  CHECK(corrupted_sample("thing-name=a\\x41").find(R"("thingName":"aA")") != std::string::npos);
  CHECK(encode_corrupted({{"thingName", text_value("a")}, {"b", text_value("c")}}, Encoding::kJson, {},
                         {*parse_fault("register:*:missing-field")}) == R"({"b":"c"})");
  CHECK(unescape("a\\x1b[31m\\x00.\\xzz") == std::string("a\x1b[31m\0.\\xzz", 12));
}
