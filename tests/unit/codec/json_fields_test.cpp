// Fields of the program's own JSON files: each has its type, and a fault names the field and never its value.
#include "codec/json_fields.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

constexpr ErrorKind kKind = ErrorKind::kIdentityDamaged;

JsonFields fields(const std::string& value) {
  auto parsed = JsonFields::parse(R"({"field": )" + value + "}", kKind);
  REQUIRE(parsed);
  return std::move(*parsed);
}

template <class Value>
std::string fault_of(const Result<Value>& result) {
  if (result) return "";
  CHECK(result.error().kind == kKind);
  return result.error().message;
}

}  // namespace

TEST_CASE("a field is read by its type, and of no other type") {
  const std::string values[] = {R"("text")", "7", "-7", "7.5", "true", "null", "[7]", R"({"a": "b"})", R"({"a": 7})"};
  for (const std::string& value : values) {
    INFO(value);
    const JsonFields of = fields(value);
    const std::string begin = "its \"field\" is missing or not ";
    CHECK(of.has("field"));
    CHECK(fault_of(of.text("field")) == (value == values[0] ? "" : begin + "a string"));
    CHECK(fault_of(of.text_or_null("field")) == (value == values[0] || value == "null" ? "" : begin + "a string"));
    CHECK(fault_of(of.flag_or_false("field")) == (value == "true" ? "" : begin + "true or false"));
    CHECK(fault_of(of.number("field", 7)) == (value == "7" ? "" : begin + "a whole number"));
    CHECK(fault_of(of.object("field")) == (value.starts_with('{') ? "" : begin + "an object"));
    CHECK(fault_of(of.texts("field")) == (value == R"({"a": "b"})" ? "" : begin + "an object of strings"));
  }
  CHECK(fields(R"("text")").text("field").value() == "text");
  CHECK(fields(R"("text")").text_or_null("field").value() == "text");
  CHECK(fields("null").text_or_null("field").value() == std::nullopt);
  CHECK(fields("true").flag_or_false("field").value());
  CHECK_FALSE(fields("false").flag_or_false("field").value());
  CHECK(fields("7").number("field", 7).value() == 7);
  CHECK(fault_of(fields("8").number("field", 7)) == "its \"field\" is missing or not in range");
  CHECK(fields(R"({"a": "b"})").texts("field").value() == std::map<std::string, std::string>{{"a", "b"}});
  const auto inner = fields(R"({"a": "b"})").object("field");
  REQUIRE(inner);
  CHECK(inner->text("a").value() == "b");
}

TEST_CASE("a field that is missing is an error, but for those that may be") {
  const JsonFields of = fields("7");
  const std::string begin = "its \"other\" is missing or not ";
  CHECK_FALSE(of.has("other"));
  CHECK(fault_of(of.text("other")) == begin + "a string");
  CHECK(fault_of(of.number("other", 7)) == begin + "a whole number");
  CHECK(fault_of(of.object("other")) == begin + "an object");
  CHECK(fault_of(of.texts("other")) == begin + "an object of strings");
  REQUIRE(of.text_or_null("other"));
  CHECK(of.text_or_null("other").value() == std::nullopt);
  REQUIRE(of.flag_or_false("other"));
  CHECK_FALSE(of.flag_or_false("other").value());
}

TEST_CASE("what is not one JSON object has no fields") {
  CHECK(fault_of(JsonFields::parse("[1]", kKind)) == "it is not a JSON object");
  CHECK(fault_of(JsonFields::parse(std::string("{}\0", 3), kKind)) == "it is not JSON: it holds a NUL byte");
  CHECK(fault_of(JsonFields::parse("{", kKind)).find("not JSON") != std::string::npos);
  CHECK(fault_of(JsonFields::parse(R"({"a": 1, "a": 2})", kKind)).find("given twice") != std::string::npos);
  CHECK(JsonFields::parse("{}", kKind));
}
