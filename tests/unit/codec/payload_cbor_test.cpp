// Faults that only CBOR can have, and its different encodings of the same value. Rows are in hex, with spaces for
// readability.
#include <string>
#include <string_view>

#include "codec/payload.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

std::string bytes(std::string_view hex) {
  std::string digits;
  for (const char each : hex) {
    if (each != ' ') digits += each;
  }
  std::string result;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    result += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return result;
}

/// 69 "thingName", the key of most rows.
const std::string kThingName = "69 7468696e674e616d65 ";
/// 63 "abc", its value.
const std::string kAbc = "63 616263 ";

TEST_CASE("CBOR takes every legal way to say a map of texts") {
  const std::string rows[] = {
      "a1" + kThingName + kAbc,
      "b8 01" + kThingName + kAbc,
      "b9 0001" + kThingName + kAbc,
      "ba 00000001" + kThingName + kAbc,
      "bb 0000000000000001" + kThingName + kAbc,
      "bf" + kThingName + kAbc + "ff",
      "a1" + kThingName + "78 03 616263",
      "a1" + kThingName + "79 0003 616263",
      "a1" + kThingName + "7b 0000000000000003 616263",
      "a1" + kThingName + "7f 61 61 60 62 6263 ff",
      "a1" + kThingName + "7f 63 616263 ff",
      "a1 7f 65 7468696e67 64 4e616d65 ff" + kAbc,
      "bf 7f 69 7468696e674e616d65 ff 7f 63 616263 ff ff",
      // Tags are ignored: self-described CBOR in front, a tag on the value.
      "d9d9f7 a1" + kThingName + kAbc,
      "a1" + kThingName + "d8 20" + kAbc,
      "c1 c1 c1 a1" + kThingName + "c1 c1" + kAbc,
  };
  for (const std::string& row : rows) {
    INFO(row);
    const auto answer = decode_register_thing(bytes(row), PayloadFormat::kCbor);
    REQUIRE(answer);
    CHECK(answer->thing_name == "abc");
    CHECK(answer->device_configuration.empty());
  }
}

TEST_CASE("CBOR passes over whatever an unknown key may hold") {
  // A line for each kind.
  // clang-format off
  const std::string values[] = {
      "00", "18 ff", "1b ffffffffffffffff", "20", "38 ff", "3b ffffffffffffffff",  // integers
      "40", "43 010203", "5f 41 01 42 0203 ff", "5f ff", "7f ff",                  // bytes, chunks
      "80", "83 01 02 03", "9f 01 9f ff a0 ff", "a0", "bf ff", "a1 61 61 a1 61 62 80",
      "c2 49 010000000000000000", "c4 82 21 19 6ab3", "d8 18 45 6449455446", "c0 f6",  // tagged
      "f4", "f5", "f6", "f7", "e0", "f3", "f8 20", "f8 ff",                            // simple values
      "f9 7e00", "fa 47c35000", "fb 7ff0000000000000",                                 // floats
      "a3 01 02 20 03 f6 04", "a1 41 00 00", "a1 f9 3c00 00", "a1 c1 61 61 00", "a2 c0 61 61 00 61 61 00",  // odd keys
  };
  // clang-format on
  for (const std::string& value : values) {
    INFO(value);
    const auto before = decode_register_thing(bytes("a2 61 78" + value + kThingName + kAbc), PayloadFormat::kCbor);
    REQUIRE(before);
    CHECK(before->thing_name == "abc");
    const auto after =
        decode_register_thing(bytes("bf" + kThingName + kAbc + "61 78" + value + "ff"), PayloadFormat::kCbor);
    REQUIRE(after);
    CHECK(after->thing_name == "abc");
    // The same value under a key that is not text.
    for (const std::string& row :
         {"a2 18 2a" + value + kThingName + kAbc, "a2" + kThingName + kAbc + "18 2a" + value}) {
      const auto odd = decode_register_thing(bytes(row), PayloadFormat::kCbor);
      REQUIRE(odd);
      CHECK(odd->thing_name == "abc");
    }
  }
}

TEST_CASE("CBOR values of a known key have its type") {
  const std::string values[] = {"43 616263", "5f 43 616263 ff", "01", "f4", "f7", "f9 3c00", "81" + kAbc, "e0"};
  for (const std::string& value : values) {
    INFO(value);
    const auto answer = decode_register_thing(bytes("a1" + kThingName + value), PayloadFormat::kCbor);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "thingName in the response is not a text");
  }
  // A tagged key is another key.
  const auto tagged = decode_register_thing(bytes("a1 c1" + kThingName + kAbc), PayloadFormat::kCbor);
  REQUIRE(tagged);
  CHECK_FALSE(tagged->thing_name);
  // A map with a number as a key is not a map of texts.
  const auto configuration =
      decode_register_thing(bytes("a1 73 646576696365436f6e66696775726174696f6e a1 01 61 61"), PayloadFormat::kCbor);
  REQUIRE_FALSE(configuration);
  CHECK(configuration.error().message == "deviceConfiguration in the response is not a flat map of texts");
}

TEST_CASE("CBOR that is not one well-formed document is refused") {
  const std::string prefix = "the response is not usable CBOR: ";
  const struct {
    std::string hex;
    std::string message;
  } rows[] = {
      {"a1", prefix + "it ends early (byte 1)"},
      {"a1" + kThingName, prefix + "it ends early (byte 11)"},
      {"a1" + kThingName + "63 6162", prefix + "it ends early (byte 11)"},
      {"a2" + kThingName + kAbc, prefix + "it ends early (byte 15)"},
      {"bf" + kThingName + kAbc, prefix + "it ends early (byte 15)"},
      {"bf" + kThingName + "7f 61 61", prefix + "it ends early (byte 14)"},
      {"b8", prefix + "it ends early (byte 0)"},
      {"bb 00000000000000", prefix + "it ends early (byte 0)"},
      {"d9d9f7", prefix + "it ends early (byte 3)"},
      {"a0 00", prefix + "data follows the document (byte 1)"},
      {"a1" + kThingName + kAbc + "a0", prefix + "data follows the document (byte 15)"},
      {"bf ff ff", prefix + "data follows the document (byte 2)"},
      {"ff", prefix + "an unexpected break (byte 1)"},
      {"a1 ff", prefix + "an unexpected break (byte 2)"},
      {"bf" + kThingName + "ff", prefix + "an unexpected break (byte 12)"},
      {"a1 61 78 81 ff", prefix + "an unexpected break (byte 5)"},
      {"bf 61 78 c1 ff", prefix + "an unexpected break (byte 5)"},
      {"bf c1 ff", prefix + "an unexpected break (byte 3)"},
      {"a1" + kThingName + "7f 41 61 ff", prefix + "a chunk of another type (byte 14)"},
      {"a1" + kThingName + "7f 01 ff", prefix + "a chunk of another type (byte 13)"},
      {"a1" + kThingName + "7f 7f 61 61 ff ff", prefix + "a chunk of another type (byte 13)"},
      {"a1" + kThingName + "7f c1 61 61 ff", prefix + "a chunk of another type (byte 13)"},
      {"a1" + kThingName + "5f 61 61 ff", prefix + "a chunk of another type (byte 14)"},
      // A character may not be cut in two (RFC 8949 section 3.2.3).
      {"a1" + kThingName + "7f 61 c3 61 a9 ff", prefix + "a text is not UTF-8 (byte 14)"},
      {"a1" + kThingName + "62 c328", prefix + "a text is not UTF-8 (byte 14)"},
      {"a1 62 c328 01", prefix + "a key is not UTF-8 (byte 4)"},
      {"a1 c1 61 ff 01", prefix + "a key is not UTF-8 (byte 4)"},
      // Simple values below 32 have one byte only (RFC 8949 section 3.3).
      {"a1 61 78 f8 1f", prefix + "a byte that begins no item (byte 3)"},
      {"a1 80 01", prefix + "a key is neither a text nor a number (byte 2)"},
      {"a1 a0 01", prefix + "a key is neither a text nor a number (byte 2)"},
      {"a1 c1 7f 61 61 ff 01", prefix + "a key is a tagged text in chunks (byte 3)"},
      {"a1 5f ff 01", prefix + "a key is neither a text nor a number (byte 2)"},
      {"1c", prefix + "a byte that begins no item (byte 0)"},
      {"a1 61 78 3d", prefix + "a byte that begins no item (byte 3)"},
      {"a1 61 78 fc", prefix + "a byte that begins no item (byte 3)"},
      {"a1 61 78 f8 18", prefix + "a byte that begins no item (byte 3)"},
      {"df", prefix + "a byte that begins no item (byte 0)"},
      // JSON: '{' is a text with a length of eight bytes.
      {"7b 22 7468696e674e616d65 22 3a 22 61 22 7d", prefix + "it ends early (byte 0)"},
  };
  for (const auto& row : rows) {
    INFO(row.hex);
    const auto answer = decode_register_thing(bytes(row.hex), PayloadFormat::kCbor);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::kMalformedAnswer);
    CHECK(answer.error().message == row.message);
  }
}

TEST_CASE("CBOR that declares gigabytes costs nothing and is refused") {
  // By the four, or two long ones.
  // clang-format off
  const std::string rows[] = {
      "9a 10000000",       "9a 6101582b 61",          "bb 7fffffffffffffff",  "bb fffffffffffffffe",
      "bb ffffffffffffffff", "9b ffffffffffffffff",   "7b ffffffffffffffff",  "5b 7fffffffffffffff",
      "a1 61 78 9b ffffffffffffffff 00",              "a1 61 78 bb ffffffffffffffff 61 61 00",
      "a1 61 78 7a ffffffff 61",                      "bf 61 78 5a 7fffffff ff",
      // The maximum count must not be confused with an indefinite length.
      "bb ffffffffffffffff 61 78 00 ff",
  };
  // clang-format on
  for (const std::string& row : rows) {
    INFO(row);
    CHECK_FALSE(decode_register_thing(bytes(row), PayloadFormat::kCbor));
  }
}

TEST_CASE("CBOR with a key twice is refused, in whatever form the key stands") {
  const std::string rows[] = {
      "a2" + kThingName + kAbc + kThingName + kAbc,
      "a2" + kThingName + kAbc + "7f 65 7468696e67 64 4e616d65 ff" + kAbc,
      "bf" + kThingName + "f6 78 09 7468696e674e616d65" + kAbc + "ff",
  };
  for (const std::string& row : rows) {
    INFO(row);
    const auto answer = decode_register_thing(bytes(row), PayloadFormat::kCbor);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "the response holds the key thingName twice");
  }
  CHECK_FALSE(decode_register_thing(bytes("a1 61 78 81 a2 61 61 00 61 61 00"), PayloadFormat::kCbor));
}

TEST_CASE("a payload of nothing but nesting, tags or breaks is read without recursion") {
  for (const char each : {'\x81', '\xA1', '\x9F', '\xBF', '\xC1', '\xFF', '\x7F', '\x5F'}) {
    const std::string many(kPayloadBytesMax, each);
    CHECK_FALSE(decode_register_thing(many, PayloadFormat::kCbor));
  }
}

}  // namespace
}  // namespace fleet_provision
