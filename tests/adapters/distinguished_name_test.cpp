#include <string>

#include "adapters/keys/distinguished_name.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

using namespace std::string_literals;

/// The name as `type=value`, with `|` between attributes joined by + and `;` between parts.
std::string flat(const std::vector<RelativeName>& names) {
  std::string text;
  for (const RelativeName& name : names) {
    if (!text.empty()) text += ";";
    for (std::size_t i = 0; i < name.size(); ++i) text += (i > 0 ? "|" : "") + name[i].type + "=" + name[i].value;
  }
  return text;
}

TEST_CASE("a distinguished name is read as RFC 4514 writes it") {
  const struct {
    std::string text;
    std::string expected;
  } rows[] = {
      {"CN=gateway", "CN=gateway"},
      {"CN=gateway-1,O=Example", "CN=gateway-1;O=Example"},
      {" CN = gateway 1 , O = Example Inc. ", "CN=gateway 1;O=Example Inc."},
      {"CN=a+serialNumber=4711,O=b", "CN=a|serialNumber=4711;O=b"},
      {R"(CN=a\,b,O=c\+d)", "CN=a,b;O=c+d"},
      {R"(CN=\ a\ )", "CN= a "},
      {R"(CN=a\  )", "CN=a "},
      {R"(CN=a\\,O=b\"c\"\<\>\;\=\#)", R"(CN=a\;O=b"c"<>;=#)"},
      {R"(CN=\C3\a9t\c3\A9)", "CN=été"},
      {"CN=été", "CN=été"},
      {"CN=a=b", "CN=a=b"},
      {"CN=a/b;c", "CN=a/b;c"},
      {"2.5.4.3=a", "2.5.4.3=a"},
      {"CN=a#", "CN=a#"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto names = parse_distinguished_name(row.text);
    REQUIRE(names);
    CHECK(flat(*names) == row.expected);
  }
}

TEST_CASE("what is no distinguished name is a usage error with the form in the hint") {
  const std::string rows[] = {
      "",        " ",         "gateway",  "/CN=a/O=b", "CN",      "CN=",     "CN= ",         "=a",       "CN=a,",
      ",CN=a",   "CN=a,,O=b", "CN=a+",    "+CN=a",     " /CN=a",  "CN=a,O",  "CN=#04024869", "CN=\"a\"", "CN=a\\",
      "CN=a\\x", "CN=a\\4",   "CN=\\00a", "CN=\\ff",   "CN=\xff", "CN=a\\n", "CN=a\0b"s,
  };
  for (const std::string& row : rows) {
    INFO(row);
    const auto names = parse_distinguished_name(row);
    REQUIRE_FALSE(names);
    CHECK(names.error().kind == ErrorKind::kUsage);
    CHECK_FALSE(names.error().hint.empty());
  }
}

TEST_CASE("two hexadecimal digits behind a backslash are a byte") {
  const std::string digits = "0123456789abcdefABCDEF";
  for (int c = 1; c < 256; ++c) {
    INFO(c);
    const std::string one(1, static_cast<char>(c));
    const bool is_digit = digits.find(one) != std::string::npos;
    const auto second = parse_distinguished_name("CN=\\5" + one);
    REQUIRE(second.has_value() == is_digit);
    if (second) CHECK((*second)[0][0].value == std::string(1, static_cast<char>(std::stoi("5" + one, nullptr, 16))));
    // A first digit beyond 7 begins a character of several bytes.
    if (is_digit && c >= '2' && c <= '7') CHECK(parse_distinguished_name("CN=\\" + one + "0"));
    if (is_digit && std::string("cdCD").find(one) != std::string::npos) {
      CHECK(parse_distinguished_name("CN=\\" + one + "4\\80")->at(0).at(0).value.size() == 2);
    }
  }
}

}  // namespace
}  // namespace fleet_provision
