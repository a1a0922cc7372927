// The kind of key that each text names.
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
               Row{"/etc/k.pem", PemFile{"/etc/k.pem"}}, Row{"handle:0x81000001", TpmHandle{"handle:0x81000001"}},
               Row{"handle:", TpmHandle{"handle:"}}, Row{"tpm2:0x81000001", TpmHandle{"tpm2:0x81000001"}},
               Row{"pkcs11:token=a;object=b", Pkcs11Uri{"pkcs11:token=a;object=b"}},
               // A file whose name only looks like a scheme.
               Row{"./handle:0x81000001", PemFile{"./handle:0x81000001"}}, Row{"handle", PemFile{"handle"}},
               Row{"tpm2", PemFile{"tpm2"}}, Row{"PKCS11:token=a", PemFile{"PKCS11:token=a"}},
               Row{" pkcs11:token=a", PemFile{" pkcs11:token=a"}}, Row{"file:/k.pem", PemFile{"file:/k.pem"}});
  INFO(row.text);
  const KeyLocation location = parse_key_location(row.text);
  CHECK(location == row.location);
  CHECK(text_of(location) == row.text);
}

TEST_CASE("a key is in a file, in hardware or external, and in one of them only") {
  struct Row {
    KeyLocation location;
    bool file;
    bool hardware;
  };
  const Row row =
      GENERATE(Row{ExternalKey{}, false, false}, Row{PemFile{"k"}, true, false}, Row{TpmWrappedPem{"k"}, true, false},
               Row{TpmHandle{"handle:1"}, false, true}, Row{Pkcs11Uri{"pkcs11:"}, false, true});
  CHECK(is_file(row.location) == row.file);
  CHECK(is_in_hardware(row.location) == row.hardware);
}
