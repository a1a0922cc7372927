#include "core/milestones.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a discarded run leaves behind what this program made in hardware, and nothing else") {
  struct Row {
    const char* title;
    KeyOrigin origin;
    KeyLocation location;
    bool left;
    bool has_file;
  };
  const KeyLocation token = Pkcs11Uri{"pkcs11:token=t;id=%01"};
  const Row row =
      GENERATE_COPY(Row{"token", MadeHere{"ec-p256", "pkcs11:token=t;object=o"}, token, true, false},
                    Row{"handle", MadeHere{"ec-p256", "tpm2:0x81000001"}, TpmHandle{0x81000001}, true, true},
                    Row{"wrapped", MadeHere{"ec-p256", "tpm2"}, TpmWrappedPem{kPrivateKeyFile}, false, true},
                    Row{"file", MadeHere{"ec-p256"}, PemFile{kPrivateKeyFile}, false, true},
                    Row{"given token", GivenKey{"pkcs11:token=t"}, token, false, false},
                    Row{"given handle", GivenKey{"handle:0x81000001"}, TpmHandle{0x81000001}, false, false},
                    Row{"CSR", GivenCsr{"g.csr"}, ExternalKey{}, false, false});
  INFO(row.title);
  KeyMade made;
  made.origin = row.origin;
  made.key.location = row.location;
  made.key.public_key_sha256 = "digest";
  CHECK(has_pending_file(made) == row.has_file);
  Progress progress = std::move(made);
  const auto left = left_in_hardware(progress);
  CHECK(left.has_value() == row.left);
  if (left) CHECK(*left == HardwareKey{row.location, "digest"});
  REQUIRE(key_origin_of(progress) != nullptr);
  CHECK(*key_origin_of(progress) == row.origin);
  progress = Fresh{left};
  CHECK(left_in_hardware(progress) == left);
  CHECK(key_origin_of(progress) == nullptr);
}

TEST_CASE("a planned key stands between the beginning and the key, and its public key is unknown") {
  const KeyLocation token = Pkcs11Uri{"pkcs11:token=t;id=%01"};
  const Progress planned = KeyPlanned{MadeHere{"ec-p256", "pkcs11:token=t;object=o"}, token};
  CHECK(milestone(planned) > Milestone::kFresh);
  CHECK(milestone(planned) < Milestone::kKeyMade);
  CHECK(word(milestone(planned)) == "key-planned");
  CHECK(device_key_of(planned) == nullptr);
  CHECK(left_in_hardware(planned) == HardwareKey{token, ""});
}

TEST_CASE("the count of certificates is forgotten after an hour of boots") {
  using std::chrono::seconds;
  CHECK(brought_up_to({0, seconds{5}, "a", seconds{100}}, "a", seconds{200}).age == seconds{0});
  CertificateCount count{4, seconds{0}, "a", seconds{100}};
  count = brought_up_to(count, "a", seconds{1'000});
  CHECK(count.age == seconds{900});
  count = brought_up_to(count, "b", seconds{600});
  CHECK(count.age == seconds{1'500});
  CHECK(count.requested == 4);
  count = brought_up_to(count, "b", seconds{500});
  CHECK(count.age == seconds{1'500});
  CHECK(brought_up_to(count, "b", seconds{2'599}).requested == 4);
  CHECK(brought_up_to(count, "b", seconds{2'600}).requested == 0);
}
