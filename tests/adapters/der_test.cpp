// Elements of DER, written and read at the ends of each form of length.
#include "adapters/keys/device/der.hpp"

#include "core/text.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace std::string_literals;

TEST_CASE("an element has the shortest length, and is read again") {
  for (const auto& [size, header] : {std::pair<std::size_t, const char*>(0, "0400"),
                                     {1, "0401"},
                                     {127, "047f"},
                                     {128, "048180"},
                                     {255, "0481ff"},
                                     {256, "04820100"},
                                     {65'535, "0482ffff"},
                                     {65'536, "0483010000"}}) {
    INFO(size);
    const std::string content(size, 'x');
    const std::string bytes = der::element(der::kOctetString, content);
    CHECK(to_hex(bytes.substr(0, bytes.size() - size)) == header);
    const std::string with_more = bytes + "y";
    der::Reader reader(with_more);
    CHECK(reader.next_tag() == der::kOctetString);
    CHECK(reader.take(der::kOctetString) == content);
    CHECK_FALSE(reader.at_end());
    der::Reader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
    CHECK_FALSE(cut.take(der::kOctetString));
  }
}

TEST_CASE("what is no element of the wanted kind is left where it is") {
  for (const std::string& bytes : {""s, "\x04"s, "\x02\x01x"s, "\x04\x80xx"s, "\x04\x81"s, "\x04\x82\x01"s,
                                   "\x04\x81\x02x"s, "\x04\x84\0\0\0\x01x"s}) {
    INFO(to_hex(bytes));
    der::Reader reader(bytes);
    CHECK_FALSE(reader.take(der::kOctetString));
    CHECK(reader.at_end() == bytes.empty());
    CHECK(reader.next_tag().has_value() == !bytes.empty());
  }
  const std::string padded = "\x04\x83\0\0\x01x"s;
  der::Reader long_form(padded);
  CHECK(long_form.take(der::kOctetString) == "x");
  CHECK(long_form.at_end());
}

TEST_CASE("an INTEGER without a sign has a zero byte where it would be negative, and no other") {
  for (const auto& [number, bytes] :
       {std::pair(""s, "020100"), std::pair("\0"s, "020100"), std::pair("\0\0\x01"s, "020101"),
        std::pair("\x7f"s, "02017f"), std::pair("\x80"s, "02020080"), std::pair("\0\xff"s, "020200ff"),
        std::pair("\x01\0"s, "02020100")}) {
    CHECK(to_hex(der::unsigned_integer(number)) == bytes);
  }
}
