// nlohmann's value type cannot be wiped, so its event parser is used, as for the service's responses.
#include "codec/claim_document.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace fleet_provision {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr const char* kHint =
    "give the whole output of aws iot create-provisioning-claim or aws iot create-keys-and-certificate";

class ClaimEvents {
 public:
  using Json = nlohmann::json;

  bool null() { return other("null"); }
  bool boolean(bool /*value*/) { return other("true or false"); }
  bool number_integer(Json::number_integer_t value) { return number(std::to_string(value)); }
  bool number_unsigned(Json::number_unsigned_t value) { return number(std::to_string(value)); }
  bool number_float(Json::number_float_t /*value*/, const Json::string_t& digits) { return number(digits); }
  bool string(Json::string_t& value) {
    const bool go_on = text(value);
    wipe(value.data(), value.size());
    return go_on;
  }
  bool binary(Json::binary_t& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) { return open(true); }
  bool start_array(std::size_t /*size*/) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(Json::string_t& name) {
    path_.back() = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*why*/) {
    complaint_ = "is not JSON (byte " + std::to_string(position) + ")";
    return false;
  }

  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  ClaimDocument document;

 private:
  [[nodiscard]] bool at(std::string_view name) const { return path_.size() == 1 && path_[0] == name; }
  [[nodiscard]] bool at_private_key() const {
    return path_.size() == 2 && path_[0] == "keyPair" && path_[1] == "PrivateKey";
  }

  bool text(const std::string& value) {
    if (at("certificatePem") && !set_once(document.certificate_pem.empty())) return false;
    if (at_private_key() && !set_once(document.private_key.empty())) return false;
    if (at("certificatePem")) document.certificate_pem = value;
    if (at_private_key()) document.private_key = Secret(value);
    return !at("expiration") || expires(value);
  }
  bool number(const std::string& digits) { return at("expiration") ? expires(digits) : other("a number"); }
  bool expires(const std::string& value) {
    document.expiration = parse_aws_time(value);
    if (!document.expiration) complaint_ = "has an expiration that is not a time";
    return document.expiration.has_value();
  }
  /// A value of a type that no wanted member has; an error if it is the value of a wanted member.
  bool other(const char* type) {
    if (!at("certificatePem") && !at_private_key()) return true;
    complaint_ = "has " + std::string(type) + " as " + (at_private_key() ? "keyPair.PrivateKey" : "certificatePem");
    return false;
  }
  bool set_once(bool is_first) {
    if (!is_first) complaint_ = "has a member twice";
    return is_first;
  }
  bool open(bool is_object) {
    if (!other(is_object ? "an object" : "an array")) return false;
    if (path_.size() == kDepthMax) complaint_ = "is nested too deep";
    // The elements of an array have no name, and no wanted member is in an array.
    path_.emplace_back();
    return complaint_.empty();
  }
  bool close() {
    path_.pop_back();
    return true;
  }

  /// The path of keys to the next value.
  std::vector<std::string> path_;
  std::string complaint_;
};

/// The number in the two characters from `at` on, which `text` must have; nothing if they are not digits.
std::optional<int> two_digits(std::string_view text, std::size_t at) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, value);
  if (error != std::errc{} || end != text.data() + at + 2) return std::nullopt;
  return value;
}

/// `Z`, `+01:00`, `-0700` or nothing (UTC).
std::optional<std::chrono::minutes> offset_of(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return std::chrono::minutes{0};
  const bool colon = text.size() == 6 && text[3] == ':';
  if ((text[0] != '+' && text[0] != '-') || (!colon && text.size() != 5)) return std::nullopt;
  const auto hours = two_digits(text, 1);
  const auto minutes = two_digits(text, colon ? 4 : 3);
  if (!hours || !minutes) return std::nullopt;
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return text[0] == '-' ? -offset : offset;
}

std::optional<WallTime> from_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr std::int64_t kLast = 9'000'000'000;
  const bool whole = rest.empty() || (rest[0] == '.' && rest.find_first_not_of("0123456789", 1) == rest.npos);
  if (error != std::errc{} || !whole || seconds < 0 || seconds > kLast) return std::nullopt;
  return WallTime{std::chrono::seconds{seconds}};
}

}  // namespace

std::optional<WallTime> parse_aws_time(std::string_view text) {
  if (text.find('T') == std::string_view::npos) return from_seconds(text);
  constexpr std::size_t kToSeconds = 19;
  if (text.size() < kToSeconds) return std::nullopt;
  const auto local = parse_rfc3339(std::string(text.substr(0, kToSeconds)) + "Z");
  std::string_view rest = text.substr(kToSeconds);
  if (rest.starts_with('.')) rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  const auto offset = offset_of(rest);
  if (!local || !offset) return std::nullopt;
  // WallTime ends in 2262, and so may the difference.
  const bool fits =
      *offset < std::chrono::minutes{0} ? *local <= WallTime::max() + *offset : *local >= WallTime::min() + *offset;
  return fits ? std::optional(*local - *offset) : std::nullopt;
}

Result<ClaimDocument> decode_claim(std::string_view json) {
  ClaimEvents events;
  const bool strict = true;
  const bool nul = json.find('\0') != std::string_view::npos;
  const bool read = !nul && nlohmann::json::sax_parse(json.begin(), json.end(), &events,
                                                      nlohmann::json::input_format_t::json, strict);
  if (!read) {
    return fail(ErrorKind::kClaimCertificateUnusable,
                events.complaint().empty() ? "is not JSON: it holds a NUL byte" : events.complaint(), kHint);
  }
  if (events.document.certificate_pem.empty()) {
    return fail(ErrorKind::kClaimCertificateUnusable, "has no certificatePem", kHint);
  }
  if (events.document.private_key.empty()) {
    return fail(ErrorKind::kClaimKeyUnusable, "has no keyPair.PrivateKey",
                std::string(kHint) + "; if the key is elsewhere, give --claim-cert and --claim-key");
  }
  return std::move(events.document);
}

}  // namespace fleet_provision
