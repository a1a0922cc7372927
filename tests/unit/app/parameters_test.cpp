#include "config/parameters.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

Result<Parameters> parameters_of(const Arguments& arguments, const Environment& environment = {}) {
  auto options = options_of(arguments, environment);
  if (!options) return fail(options.error());
  std::vector<std::string> warnings;
  return read_parameters(*options, warnings);
}

}  // namespace

TEST_CASE("a parameter is text, the text of a file, or a literal @") {
  const TemporaryFile serial(std::string("4711 \r\n\n\0", 9));
  const TemporaryFile inner("  a b\n c\n");
  const TemporaryFile marked(
      "\xEF\xBB\xBF"
      "4711\r\n");
  struct Row {
    std::string text;
    Parameters parameters;
  };
  const Row rows[] = {
      {"a=1", {{"a", "1"}}},
      {"a=", {{"a", ""}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"a= 1 ", {{"a", " 1 "}}},
      {"a=[1,2]", {{"a", "[1,2]"}}},
      {"Größe=é", {{"Größe", "é"}}},
      {"a=@@x", {{"a", "@x"}}},
      {"a=@@@", {{"a", "@@"}}},
      {"a=x@y", {{"a", "x@y"}}},
      {"a=@" + serial.path(), {{"a", "4711"}}},
      {"a=@" + inner.path(), {{"a", "a b\n c"}}},
      {"a=@" + marked.path(), {{"a", "4711"}}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const auto parameters = parameters_of({"-P", each.text});
    REQUIRE(parameters);
    CHECK(*parameters == each.parameters);
  }
}

TEST_CASE("each name has the value of its strongest source") {
  const TemporaryFile file(R"({"a": "file", "b": "file"})");
  const Environment environment{{"FLEET_PROVISION_PARAMETER", "a=environment\nc=environment\n"}};
  const auto by_line = parameters_of({"-P", "a=line", "--parameters", file.path()}, environment);
  REQUIRE(by_line);
  CHECK(*by_line == Parameters{{"a", "line"}, {"b", "file"}, {"c", "environment"}});
  Environment with_file = environment;
  with_file["FLEET_PROVISION_PARAMETERS"] = file.path();
  const auto by_environment = parameters_of({"-P", "c=line"}, with_file);
  REQUIRE(by_environment);
  CHECK(*by_environment == Parameters{{"a", "environment"}, {"b", "file"}, {"c", "line"}});
}

TEST_CASE("a configuration file gives parameters as an object, as a file, or as texts") {
  const TemporaryFile outside(R"({"o": "outside"})");
  struct Row {
    std::string text;
    Arguments more;
    Parameters parameters;
  };
  const Row rows[] = {
      {R"({"parameters": {"a": "1", "b": "2"}})", {"-P", "b=3"}, {{"a", "1"}, {"b", "3"}}},
      {R"({"parameters": {"a": "1"}, "parameter": ["a=2", "c=4"]})", {}, {{"a", "2"}, {"c", "4"}}},
      {R"({"parameter": "a=2"})", {}, {{"a", "2"}}},
      {R"({"parameters": {"a": "@/literal"}})", {}, {{"a", "@/literal"}}},
      {R"({"parameters": ")" + outside.path() + "\"}", {}, {{"o", "outside"}}},
      {R"({"parameters": {"a": "1"}, "parameter": ["o=file"]})", {"--parameters", outside.path()}, {{"o", "outside"}}},
      {R"({"parameters": "/overridden/and/so/not/read"})", {"--parameters", outside.path()}, {{"o", "outside"}}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const TemporaryFile file(each.text);
    Arguments arguments{"--config", file.path()};
    arguments.insert(arguments.end(), each.more.begin(), each.more.end());
    const auto parameters = parameters_of(arguments);
    REQUIRE(parameters);
    CHECK(*parameters == each.parameters);
  }
}

TEST_CASE("bad parameters are refused") {
  const TemporaryFile empty("\n");
  const TemporaryFile binary("\xff\xfe");
  const TemporaryFile much(std::string(5000, 'x'));
  struct Row {
    Arguments arguments;
    ErrorKind kind;
    std::string message;
  };
  const Row rows[] = {
      {{"-P", "a"}, ErrorKind::kUsage, "--parameter: \"a\" has no ="},
      {{"-P", "=1"}, ErrorKind::kUsage, "has an empty name"},
      {{"-P", "a=1", "-P", "a=2"}, ErrorKind::kUsage, "parameter \"a\" is given twice"},
      {{"-P", "a=\xff"}, ErrorKind::kUsage, "is not UTF-8"},
      {{"-P", "a=" + std::string(4097, 'x')}, ErrorKind::kUsage, "4097 characters"},
      {{"-P", "a=@/nowhere/at/all"}, ErrorKind::kFileNotFound, "/nowhere/at/all"},
      {{"-P", "a=@/"}, ErrorKind::kFileUnreadable, "cannot read the file /"},
      {{"-P", "a=@"}, ErrorKind::kUsage, "parameter \"a\""},
      {{"-P", "a=@" + empty.path()}, ErrorKind::kParametersUnusable, "is empty"},
      {{"-P", "a=@" + binary.path()}, ErrorKind::kParametersUnusable, "is not UTF-8"},
      {{"-P", "a=@" + much.path()}, ErrorKind::kParametersUnusable, "5000 characters"},
      {{"--parameters", "/nowhere"}, ErrorKind::kFileNotFound, "--parameters: the file /nowhere does not exist"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto parameters = parameters_of(each.arguments);
    REQUIRE_FALSE(parameters);
    CHECK(parameters.error().kind == each.kind);
    CHECK(contains(parameters.error().message, each.message));
  }
}

TEST_CASE("a parameters file is a JSON object of text") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"", "is empty"},
      {"[]", "holds an array"},
      {"{\n\"a\": 1}", "line 2: \"a\" is a number, not text"},
      {"{\"a\": null}", "\"a\" is null, not text"},
      {R"({"a": {"b": "c"}})", "\"a\" is an object, not text"},
      {"{\"a\": \"1\",\n\"a\": \"2\"}", "line 2, column 1: \"a\" is given twice"},
      {R"({"a": "1")", "not JSON"},
      {R"({"a": "1"} x)", "not JSON"},
      {R"({"": "1"})", "has an empty name"},
      {"{\"a\": \"\xff\"}", "not JSON"},
      {R"({"a": ")" + std::string(4097, 'x') + "\"}", "4097 characters"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const TemporaryFile file(each.text);
    const auto parameters = parameters_of({"--parameters", file.path()});
    REQUIRE_FALSE(parameters);
    CHECK(parameters.error().kind == ErrorKind::kParametersUnusable);
    CHECK(contains(parameters.error().message, file.path()));
    CHECK(contains(parameters.error().message, each.message));
  }
}

TEST_CASE("whitespace around the text of a file is removed, with a warning unless it is only a line end or NUL bytes") {
  struct Row {
    std::string bytes;
    std::string value;
    bool warned;
  };
  const Row rows[] = {
      {"4711", "4711", false},
      {"4711\n", "4711", false},
      {"4711\r\n", "4711", false},
      {"4711\n\n", "4711", false},
      {std::string("4711\0", 5), "4711", false},
      {std::string("4711\n\0\0", 7), "4711", false},
      {" 4711", "4711", true},
      {"\t4711\n", "4711", true},
      {"\n4711\n", "4711", true},
      {std::string("\0"
                   "4711",
                   5),
       "4711", true},
      {"\xEF\xBB\xBF 4711", "4711", true},
      {"4711 \n", "4711", true},
      {"4711\t", "4711", true},
      {" \t\r\n4711\r\n\t ", "4711", true},
      {"a  b", "a  b", false},
      {"\xC2\xA0"
       "4711",
       "\xC2\xA0"
       "4711",
       false},
  };
  for (const Row& each : rows) {
    CAPTURE(each.bytes);
    const TemporaryFile file(each.bytes);
    std::vector<std::string> warnings;
    const auto parameters = read_parameters(*options_of({"-P", "SerialNumber=@" + file.path()}), warnings);
    REQUIRE(parameters);
    CHECK(*parameters == Parameters{{"SerialNumber", each.value}});
    REQUIRE(warnings.size() == (each.warned ? 1 : 0));
    if (each.warned)
      CHECK(contains(warnings[0], "parameter \"SerialNumber\": removed whitespace around the text of " + file.path()));
  }
}

TEST_CASE("an empty value is a warning, from every source, and a ~ in a file's name is refused") {
  std::vector<std::string> warnings;
  CHECK(read_parameters(*options_of({"-P", "a=", "-P", "b=1"}, {{"FLEET_PROVISION_PARAMETER", "c="}}), warnings));
  CHECK(warnings == std::vector<std::string>{"the template parameter a is empty", "the template parameter c is empty"});
  const auto refused = parameters_of({"-P", "a=@~/serial"});
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "parameter \"a\": \"~/serial\" begins with a ~"));
}
