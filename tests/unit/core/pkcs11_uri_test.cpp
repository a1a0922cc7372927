// URIs of keys in tokens (RFC 7512).
#include "core/pkcs11_uri.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a PKCS#11 URI is parsed and written") {
  const auto found = parse_pkcs11_uri(
      "pkcs11:token=My%20Token;serial=0%31;manufacturer=M;model=X;slot-id=7;object=claim%2Fkey;id=%00%FF;type=private"
      "?module-path=/usr/lib/m.so&module-name=m&pin-source=file:/run/pin");
  REQUIRE(found);
  CHECK(found->token == "My Token");
  CHECK(found->serial == "01");
  CHECK(found->manufacturer == "M");
  CHECK(found->model == "X");
  CHECK(found->slot_id == 7);
  CHECK(found->object == "claim/key");
  CHECK(found->id == std::string("\0\xFF", 2));
  CHECK(found->type == "private");
  CHECK(found->module_path == "/usr/lib/m.so");
  CHECK(found->module_name == "m");
  CHECK(found->pin_source == "/run/pin");
  CHECK(found->names_token());
  const auto again = parse_pkcs11_uri(to_uri(*found));
  REQUIRE(again);
  CHECK(to_uri(*again) == to_uri(*found));
  CHECK(again->id == found->id);
  CHECK(again->pin_source == found->pin_source);
  CHECK(again->slot_id == found->slot_id);
}

TEST_CASE("a pin-source is a file") {
  const std::string source = GENERATE("/run/pin", "file:/run/pin", "file:///run/pin", "file://localhost/run/pin");
  CHECK(parse_pkcs11_uri("pkcs11:token=t?pin-source=" + source)->pin_source == "/run/pin");
}

TEST_CASE("the path of a pin-source survives being written") {
  const std::string path = GENERATE("/run/pin", "//run/pin", "///pin", "pin", "file:pin", "file:/pin", "|pin", "/a|b");
  INFO(path);
  Pkcs11Attributes attributes;
  attributes.token = "t";
  attributes.pin_source = path;
  const auto again = parse_pkcs11_uri(to_uri(attributes));
  REQUIRE(again);
  CHECK(again->pin_source == path);
}

TEST_CASE("a PKCS#11 URI that could be misunderstood is refused") {
  struct Row {
    std::string uri;
    std::string message;
  };
  const Row row =
      GENERATE(Row{"token=a", "does not begin with pkcs11:"}, Row{"pkcs11:token", "a part without ="},
               Row{"pkcs11:token=a?pin-value:1234", "a part without ="}, Row{"pkcs11:token=a;token=b", "token twice"},
               Row{"pkcs11:slot-id=1;slot-id=1", "slot-id twice"}, Row{"pkcs11:colour=red", "unknown attribute colour"},
               Row{"pkcs11:" + std::string(40, 'x') + "=a", "unknown attribute " + std::string(40, 'x')},
               Row{"pkcs11:" + std::string(41, 'x') + "=a", "unknown attribute " + std::string(40, 'x') + "…"},
               Row{"pkcs11:module-path=/m", "unknown attribute module-path"},
               Row{"pkcs11:?token=a", "unknown attribute token"}, Row{"pkcs11:token=%4", "two hexadecimal digits"},
               Row{"pkcs11:token=%zz", "two hexadecimal digits"}, Row{"pkcs11:token=a%", "two hexadecimal digits"},
               Row{"pkcs11:token=a?pin-value=1234", "pin-value"}, Row{"pkcs11:pin-value=1234", "pin-value"},
               Row{"pkcs11:token=a?pin-source=|cat", "a command"}, Row{"pkcs11:token=a?pin-source=%7Ccat", "a command"},
               Row{"pkcs11:token=a?pin-source=", "without a file"}, Row{"pkcs11:token=a;type=cert", "the type cert"},
               Row{"pkcs11:slot-id=x", "not a number"}, Row{"pkcs11:slot-id=-1", "not a number"});
  INFO(row.uri);
  const auto found = parse_pkcs11_uri(row.uri);
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == ErrorKind::kKeyUri);
  CHECK(found.error().message.find(row.message) != std::string::npos);
  CHECK(found.error().message.find("1234") == std::string::npos);
  CHECK_FALSE(found.error().hint.empty());
}
