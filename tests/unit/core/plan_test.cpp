// The values of a plan: which are accepted, and which are kUsage.
#include "core/plan.hpp"
#include "core/identity.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("names keep the service's limits") {
  CHECK(parse_template_name(std::string(36, 'a')));
  CHECK(!parse_template_name(std::string(37, 'a')));
  for (const char* bad : {"", "a b", "a/b", "a.b", "ü"}) CHECK(!parse_template_name(bad));
  CHECK(parse_client_id(std::string(128, 'a')));
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("$x"), std::string("a\nb"), std::string("\xff")}) {
    CHECK(!parse_client_id(bad));
  }
  CHECK(is_thing_name("gate:way_1-a"));
  CHECK(is_thing_name(std::string(128, 'a')));
  for (const std::string& bad : {std::string(), std::string(129, 'a'), std::string("../x"), std::string("a b")}) {
    CHECK(!is_thing_name(bad));
  }
  CHECK(check_parameter("SerialNumber", "4711"));
  CHECK(check_parameter("n", ""));
  CHECK(!check_parameter("", "v"));
  CHECK(!check_parameter("n", "\xff"));
  CHECK(check_parameter("n", std::string(4096, 'v')));
  CHECK(!check_parameter("n", std::string(4097, 'v')));
  CHECK(check_parameter(std::string(2048, 'n'), "v"));
  CHECK(!check_parameter(std::string(2049, 'n'), "v"));
  CHECK(!check_parameter("\xff", "v"));
  for (int c = 0; c < 256; ++c) {
    INFO(c);
    CHECK(parse_client_id(std::string(1, static_cast<char>(c))).has_value() == (c >= 0x20 && c < 0x7F && c != '$'));
  }
  CHECK(parse_client_id("a$"));
  CHECK_THAT(parse_client_id("").error().message, Catch::Contains("it is empty"));
  CHECK_THAT(parse_client_id(std::string(129, 'a')).error().message, Catch::Contains("it has 129 bytes"));
  CHECK_THAT(parse_client_id("$x").error().message, Catch::Contains("a leading $"));
}

TEST_CASE("placeholders stand for parameters") {
  const Parameters parameters{{"Serial", "4711"}, {"Site", "north"}};
  CHECK(*fill_placeholders("gw-{Serial}-{Site}", parameters) == "gw-4711-north");
  CHECK(*fill_placeholders("plain", parameters) == "plain");
  CHECK(fill_placeholders("", parameters)->empty());
  CHECK(*fill_placeholders("{Serial}{Site}x", parameters) == "4711northx");
  for (const char* bad : {"{Seril}", "{", "}", "{Serial", "a}b", "{{Serial}}", "{}"}) {
    INFO(bad);
    CHECK(!fill_placeholders(bad, parameters));
  }
  CHECK(fill_placeholders("{Seril}", parameters).error().hint.find("{Serial}") != std::string::npos);
  const std::string longest(80, 'x');
  CHECK(fill_placeholders("{" + longest + "}", parameters).error().hint == "give it with -P " + longest + "=VALUE");
  CHECK(fill_placeholders("{" + longest + "x}", parameters).error().hint == "give it with -P " + longest + "…=VALUE");
  CHECK(fill_placeholders("{" + longest + "}", {{longest + "y", ""}}).error().hint ==
        "did you mean {" + longest + "…}?");
  CHECK(fill_placeholders("{" + longest.substr(1) + "}", {{longest, ""}}).error().hint ==
        "did you mean {" + longest + "}?");
}

TEST_CASE("words and values of the enumerations agree") {
  for (const Method each : {Method::kCsr, Method::kKeys}) CHECK(*parse_method(word(each)) == each);
  for (const KeyType each :
       {KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa2048, KeyType::kRsa3072, KeyType::kRsa4096}) {
    CHECK(*parse_key_type(word(each)) == each);
  }
  CHECK(word(KeyType::kEcP384) == "ec-p384");
  CHECK(word(KeyType::kRsa3072) == "rsa-3072");
  CHECK(word(PayloadFormat::kJson) == "json");
  CHECK(word(MqttVersion::k5) == "5");
  CHECK(word(Method::kCsr) == "csr");
  CHECK(*parse_payload_format(word(PayloadFormat::kJson)) == PayloadFormat::kJson);
  CHECK(*parse_mqtt_version(word(MqttVersion::k5)) == MqttVersion::k5);
  CHECK(*parse_payload_format(word(PayloadFormat::kCbor)) == PayloadFormat::kCbor);
  CHECK(*parse_mqtt_version(word(MqttVersion::k311)) == MqttVersion::k311);
  CHECK(*parse_key_type(word(KeyType::kRsa4096)) == KeyType::kRsa4096);
  CHECK(!parse_method("CSR"));
  CHECK(parse_method(std::string(60, 'x')).error().message.starts_with("\"" + std::string(60, 'x') + "\" is not"));
  CHECK_FALSE(parse_method(std::string(61, 'x')).error().message.starts_with("\"" + std::string(61, 'x') + "\""));
  CHECK(!parse_mqtt_version("3"));
  CHECK(!parse_key_type("ed25519"));
}

TEST_CASE("RFC 3339 goes there and back") {
  for (const char* text : {"2026-11-23T06:12:00Z", "1970-01-01T00:00:00Z", "2049-12-31T23:59:59Z",
                           "2024-02-29T12:00:00Z", "1677-09-22T00:00:00Z", "2262-04-11T23:47:16Z"}) {
    REQUIRE(parse_rfc3339(text));
    CHECK(rfc3339(*parse_rfc3339(text)) == text);
  }
  for (const char* bad :
       {"", "2026-11-23 06:12:00Z", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T06:12:00+01:00", "2026-11-23T06:12:00Zx",
        // Dates that WallTime does not reach.
        "0026-11-23T06:12:00Z", "1677-09-21T00:00:00Z", "2262-04-11T23:47:17Z", "9999-12-31T23:59:59Z"}) {
    CHECK(!parse_rfc3339(bad));
  }
  // The text for certificate dates at the limits of WallTime.
  CHECK(rfc3339(WallTime::min()) == "1677-09-21T00:12:43Z");
  CHECK(rfc3339(WallTime::max()) == "2262-04-11T23:47:16Z");
}
