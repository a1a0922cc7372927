#include "core/pkcs11_uri.hpp"

#include <algorithm>
#include <array>

#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

struct TextAttribute {
  std::string_view name;
  std::optional<std::string> Pkcs11Attributes::*member;
  bool in_query;
};

constexpr std::array kTextAttributes{
    TextAttribute{"token", &Pkcs11Attributes::token, false},
    TextAttribute{"serial", &Pkcs11Attributes::serial, false},
    TextAttribute{"manufacturer", &Pkcs11Attributes::manufacturer, false},
    TextAttribute{"model", &Pkcs11Attributes::model, false},
    TextAttribute{"object", &Pkcs11Attributes::object, false},
    TextAttribute{"id", &Pkcs11Attributes::id, false},
    TextAttribute{"type", &Pkcs11Attributes::type, false},
    TextAttribute{"module-path", &Pkcs11Attributes::module_path, true},
    TextAttribute{"module-name", &Pkcs11Attributes::module_name, true},
    TextAttribute{"pin-source", &Pkcs11Attributes::pin_source, true},
};
constexpr std::string_view kSlotId = "slot-id";
constexpr std::string_view kPinValue = "pin-value";
constexpr std::string_view kKnown =
    "known: token, serial, manufacturer, model, slot-id, object, id, type; after ?: module-path, module-name, "
    "pin-source";

Failure refuse(const std::string& why, const std::string& hint) {
  return fail(ErrorKind::kKeyUri, "the key URI " + why, hint);
}

/// RFC 3986 section 2.1.
Result<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      bytes += text[at];
      continue;
    }
    const auto value = parse_number<unsigned char>(text.substr(at + 1, 2), 16);
    if (!value || at + 2 >= text.size()) {
      return refuse("has a % without two hexadecimal digits", "write a percent sign as %25");
    }
    bytes += static_cast<char>(*value);
    at += 2;
  }
  return bytes;
}

/// The `pin-source` of RFC 7512 section 2.4: a file, also as file: URI. Returns its path.
Result<std::string> pin_file(std::string source) {
  constexpr std::string_view kFile = "file:";
  if (source.starts_with('|')) {
    return refuse("has a pin-source that is a command", "write the PIN to a private file and give it with --pin-file");
  }
  if (source.starts_with(kFile)) source.erase(0, kFile.size());
  // An authority, which RFC 8089 ignores.
  if (source.starts_with("//")) source.erase(0, std::min(source.find('/', 2), source.size()));
  if (source.empty() || source.find('\0') != std::string::npos) {
    return refuse("has a pin-source without a file", "give pin-source=file:/path, or --pin-file");
  }
  return source;
}

class Parser {
 public:
  Result<Pkcs11Attributes> parse(std::string_view uri) {
    if (!uri.starts_with(kPkcs11Scheme)) return refuse("does not begin with pkcs11:", "see RFC 7512");
    uri.remove_prefix(kPkcs11Scheme.size());
    const std::size_t query = uri.find('?');
    FP_TRY(part(uri.substr(0, query), ';', false));
    if (query != std::string_view::npos) FP_TRY(part(uri.substr(query + 1), '&', true));
    if (result_.type && *result_.type != "private") {
      return refuse("has the type " + printable(*result_.type, 40), "omit type, or give type=private");
    }
    if (result_.pin_source) {
      FP_TRY_ASSIGN(result_.pin_source, pin_file(std::move(*result_.pin_source)));
    }
    return std::move(result_);
  }

 private:
  Result<void> part(std::string_view text, char separator, bool query) {
    while (!text.empty()) {
      const std::size_t end = text.find(separator);
      FP_TRY(attribute(text.substr(0, end), query));
      if (end == std::string_view::npos) return {};
      text.remove_prefix(end + 1);
    }
    return {};
  }

  Result<void> attribute(std::string_view text, bool query) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals == std::string_view::npos) {
      // Not shown: it may be a PIN.
      return refuse("has a part without =", "write NAME=VALUE, with ; between the attributes");
    }
    if (name == kPinValue) {
      return refuse("holds a pin-value, which other users can read",
                    "remove it, and give the PIN in a file with --pin-file");
    }
    FP_TRY_ASSIGN(std::string value, percent_decoded(text.substr(equals + 1)));
    if (name == kSlotId && !query) return slot_id(value);
    for (const TextAttribute& each : kTextAttributes) {
      if (each.name != name || each.in_query != query) continue;
      if (result_.*each.member) return refuse("has " + std::string(name) + " twice", "give it once");
      result_.*each.member = std::move(value);
      return {};
    }
    return refuse("has the unknown attribute " + printable(name, 40), std::string(kKnown));
  }

  Result<void> slot_id(const std::string& value) {
    if (result_.slot_id) return refuse("has slot-id twice", "give it once");
    result_.slot_id = parse_number<std::uint64_t>(value);
    if (!result_.slot_id) return refuse("has a slot-id that is not a number", "give a number, or name the token");
    return {};
  }

  Pkcs11Attributes result_;
};

/// The characters that RFC 7512 section 2.3 allows unencoded in every attribute.
std::string percent_encoded(std::string_view bytes, bool all) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char each : bytes) {
    const std::string_view one(&each, 1);
    if (!all && is_alphanumeric_or(one, "-._~/")) {
      text += each;
      continue;
    }
    const auto value = static_cast<unsigned char>(each);
    text += {'%', kDigits[value >> 4U], kDigits[value & 15U]};
  }
  return text;
}

/// The inverse of pin_file, where a path alone would be taken for something else.
std::string pin_source_for(const std::string& path) {
  if (path.starts_with("//")) return "file://" + path;
  if (path.starts_with("file:") || path.starts_with('|')) return "file:" + path;
  return path;
}

}  // namespace

bool Pkcs11Attributes::names_token() const {
  return token || serial || manufacturer || model || slot_id;
}

Result<Pkcs11Attributes> parse_pkcs11_uri(std::string_view uri) {
  return Parser().parse(uri);
}

std::string to_uri(const Pkcs11Attributes& attributes) {
  std::string path;
  std::string query;
  for (const TextAttribute& each : kTextAttributes) {
    const auto& value = attributes.*each.member;
    if (!value) continue;
    std::string& part = each.in_query ? query : path;
    if (!part.empty()) part += each.in_query ? '&' : ';';
    const bool is_file = each.member == &Pkcs11Attributes::pin_source;
    part +=
        std::string(each.name) + "=" + percent_encoded(is_file ? pin_source_for(*value) : *value, each.name == "id");
  }
  if (attributes.slot_id)
    path += (path.empty() ? "" : ";") + std::string(kSlotId) + "=" + std::to_string(*attributes.slot_id);
  return std::string(kPkcs11Scheme) + path + (query.empty() ? "" : "?" + query);
}

}  // namespace fleet_provision
