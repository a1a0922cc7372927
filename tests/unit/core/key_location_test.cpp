// The kind of key that each text names, and the store of a new key.
#include "core/key_location.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a text is one key location, and the location gives the text back") {
  struct Row {
    std::string text;
    KeyLocation location;
  };
  const Row row =
      GENERATE(Row{"", ExternalKey{}}, Row{"private-key.pem", PemFile{"private-key.pem"}},
               Row{"/etc/k.pem", PemFile{"/etc/k.pem"}}, Row{"handle:0x81000001", TpmHandle{0x81000001}},
               Row{"handle:0x81ffffff", TpmHandle{0x81FFFFFF}},
               Row{"pkcs11:token=a;object=b", Pkcs11Uri{"pkcs11:token=a;object=b"}},
               // A file whose name only looks like a scheme.
               Row{"./handle:0x81000001", PemFile{"./handle:0x81000001"}}, Row{"handle", PemFile{"handle"}},
               Row{"tpm2", PemFile{"tpm2"}}, Row{"PKCS11:token=a", PemFile{"PKCS11:token=a"}},
               Row{" pkcs11:token=a", PemFile{" pkcs11:token=a"}}, Row{"file:/k.pem", PemFile{"file:/k.pem"}});
  INFO(row.text);
  const auto location = parse_key_location(row.text);
  REQUIRE(location);
  CHECK(*location == row.location);
  CHECK(text_of(*location) == row.text);
}

TEST_CASE("a handle or URI that is not valid is refused") {
  const std::string text = GENERATE("handle:", "handle:0x", "handle:81000001", "handle:0x80000001", "handle:0x82000000",
                                    "handle:0x8100000100", "tpm2:0x81000001", "pkcs11:colour=red");
  INFO(text);
  const auto location = parse_key_location(text);
  REQUIRE_FALSE(location);
  CHECK(location.error().kind == ErrorKind::kKeyUri);
  CHECK_FALSE(location.error().hint.empty());
}

TEST_CASE("a key is in a file, in hardware or external, and in one of them only") {
  struct Row {
    KeyLocation location;
    bool file;
    bool hardware;
    std::optional<std::string> store;
  };
  const Row row = GENERATE(Row{ExternalKey{}, false, false, std::nullopt}, Row{PemFile{"k"}, true, false, "file"},
                           Row{TpmWrappedPem{"k"}, true, false, "tpm2"}, Row{TpmHandle{1}, false, true, "tpm2"},
                           Row{Pkcs11Uri{"pkcs11:"}, false, true, "pkcs11"});
  CHECK(is_file(row.location) == row.file);
  CHECK(is_in_hardware(row.location) == row.hardware);
  CHECK(key_store_word(row.location) == row.store);
}

TEST_CASE("a text is one key store, and the store gives the text back") {
  struct Row {
    std::string text;
    KeyStore store;
  };
  const Row row =
      GENERATE(Row{"file", FileStore{}}, Row{"tpm2", TpmStore{}}, Row{"tpm2:0x81000001", TpmStore{0x81000001}},
               Row{"pkcs11:token=t;object=o", TokenStore{"pkcs11:token=t;object=o"}});
  const auto store = parse_key_store(row.text);
  REQUIRE(store);
  CHECK(*store == row.store);
  CHECK(text_of(*store) == row.text);
}

TEST_CASE("a key store that is not one is refused") {
  struct Row {
    std::string text;
    ErrorKind kind;
  };
  const Row row =
      GENERATE(Row{"", ErrorKind::kUsage}, Row{"tpm", ErrorKind::kUsage}, Row{"handle:0x81000001", ErrorKind::kUsage},
               Row{"tpm2:", ErrorKind::kKeyUri}, Row{"tpm2:0x40000001", ErrorKind::kKeyUri},
               Row{"pkcs11:", ErrorKind::kKeyUri}, Row{"pkcs11:token=t", ErrorKind::kKeyUri},
               Row{"pkcs11:object=o", ErrorKind::kKeyUri}, Row{"pkcs11:token=t;object=o;id=%01", ErrorKind::kKeyUri},
               Row{"pkcs11:token=t;object=o;type=private", ErrorKind::kKeyUri});
  INFO(row.text);
  const auto store = parse_key_store(row.text);
  REQUIRE_FALSE(store);
  CHECK(store.error().kind == row.kind);
  CHECK_FALSE(store.error().hint.empty());
}
