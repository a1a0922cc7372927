// The files of the state directory are encoded and decoded without loss, and any other text is rejected.
#include "codec/identity_codec.hpp"
#include "codec/journal_codec.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

Journal certified_journal() {
  Certified at;
  at.made.origin = MadeHere{"ec-p256"};
  at.made.key.public_key_sha256 = std::string(64, 'a');
  at.made.key.type = "ec-p256";
  at.made.csr_subject = "CN=gateway,O=Ümlaut";
  at.made.csr_pem = "-----BEGIN CERTIFICATE REQUEST-----\n";
  at.origin = {"localhost", std::string(64, 'c'), Method::kCsr, "CN=gateway,O=Ümlaut"};
  at.certificate_id = "id";
  at.certificate_pem = "-----BEGIN CERTIFICATE-----\n";
  // A token is opaque: it may even look like the JSON before it.
  at.certificate_ownership_token = Secret("tok\n{\"schema\":9}");
  return Journal{{3, std::chrono::seconds{12}, "boot", std::chrono::seconds{77}}, std::move(at)};
}

Identity full_identity() {
  Identity identity;
  identity.thing_name = "gateway-1";
  identity.certificate_id = "id";
  identity.certificate_fingerprint = std::string(64, 'b');
  identity.not_after = "2049-12-31T23:59:59Z";
  identity.template_name = "gateway";
  identity.endpoint = "localhost";
  identity.port = 8883;
  identity.method = Method::kKeys;
  identity.key_type = "rsa-2048";
  identity.key = PemFile{kPrivateKeyFile};
  identity.device_configuration = {{"a", "1"}, {"ü", "\"\\\n"}};
  identity.request_digest = "sha256:00:11";
  identity.files_digest = "sha256:22:33";
  identity.claim_fingerprint = std::string(64, 'c');
  identity.replaces = std::string(64, 'd');
  identity.provisioned_at = "2026-11-23T06:12:00Z";
  return identity;
}

}  // namespace

TEST_CASE("each milestone of a journal goes there and back") {
  const auto read = decode_journal(encode_journal(certified_journal()).reveal());
  REQUIRE(read);
  CHECK(read->count.requested == 3);
  CHECK(read->count.age == std::chrono::seconds{12});
  CHECK(read->count.boot_id == "boot");
  CHECK(read->count.since_boot == std::chrono::seconds{77});
  const auto& at = std::get<Certified>(read->progress);
  CHECK(at.certificate_ownership_token.reveal() == "tok\n{\"schema\":9}");
  CHECK(at.made.csr_subject == "CN=gateway,O=Ümlaut");
  CHECK(at.origin.claim_fingerprint == std::string(64, 'c'));
  CHECK(at.certificate_pem == "-----BEGIN CERTIFICATE-----\n");

  KeyMade key_made;
  key_made.origin = GivenKey{"/k.pem"};
  key_made.csr_subject = "CN=x";
  Journal made;
  made.progress = std::move(key_made);
  const auto key = decode_journal(encode_journal(made).reveal());
  REQUIRE(key);
  CHECK(std::get<KeyMade>(key->progress).origin == KeyOrigin{GivenKey{"/k.pem"}});
  const auto fresh = decode_journal(encode_journal(Journal{}).reveal());
  REQUIRE(fresh);
  CHECK(std::holds_alternative<Fresh>(fresh->progress));
}

TEST_CASE("a count of certificates is read up to its limits, and is damaged above them") {
  struct Row {
    const char* name;
    std::uint64_t most;
  };
  const std::string journal(
      encode_journal(Journal{{3, std::chrono::seconds{3}, "boot", std::chrono::seconds{3}}, {}}).reveal());
  for (const Row& row :
       {Row{"requested", 4}, Row{"ageSeconds", 100'000'000'000}, Row{"sinceBootSeconds", 100'000'000'000}}) {
    INFO(row.name);
    const std::string member = '"' + std::string(row.name) + "\":";
    const auto with = [&](std::uint64_t number) {
      std::string changed = journal;
      changed.replace(changed.find(member + "3"), member.size() + 1, member + std::to_string(number));
      return decode_journal(changed);
    };
    CHECK(with(row.most));
    const auto above = with(row.most + 1);
    REQUIRE_FALSE(above);
    CHECK(above.error().kind == ErrorKind::kIdentityDamaged);
  }
}

TEST_CASE("the origin and the location of a key are stored as version 1.0 stored them") {
  struct Row {
    const char* title;
    KeyOrigin origin;
    KeyLocation location;
    std::string text;
  };
  const Row row = GENERATE(
      Row{"made", MadeHere{"ec-p384"}, PemFile{kPrivateKeyFile},
          R"("source":"made","sourceType":"ec-p384","type":"","uri":"")"},
      Row{"service", MadeByService{}, PemFile{kPrivateKeyFile},
          R"("source":"service","sourceType":"","type":"","uri":"")"},
      Row{"key", GivenKey{"/k.pem"}, PemFile{kPrivateKeyFile},
          R"("source":"key /k.pem","sourceType":"","type":"","uri":"")"},
      Row{"handle", GivenKey{"handle:0x81000001"}, TpmHandle{0x81000001},
          R"("source":"key handle:0x81000001","sourceType":"","type":"","uri":"handle:0x81000001")"},
      Row{"csr", GivenCsr{"g.csr"}, ExternalKey{}, R"("source":"csr g.csr","sourceType":"","type":"","uri":"")"},
      Row{"csr and token", GivenCsr{"g.csr"}, Pkcs11Uri{"pkcs11:token=t"},
          R"("source":"csr g.csr","sourceType":"","type":"","uri":"pkcs11:token=t")"});
  INFO(row.title);
  KeyMade made;
  made.origin = row.origin;
  made.key.location = row.location;
  Journal journal;
  journal.progress = std::move(made);
  const Secret bytes = encode_journal(journal);
  CHECK(bytes.reveal().find(row.text) != std::string_view::npos);
  const auto read = decode_journal(bytes.reveal());
  REQUIRE(read);
  CHECK(std::get<KeyMade>(read->progress).origin == row.origin);
  CHECK(std::get<KeyMade>(read->progress).key.location == row.location);
  std::string unknown(bytes.reveal());
  unknown.replace(unknown.find(R"("source":")"), 10, R"("source":"x)");
  CHECK(decode_journal(unknown).error().kind == ErrorKind::kIdentityDamaged);
}

TEST_CASE("a planned key, an abandoned key and a key store go there and back") {
  const KeyOrigin in_token = MadeHere{"ec-p256", "pkcs11:token=t;object=o"};
  const KeyLocation planned = Pkcs11Uri{"pkcs11:token=t;object=o;id=%01%02"};
  Journal journal;
  journal.progress = KeyPlanned{in_token, planned};
  const auto plan = decode_journal(encode_journal(journal).reveal());
  REQUIRE(plan);
  CHECK(std::get<KeyPlanned>(plan->progress).origin == in_token);
  CHECK(std::get<KeyPlanned>(plan->progress).location == planned);

  const HardwareKey left{TpmHandle{0x81000001}, std::string(64, 'a')};
  journal.progress = Fresh{left};
  const auto abandoned = decode_journal(encode_journal(journal).reveal());
  REQUIRE(abandoned);
  CHECK(std::get<Fresh>(abandoned->progress).abandoned == left);

  KeyMade made;
  made.origin = MadeHere{"ec-p256", "tpm2:0x81000001"};
  made.key.location = TpmHandle{0x81000001};
  journal.progress = std::move(made);
  const auto key = decode_journal(encode_journal(journal).reveal());
  REQUIRE(key);
  CHECK(std::get<KeyMade>(key->progress).origin == KeyOrigin{MadeHere{"ec-p256", "tpm2:0x81000001"}});
  CHECK(std::get<KeyMade>(key->progress).key.location == KeyLocation{TpmHandle{0x81000001}});
}

TEST_CASE("a journal of version 1.0 means a key in a file, and a key in a file is stored as version 1.0 stored it") {
  Journal journal;
  journal.progress = KeyMade{MadeHere{"ec-p256"}, {}, "", ""};
  const Secret bytes = encode_journal(journal);
  CHECK(bytes.reveal().find("keyStore") == std::string_view::npos);
  const auto read = decode_journal(bytes.reveal());
  REQUIRE(read);
  CHECK(std::get<MadeHere>(std::get<KeyMade>(read->progress).origin).key_store == "file");
}

TEST_CASE("a journal that names a key which is none is damaged") {
  Journal journal;
  journal.progress = KeyPlanned{MadeHere{"ec-p256", "pkcs11:token=t;object=o"}, Pkcs11Uri{"pkcs11:token=t;id=%01"}};
  const Secret bytes = encode_journal(journal);
  struct Row {
    const char* part;
    const char* instead;
  };
  const Row row =
      GENERATE(Row{R"("uri":"pkcs11:token=t;id=%01")", R"("uri":"pkcs11:pin-value=1")"},
               Row{R"("uri":"pkcs11:token=t;id=%01")", R"("uri":"/a/file")"},
               Row{R"("uri":"pkcs11:token=t;id=%01")", R"("uri":"")"},
               Row{R"("uri":"pkcs11:token=t;id=%01")", R"("uri":7)"}, Row{R"("source":"made")", R"("source":"found")"},
               Row{R"("keyStore":"pkcs11:token=t;object=o")", R"("keyStore":null)"},
               Row{R"("planned":{)", R"("planned":7,"x":{)"});
  INFO(row.instead);
  std::string text(bytes.reveal());
  REQUIRE(text.find(row.part) != std::string::npos);
  text.replace(text.find(row.part), std::string_view(row.part).size(), row.instead);
  const auto read = decode_journal(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::kIdentityDamaged);
}

TEST_CASE("identity.json tells whether this program made the key; an earlier version did not") {
  Identity identity = full_identity();
  identity.key_made_here = true;
  identity.key = TpmWrappedPem{kPrivateKeyFile};
  std::string text = encode_identity(identity);
  const auto read = decode_identity(text);
  REQUIRE(read);
  CHECK(read->key_made_here);
  CHECK(read->key == identity.key);
  CHECK(has_key_file(*read));
  text.replace(text.find("\"keyMadeHere\""), 1, "\"x");
  const auto earlier = decode_identity(text);
  REQUIRE(earlier);
  CHECK_FALSE(earlier->key_made_here);
  std::string wrong = encode_identity(identity);
  wrong.replace(wrong.find("true"), 4, "\"x\"");
  CHECK_FALSE(decode_identity(wrong));
}

TEST_CASE("the token and the key never stand in the JSON of the journal") {
  const Secret bytes = encode_journal(certified_journal());
  const std::string_view json = bytes.reveal().substr(0, bytes.reveal().find('\n'));
  CHECK(json.find("tok") == std::string_view::npos);
}

TEST_CASE("a journal cut off anywhere is refused or has lost the end of its token") {
  const Secret whole = encode_journal(certified_journal());
  const std::size_t json_end = whole.reveal().find('\n');
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_journal(whole.reveal().substr(0, size));
    CHECK(read.has_value() == (size > json_end + 1));
  }
  for (const char* bad : {"", "\n", "{}\n", "[]\n", "{\"schema\":2}\n", "null\n", "{\"schema\":\"1\"}\n"}) {
    const auto read = decode_journal(bad);
    REQUIRE(!read);
    CHECK(read.error().kind == ErrorKind::kIdentityDamaged);
  }
}

TEST_CASE("identity.json has each field under its name, in this order") {
  Identity identity = full_identity();
  identity.certificate_fingerprint = "b";
  identity.claim_fingerprint = "c";
  identity.replaces = "d";
  identity.verified_at = "2026-11-23T06:12:01Z";
  CHECK(encode_identity(identity) == R"({
  "schema": 1,
  "thingName": "gateway-1",
  "certificateId": "id",
  "certificateFingerprint": "b",
  "notAfter": "2049-12-31T23:59:59Z",
  "templateName": "gateway",
  "endpoint": "localhost",
  "port": 8883,
  "method": "keys",
  "keyType": "rsa-2048",
  "key": "private-key.pem",
  "keyStore": "file",
  "keyMadeHere": false,
  "deviceConfiguration": {
    "a": "1",
    "ü": "\"\\\n"
  },
  "requestDigest": "sha256:00:11",
  "filesDigest": "sha256:22:33",
  "claimFingerprint": "c",
  "replaces": "d",
  "provisionedAt": "2026-11-23T06:12:00Z",
  "verifiedAt": "2026-11-23T06:12:01Z"
}
)");
}

TEST_CASE("identity.json goes there and back") {
  const Identity identity = full_identity();
  const std::string text = encode_identity(identity);
  const auto read = decode_identity(text);
  REQUIRE(read);
  CHECK(encode_identity(*read) == text);
  CHECK(read->device_configuration == identity.device_configuration);
  CHECK(read->files_digest == identity.files_digest);
  CHECK(read->replaces == identity.replaces);
  CHECK(!read->verified_at);
  Identity bare;
  const auto bare_read = decode_identity(encode_identity(bare));
  REQUIRE(bare_read);
  CHECK(!bare_read->thing_name);
}

TEST_CASE("identity.json names the key store, also when an earlier version did not") {
  std::string text = encode_identity(full_identity());
  CHECK(text.find(R"("keyStore": "file")") != std::string::npos);
  text.replace(text.find("\"keyStore\""), 1, "\"x");
  const auto earlier = decode_identity(text);
  REQUIRE(earlier);
  CHECK(earlier->key == KeyLocation{PemFile{kPrivateKeyFile}});
  Identity external = full_identity();
  external.key = ExternalKey{};
  CHECK(encode_identity(external).find(R"("keyStore": null)") != std::string::npos);
}

TEST_CASE("an identity.json of another shape is damaged, whatever is missing") {
  const std::string text = encode_identity(full_identity());
  for (const char* key : {"schema", "certificateId", "certificateFingerprint", "templateName", "endpoint", "port",
                          "method", "key", "deviceConfiguration", "requestDigest"}) {
    std::string without = text;
    without.replace(without.find("\"" + std::string(key) + "\""), 1, "\"x");
    const auto read = decode_identity(without);
    INFO(key);
    REQUIRE(!read);
    CHECK(read.error().kind == ErrorKind::kIdentityDamaged);
  }
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    CHECK(!decode_identity(std::string_view(text).substr(0, size)));
  CHECK(!decode_identity(std::string(text.size(), '\0')));
  CHECK(!decode_identity(text + std::string(3, '\0')));
}

TEST_CASE("both files say schema 1, and a file of another schema names the one it has") {
  const std::string identity = encode_identity(full_identity());
  CHECK(identity.find(R"("schema": 1,)") != std::string::npos);
  const Secret journal = encode_journal(certified_journal());
  CHECK(journal.reveal().find(R"("schema":1)") != std::string_view::npos);
  for (const char* schema : {"0", "2", "4294967295"}) {
    std::string other = identity;
    other.replace(other.find("\"schema\": 1") + 10, 1, schema);
    const auto read = decode_identity(other);
    REQUIRE_FALSE(read);
    CHECK(read.error().message == "it has schema " + std::string(schema) + "; this version supports schema 1");
    std::string of_journal(journal.reveal());
    of_journal.replace(of_journal.find("\"schema\":1") + 9, 1, schema);
    const auto journal_read = decode_journal(of_journal);
    REQUIRE_FALSE(journal_read);
    CHECK(journal_read.error().message == "it has schema " + std::string(schema) + "; this version supports schema 1");
  }
}
