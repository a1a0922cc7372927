// The error for invalid JSON names the position and the change that is needed.
#include "codec/json_text.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

std::string nested(char open, std::size_t depth) {
  const std::string name = open == '{' ? "{\"a\":" : "[";
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += name;
  text += "1";
  return text + std::string(depth, open == '{' ? '}' : ']');
}

}  // namespace

TEST_CASE("each way not to be JSON is named with line and column") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"", "line 1, column 1: not JSON: the text is empty"},
      {" \n\t", "line 1, column 1: not JSON: the text is empty"},
      {"{\n  \"a\": 1", "line 2, column 9: not JSON: the text ends early"},
      {R"({"a": "b)", "line 1, column 9: not JSON: the text ends early"},
      {"{\n  \"a\": 1,\n}", "line 2, column 9: not JSON: a comma before }"},
      {"[1, 2, ]", "line 1, column 6: not JSON: a comma before ]"},
      {"{\n  // why\n  \"a\": 1\n}", "line 2, column 3: not JSON: a comment"},
      {"{\"a\": 1 /* why */}", "line 1, column 9: not JSON: a comment"},
      {"# why\n{\"a\": 1}", "line 1, column 1: not JSON: a comment"},
      {"{\"a\": 1} # why", "line 1, column 10: not JSON: a comment"},
      {"{'a': 1}", "line 1, column 2: not JSON: text in single quotes"},
      {"{a: 1}", "line 1, column 2: not JSON: a without quotes"},
      {"{\"a\": True}", "line 1, column 7: not JSON: True without quotes"},
      {"{\"a\": None}", "line 1, column 7: not JSON: None without quotes"},
      {"{\"a\": NaN}", "line 1, column 7: not JSON: NaN without quotes"},
      {"{\"a\": 1\n\"b\": 2}", "line 2, column 1: not JSON: a comma or colon is missing"},
      {R"({"a" "b"})", "line 1, column 6: not JSON: a comma or colon is missing"},
      {"{\"a\": {}}\n}", "line 2, column 1: not JSON: one } too many"},
      {"[[]]]", "line 1, column 5: not JSON: one ] too many"},
      {"{\"a\": 1}\n{}", "line 2, column 1: not JSON: data follows the document"},
      {"{\"a\": \"b\nc\"}", "line 1, column 9: not JSON: a line break or control character within a text"},
      {"{\"a\": \"\xC3\xA9\xFF\"}", "line 1, column 9: not JSON: a byte that is not UTF-8"},
      {"{\"\xC3\xA9\": ]}", "line 1, column 7: not JSON: an unexpected ]"},
      {"{\"a\": 1e999}", "line 1, column 7: not JSON: a number"},
      {"{\"a\": 01}", "line 1, column 8: not JSON: a number"},
      {"---\nParameters: {}\n", "line 1, column 1: not JSON: it looks like YAML"},
      {"# a template\nParameters:\n  A:\n    Type: String\n", "line 1, column 1: not JSON: it looks like YAML"},
      {"- a\n- b\n", "line 1, column 1: not JSON: it looks like YAML"},
      {"-----BEGIN CERTIFICATE-----\nMII", "line 1, column 1: not JSON: it is PEM"},
      {"<html>", "line 1, column 1: not JSON: an unexpected <"},
      {"{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}", "line 2, column 16: \"c\" is given twice"},
      {R"(["a" "b"])", "line 1, column 6: not JSON: a comma or colon is missing"},
      {"[[] \"b\"]", "line 1, column 5: not JSON: a comma or colon is missing"},
      {"[{} \"b\"]", "line 1, column 5: not JSON: a comma or colon is missing"},
      {"[0 \"b\"]", "line 1, column 4: not JSON: a comma or colon is missing"},
      {"[9 \"b\"]", "line 1, column 4: not JSON: a comma or colon is missing"},
      {R"(["a" "b\"c"])", "line 1, column 6: not JSON: a comma or colon is missing"},
      {"[1 2]", "line 1, column 4: not JSON: a number that is unexpected"},
      {"[1 0]", "line 1, column 4: not JSON: a number that is unexpected"},
      {"[1 9]", "line 1, column 4: not JSON: a number that is unexpected"},
      {"[true \"b\"]", "line 1, column 7: not JSON: a comma or colon is missing"},
      {R"({"ca": "C:\certs\ca.pem"})", "line 1, column 11: not JSON: an escape that stands for no character"},
      {R"(["\q"])", "line 1, column 3: not JSON: an escape that stands for no character"},
      {R"(["\\\q"])", "line 1, column 5: not JSON: an escape that stands for no character"},
      {R"(["\u"])", "line 1, column 3: not JSON: an escape that stands for no character"},
      {R"(["\u12fg"])", "line 1, column 3: not JSON: an escape that stands for no character"},
      {R"(["a\u123"])", "line 1, column 4: not JSON: an escape that stands for no character"},
      {R"(["\ud800"])", "line 1, column 3: not JSON: an escape that stands for no character"},
      {R"(["\uDBFFx"])", "line 1, column 3: not JSON: an escape that stands for no character"},
      {R"(["\udc00"])", "line 1, column 3: not JSON: an escape that stands for no character"},
      {R"(["a" ""])", "line 1, column 6: not JSON: a comma or colon is missing"},
      {R"(["a" "\u0041"])", "line 1, column 6: not JSON: a comma or colon is missing"},
      {R"(["a" "\ud83d\ude00"])", "line 1, column 6: not JSON: a comma or colon is missing"},
      {R"(["a" "\\u12"])", "line 1, column 6: not JSON: a comma or colon is missing"},
      {R"(["a\)", "line 1, column 5: not JSON: the text ends early"},
      {"[\\q]", "line 1, column 2: not JSON: an unexpected \\"},
      {"[tru e]", "line 1, column 5: not JSON: an unexpected character"},
      {"[-]", "line 1, column 3: not JSON: an unexpected ]"},
      {"[,]", "line 1, column 2: not JSON: an unexpected ,"},
      {"[~]", "line 1, column 2: not JSON: an unexpected ~"},
      {"[!]", "line 1, column 2: not JSON: an unexpected !"},
      {"[\x7f]", "line 1, column 2: not JSON: an unexpected character"},
      {"[\"a\x1f\"]", "line 1, column 4: not JSON: a line break or control character"},
      {"[aZ_b]", "line 1, column 2: not JSON: aZ_b without quotes"},
      {"[Az{]", "line 1, column 2: not JSON: Az without quotes"},
      {"[abcdefghijklmnopqrstuvwxyz]", "line 1, column 2: not JSON: abcdefghijklmnopqrst without quotes"},
      {"%YAML 1.2\n---\n", "line 1, column 1: not JSON: it looks like YAML"},
      {"Parameters:", "line 1, column 1: not JSON: it looks like YAML"},
      {"a: 1", "line 1, column 1: not JSON: it looks like YAML"},
      {"a b: 1", "line 1, column 1: not JSON: a without quotes"},
      {"{\"" + std::string(81, 'a') + "\":1,\"" + std::string(81, 'a') + "\":1}",
       "line 1, column 88: \"" + std::string(80, 'a') + "…\" is given twice"},
      {std::string("{}\n\0{}", 6), "line 2, column 1: not JSON: data follows a NUL byte"},
      {nested('[', 65), "line 1, column 65: nested too deeply (more than 64 levels)"},
      {nested('{', 65), "line 1, column 321: nested too deeply (more than 64 levels)"},
      {"{\"a\":\n" + std::string(100'000, '['), "line 2, column 64: nested too deeply"},
  };
  for (const Row& each : rows) {
    INFO(each.text.substr(0, 60));
    const auto fault = json_fault(each.text);
    REQUIRE(fault);
    INFO(fault->message());
    CHECK(fault->message().starts_with(each.message));
  }
}

TEST_CASE("what a parser takes is no fault") {
  for (const std::string& each :
       {std::string("{}"), std::string("1"), std::string("\xEF\xBB\xBF{\"a\": [true, null]}\r\n"),
        std::string("{}\n\0\0 \n", 7), nested('[', 64), nested('{', 64),
        std::string(R"({"a": {"b": 1}, "c": {"b": 1}})"), std::string(R"("a: b")")}) {
    INFO(each.substr(0, 60));
    CHECK_FALSE(json_fault(each));
  }
}

TEST_CASE("no fault repeats what stands in quotes") {
  const std::string secret = "-----BEGIN PRIVATE KEY-----";
  for (const std::string& each : {R"({"key": ")" + secret, R"({"key" ")" + secret + "\"}",
                                  R"({"key": ")" + secret + "\n\"}", "\"" + secret + "\" x", secret + "\n{"}) {
    const auto fault = json_fault(each);
    REQUIRE(fault);
    CHECK(fault->message().find("PRIVATE") == std::string::npos);
  }
}
