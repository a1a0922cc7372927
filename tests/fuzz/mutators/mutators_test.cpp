// What the fuzzers' mutators write: a tree that was read is written as it was, and what they change still has the form
// of its format often enough to get deep.
#include <cstdlib>

#include "tests/fuzz/mutators/formats.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::mutators;

/// Instead of libFuzzer's: turns over one byte, or appends one to an empty text.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max) {
  if (size == 0 && size_max > 0) {
    data[0] = 'x';
    return 1;
  }
  data[size / 2] = static_cast<std::uint8_t>(data[size / 2] ^ 1U);
  return size;
}

namespace {

struct Sample {
  const char* name;
  Format format;
  std::string input;
};

std::vector<Sample> samples() {
  using std::string;
  return {
      {"CBOR", cbor_format(0), "\xa2\x61\x61\x9f\x01\x7f\x61\x62\x61\x63\xff\xff\x61\x64\xc1\x42\x01\x02"},
      {"CBOR behind a byte", cbor_format(1), "x\x83\xf6\x18\x2a\xbf\xff"},
      {"JSON", json_format(0), R"({"a":[1,true,"x\"y",{}],"b":{"Ref":"A"}})"},
      {"MQTT 5", mqtt_format(),
       string("\1\x20\x0b\0\0\x08\x1f\0\2xy\x21\0\1", 14) + string("\x32\x0a\0\1t\0\7\2\x01\1{}", 12) +
           string("\xe0\x00", 2)},
      {"MQTT 3.1.1", mqtt_format(), string("\2\x20\x02\0\0\x90\x03\0\1\1", 10)},
      {"DER", der_format(1), string("x\x30\x0c\x02\x01\x05\x04\x07\x30\x05\x03\x03\x00\xff\xfe", 15)},
      {"TLS", tls_format(1), string("x\x16\x03\x03\0\x0e\x0b\0\0\x0a\0\0\7\0\0\4cert\x15\x03\x03\0\2\2\x28", 27)},
  };
}

std::string body(const Sample& sample) {
  return sample.input.substr(sample.format.prefix);
}

}  // namespace

TEST_CASE("a tree is written as it was read") {
  for (const Sample& each : samples()) {
    CAPTURE(each.name);
    const auto tree = each.format.read(body(each));
    REQUIRE(tree.has_value());
    CHECK(each.format.write(*tree) == body(each));
  }
}

TEST_CASE("bytes of another form are no tree") {
  for (const Sample& each : samples()) {
    CAPTURE(each.name);
    const std::string cut = body(each).substr(0, body(each).size() - 1);
    CHECK_FALSE(each.format.read(cut).has_value());
  }
}

TEST_CASE("what a mutator writes fits, differs, and mostly has the form of its format") {
  for (const Sample& each : samples()) {
    CAPTURE(each.name);
    unsigned trees = 0;
    unsigned changed = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
      std::string data = each.input;
      data.resize(400);
      const std::size_t size =
          mutate(each.format, reinterpret_cast<std::uint8_t*>(data.data()), each.input.size(), data.size(), seed);
      REQUIRE(size <= data.size());
      data.resize(size);
      changed += data != each.input ? 1 : 0;
      trees += size > each.format.prefix && each.format.read(data.substr(each.format.prefix)) ? 1 : 0;
    }
    CHECK(changed > 150);
    CHECK(trees > 100);
  }
}

TEST_CASE("a mutator never writes more than it may") {
  for (const Sample& each : samples()) {
    CAPTURE(each.name);
    for (unsigned seed = 0; seed < 200; ++seed) {
      std::string data = each.input;
      const std::size_t size =
          mutate(each.format, reinterpret_cast<std::uint8_t*>(data.data()), data.size(), data.size(), seed);
      REQUIRE(size <= each.input.size());
      std::string crossed(each.input.size(), '\0');
      REQUIRE(cross(each.format, each.input, each.input, reinterpret_cast<std::uint8_t*>(crossed.data()),
                    crossed.size(), seed) <= crossed.size());
    }
  }
}
