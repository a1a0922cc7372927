#include "config/json_reader.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("members come in order, with their lines") {
  const auto members = read_json_object("{\n \"b\": 8883,\n\n \"a\": {\"x\": \"y\\n\"}, \"c\": [true, null, 1.50]\n}",
                                        "f", ErrorKind::kConfiguration);
  REQUIRE(members);
  REQUIRE(members->size() == 3);
  CHECK((*members)[0].key == "b");
  CHECK((*members)[0].line == 2);
  CHECK((*members)[0].value.type == JsonType::kNumber);
  CHECK((*members)[0].value.text == "8883");
  CHECK((*members)[1].line == 4);
  REQUIRE((*members)[1].value.members.size() == 1);
  CHECK((*members)[1].value.members[0].value.text == "y\n");
  REQUIRE((*members)[2].value.members.size() == 3);
  CHECK((*members)[2].value.members[0].value.text == "true");
  CHECK((*members)[2].value.members[1].value.type == JsonType::kNull);
  CHECK((*members)[2].value.members[2].value.text == "1.50");
}

TEST_CASE("what is not one JSON object is refused with its line") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"", "f: line 1, column 1: not JSON"},
      {"{\n\"a\" 1}", "f: line 2, column 5: not JSON"},
      {"{\"a\": 1,}", "f: line 1, column 8: not JSON: a comma before }"},
      {"{\"a\": 1}\n{}", "f: line 2, column 1: not JSON"},
      {"{\"a\":\n{\"b\": 1,\n\"b\": 2}}", "f: line 3, column 1: \"b\" is given twice"},
      {"\"text\"", "f: holds text instead of a JSON object"},
      {"{\"a\": " + std::string(100000, '[') + "}", "f: line 1, column 70: nested too deeply"},
      {"{\"a\": 1e999}", "f: line 1, column 7: not JSON"},
      {std::string("{\"a\": 1}\n\0{}", 12), "f: line 2, column 1: not JSON: something follows a NUL byte"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text.substr(0, 40));
    const auto members = read_json_object(each.text, "f", ErrorKind::kConfiguration);
    REQUIRE_FALSE(members);
    CHECK(members.error().kind == ErrorKind::kConfiguration);
    CHECK(contains(members.error().message, each.message));
  }
}

TEST_CASE("NUL bytes at the end are ignored") {
  CHECK(read_json_object(std::string("{\"a\": 1}\n\0\0", 12), "f", ErrorKind::kConfiguration));
}
