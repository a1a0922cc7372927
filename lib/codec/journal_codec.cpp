#include "codec/journal_codec.hpp"

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "codec/json_fields.hpp"

namespace fleet_provision {
namespace {

constexpr unsigned kJournalSchema = 1;
constexpr ErrorKind kKind = ErrorKind::kIdentityDamaged;
// About 3,170 years; the sum of two such values cannot overflow.
constexpr std::uint64_t kSecondsMax = 100'000'000'000;

/// How `source` begins where a name follows: `key REFERENCE`, `csr FILE`.
constexpr std::string_view kGivenKey = "key ";
constexpr std::string_view kGivenCsr = "csr ";

constexpr const char* kFileStoreText = "file";

/// `source`, `sourceType` and `keyStore` of an origin.
struct OriginTexts {
  std::string source;
  std::string type;
  std::string store;
};

OriginTexts encode(const KeyOrigin& origin) {
  struct Texts {
    OriginTexts operator()(const MadeHere& at) const { return {"made", at.key_type, at.key_store}; }
    OriginTexts operator()(const MadeByService&) const { return {"service", "", ""}; }
    OriginTexts operator()(const GivenKey& at) const { return {std::string(kGivenKey) + at.reference, "", ""}; }
    OriginTexts operator()(const GivenCsr& at) const { return {std::string(kGivenCsr) + at.file, "", ""}; }
  };
  return std::visit(Texts{}, origin);
}

Result<KeyOrigin> decode_origin(const OriginTexts& texts) {
  const std::string_view source = texts.source;
  if (source == "made") return MadeHere{texts.type, texts.store};
  if (source == "service") return MadeByService{};
  if (source.starts_with(kGivenKey)) return GivenKey{std::string(source.substr(kGivenKey.size()))};
  if (source.starts_with(kGivenCsr)) return GivenCsr{std::string(source.substr(kGivenCsr.size()))};
  return fail(kKind, "its \"source\" is none of made, service, key and csr");
}

/// A file is the store that earlier versions used without naming it, so that they can still read a journal with it.
void add_origin(nlohmann::json& object, const KeyOrigin& origin) {
  const OriginTexts texts = encode(origin);
  object["source"] = texts.source;
  object["sourceType"] = texts.type;
  if (!texts.store.empty() && texts.store != kFileStoreText) object["keyStore"] = texts.store;
}

Result<KeyOrigin> origin_in(const JsonFields& fields) {
  OriginTexts texts;
  FP_TRY_ASSIGN(texts.source, fields.text("source"));
  FP_TRY_ASSIGN(texts.type, fields.text("sourceType"));
  texts.store = kFileStoreText;
  if (fields.has("keyStore")) {
    FP_TRY_ASSIGN(texts.store, fields.text("keyStore"));
  }
  return decode_origin(texts);
}

/// Empty for a key file, whose name is fixed.
std::string uri_of(const KeyLocation& location) {
  return is_file(location) ? std::string() : text_of(location);
}

/// The location of a key that is not a file.
Result<KeyLocation> hardware_location(const std::string& uri) {
  const auto location = parse_key_location(uri);
  if (!location) return fail(kKind, "its \"uri\": " + location.error().message);
  if (!is_in_hardware(*location)) return fail(kKind, "its \"uri\" is not the URI of a key");
  return *location;
}

Result<KeyLocation> location_of(const std::string& uri, const KeyOrigin& origin) {
  if (!uri.empty()) return hardware_location(uri);
  if (std::holds_alternative<GivenCsr>(origin)) return KeyLocation{ExternalKey{}};
  return KeyLocation{PemFile{kPrivateKeyFile}};
}

nlohmann::json encode(const KeyMade& made) {
  nlohmann::json object{{"uri", uri_of(made.key.location)},
                        {"publicKeySha256", made.key.public_key_sha256},
                        {"type", made.key.type},
                        {"csrSubject", made.csr_subject},
                        {"csr", made.csr_pem}};
  add_origin(object, made.origin);
  return object;
}

Result<KeyMade> decode_key(const JsonFields& fields) {
  KeyMade made;
  FP_TRY_ASSIGN(made.origin, origin_in(fields));
  FP_TRY_ASSIGN(const std::string uri, fields.text("uri"));
  FP_TRY_ASSIGN(made.key.location, location_of(uri, made.origin));
  FP_TRY_ASSIGN(made.key.public_key_sha256, fields.text("publicKeySha256"));
  FP_TRY_ASSIGN(made.key.type, fields.text("type"));
  FP_TRY_ASSIGN(made.csr_subject, fields.text("csrSubject"));
  FP_TRY_ASSIGN(made.csr_pem, fields.text("csr"));
  return made;
}

nlohmann::json encode(const KeyPlanned& planned) {
  nlohmann::json object{{"uri", text_of(planned.location)}};
  add_origin(object, planned.origin);
  return object;
}

Result<KeyPlanned> decode_planned(const JsonFields& fields) {
  KeyPlanned planned;
  FP_TRY_ASSIGN(planned.origin, origin_in(fields));
  FP_TRY_ASSIGN(const std::string uri, fields.text("uri"));
  FP_TRY_ASSIGN(planned.location, hardware_location(uri));
  return planned;
}

nlohmann::json encode(const HardwareKey& key) {
  return {{"uri", text_of(key.location)}, {"publicKeySha256", key.public_key_sha256}};
}

Result<HardwareKey> decode_hardware_key(const JsonFields& fields) {
  HardwareKey key;
  FP_TRY_ASSIGN(const std::string uri, fields.text("uri"));
  FP_TRY_ASSIGN(key.location, hardware_location(uri));
  FP_TRY_ASSIGN(key.public_key_sha256, fields.text("publicKeySha256"));
  return key;
}

nlohmann::json encode(const Certified& certified) {
  return {{"endpoint", certified.origin.endpoint},
          {"claimFingerprint", certified.origin.claim_fingerprint},
          {"method", std::string(word(certified.origin.method))},
          {"csrSubject", certified.origin.csr_subject},
          {"certificateId", certified.certificate_id},
          {"certificate", certified.certificate_pem}};
}

Result<Certified> decode_certificate(const JsonFields& fields) {
  Certified certified;
  FP_TRY_ASSIGN(certified.origin.endpoint, fields.text("endpoint"));
  FP_TRY_ASSIGN(certified.origin.claim_fingerprint, fields.text("claimFingerprint"));
  FP_TRY_ASSIGN(const std::string method, fields.text("method"));
  const auto known_method = parse_method(method);
  if (!known_method) return fail(kKind, "its \"method\" is neither csr nor keys");
  certified.origin.method = *known_method;
  FP_TRY_ASSIGN(certified.origin.csr_subject, fields.text("csrSubject"));
  FP_TRY_ASSIGN(certified.certificate_id, fields.text("certificateId"));
  FP_TRY_ASSIGN(certified.certificate_pem, fields.text("certificate"));
  return certified;
}

/// Writes a milestone into the object and returns the token that follows the JSON.
struct Encoder {
  nlohmann::json& object;

  std::string_view operator()(const Fresh& fresh) {
    if (fresh.abandoned) object["abandoned"] = encode(*fresh.abandoned);
    return {};
  }
  std::string_view operator()(const KeyPlanned& planned) {
    object["planned"] = encode(planned);
    return {};
  }
  std::string_view operator()(const Installed&) { return {}; }
  std::string_view operator()(const KeyMade& made) {
    object["key"] = encode(made);
    return {};
  }
  std::string_view operator()(const Certified& certified) {
    object["key"] = encode(certified.made);
    object["certificate"] = encode(certified);
    return certified.certificate_ownership_token.reveal();
  }
  std::string_view operator()(const Enrolled& enrolled) { return (*this)(enrolled.certified); }
  std::string_view operator()(const Verified& verified) { return (*this)(verified.enrolled); }
};

Result<CertificateCount> decode_count(const JsonFields& fields) {
  CertificateCount count;
  FP_TRY_ASSIGN(const std::uint64_t requested, fields.number("requested", kCertificatesMax));
  count.requested = static_cast<unsigned>(requested);
  FP_TRY_ASSIGN(const std::uint64_t age, fields.number("ageSeconds", kSecondsMax));
  count.age = std::chrono::seconds{age};
  FP_TRY_ASSIGN(count.boot_id, fields.text("bootId"));
  FP_TRY_ASSIGN(const std::uint64_t since_boot, fields.number("sinceBootSeconds", kSecondsMax));
  count.since_boot = std::chrono::seconds{since_boot};
  return count;
}

/// A journal without a key.
Result<Progress> decode_beginning(const JsonFields& fields) {
  if (fields.has("planned")) {
    FP_TRY_ASSIGN(const JsonFields planned, fields.object("planned"));
    FP_TRY_ASSIGN(KeyPlanned decoded, decode_planned(planned));
    return Progress{std::move(decoded)};
  }
  if (!fields.has("abandoned")) return Progress{Fresh{}};
  FP_TRY_ASSIGN(const JsonFields abandoned, fields.object("abandoned"));
  FP_TRY_ASSIGN(HardwareKey key, decode_hardware_key(abandoned));
  return Progress{Fresh{std::move(key)}};
}

}  // namespace

Secret encode_journal(const Journal& journal) {
  nlohmann::json object{{"schema", kJournalSchema},
                        {"requested", journal.count.requested},
                        {"ageSeconds", journal.count.age.count()},
                        {"bootId", journal.count.boot_id},
                        {"sinceBootSeconds", journal.count.since_boot.count()}};
  const std::string_view token = std::visit(Encoder{object}, journal.progress);
  std::string bytes = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  // Reserved before the token is appended, so that a reallocation leaves no copy of a part of it.
  bytes.reserve(bytes.size() + token.size());
  const WipedAtEnd wiped(bytes);
  bytes += token;
  return Secret(bytes);
}

Result<Journal> decode_journal(std::string_view bytes) {
  const std::size_t line_end = bytes.find('\n');
  if (line_end == std::string_view::npos) return fail(kKind, "it has no first line");
  FP_TRY_ASSIGN(const JsonFields fields, JsonFields::parse(bytes.substr(0, line_end), kKind));
  const std::string_view token = bytes.substr(line_end + 1);
  FP_TRY_ASSIGN(const std::uint64_t schema, fields.number("schema", std::numeric_limits<std::uint32_t>::max()));
  if (schema != kJournalSchema) {
    return fail(kKind, "it has schema " + std::to_string(schema) + "; this version supports schema 1",
                "finish with the version of fleet-provision that began, or start over with --force");
  }
  Journal journal;
  FP_TRY_ASSIGN(journal.count, decode_count(fields));
  if (!fields.has("key")) {
    FP_TRY_ASSIGN(journal.progress, decode_beginning(fields));
    return journal;
  }
  FP_TRY_ASSIGN(const JsonFields key, fields.object("key"));
  FP_TRY_ASSIGN(KeyMade made, decode_key(key));
  if (!fields.has("certificate")) {
    journal.progress = std::move(made);
    return journal;
  }
  if (token.empty()) return fail(kKind, "it has a certificate and no token");
  FP_TRY_ASSIGN(const JsonFields certificate, fields.object("certificate"));
  FP_TRY_ASSIGN(Certified certified, decode_certificate(certificate));
  certified.made = std::move(made);
  certified.certificate_ownership_token = Secret(token);
  journal.progress = std::move(certified);
  return journal;
}

}  // namespace fleet_provision
