// No memory that is given back holds a token or a private key: encoding, and decoding CBOR, leave no copy behind.
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "codec/payload.hpp"
#include "tests/support/catch.hpp"

namespace {

std::string_view watched;
int found = 0;

void give_back(void* memory) noexcept {
  if (memory != nullptr && !watched.empty() &&
      ::memmem(memory, ::malloc_usable_size(memory), watched.data(), watched.size()) != nullptr) {
    ++found;
  }
  std::free(memory);
}

/// Counts the blocks that are freed with this text in them while it lives.
class FreedWith {
 public:
  explicit FreedWith(std::string_view text) {
    found = 0;
    watched = text;
  }
  FreedWith(const FreedWith&) = delete;
  FreedWith& operator=(const FreedWith&) = delete;
  ~FreedWith() { watched = {}; }
  [[nodiscard]] int count() const { return found; }
};

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return std::malloc(size != 0 ? size : 1);
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete[](void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  give_back(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  give_back(memory);
}

namespace fleet_provision {
namespace {

constexpr std::string_view kToken = "the-ownership-token-0123456789-abcdefghijklmnopqrstuvwxyz";
constexpr PayloadFormat kFormats[] = {PayloadFormat::kJson, PayloadFormat::kCbor};

TEST_CASE("memory that is given back with a secret in it is noticed") {
  const FreedWith freed(kToken);
  { const std::string copy(kToken); }
  CHECK(freed.count() == 1);
}

TEST_CASE("a request leaves no copy of its token in memory that is given back") {
  // Each control character takes six bytes in JSON; names and values are larger than what a text grows by.
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{5000}}) {
    Parameters many;
    for (char name = 'a'; name <= 'z'; ++name) many[std::string(size, name)] = std::string(size, '\x01');
    for (const Parameters& parameters : {many, Parameters{{"a", std::string(size, '\x01')}}}) {
      const RegisterThingRequest request{Secret(kToken), parameters};
      for (const PayloadFormat format : kFormats) {
        const FreedWith freed(kToken);
        CHECK(encode(request, format).size() > parameters.size() * size);
        CHECK(freed.count() == 0);
      }
    }
  }
}

// Not for JSON: nlohmann's lexer keeps the last text that it read, and the program's own malloc wipes it (decision
// 0080).
TEST_CASE("a response in CBOR leaves no copy of its token or key in memory that is given back") {
  const std::string secret(kToken);
  const auto item = [](const std::string& text) {
    return std::string(1, '\x79') + static_cast<char>(text.size() >> 8U) + static_cast<char>(text.size() & 0xFFU) +
           text;
  };
  const std::string payload = "\xA4" + item("certificateId") + item(std::string(64, 'a')) + item("certificatePem") +
                              item(std::string(3000, 'p')) + item("privateKey") + item(secret) +
                              item("certificateOwnershipToken") + item(secret);
  const FreedWith freed(kToken);
  {
    const auto answer = decode_create_certificate(payload, PayloadFormat::kCbor, Method::kKeys);
    REQUIRE(answer);
    CHECK(answer->private_key->reveal() == kToken);
  }
  CHECK(freed.count() == 0);
}

}  // namespace
}  // namespace fleet_provision
