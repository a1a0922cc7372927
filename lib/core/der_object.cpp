#include "core/der_object.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace fleet_provision {
namespace {

// Identifier octets of the encoding; see X.690 section 8.1.2.
constexpr char kSequence = 0x30;
constexpr char kObjectIdentifier = 0x06;
constexpr std::size_t kElementsMax = 12;

struct Element {
  char tag = 0;
  std::string_view content;
};

/// Removes the first element from `rest` and returns it; nothing if the element is not complete.
std::optional<Element> take(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  Element element{rest[0], {}};
  std::size_t length = static_cast<unsigned char>(rest[1]);
  rest.remove_prefix(2);
  constexpr std::size_t kLong = 0x80;
  if (length == kLong) {
    element.content = rest;
    rest = {};
    return element;
  }
  if (length > kLong) {
    std::size_t bytes = length - kLong;
    if (bytes > 4 || bytes > rest.size()) return std::nullopt;
    length = 0;
    for (; bytes > 0; --bytes) {
      length = (length << 8U) | static_cast<unsigned char>(rest[0]);
      rest.remove_prefix(1);
    }
  }
  if (length > rest.size()) return std::nullopt;
  element.content = rest.substr(0, length);
  rest.remove_prefix(length);
  return element;
}

/// A letter for each element of `content`: s(equence), i(nteger), o(bject identifier), b(it string), h (octet string),
/// t(ime), 0 and 1 (context tags), ? for any other.
std::string outline(std::string_view content) {
  std::string letters;
  while (!content.empty() && letters.size() < kElementsMax) {
    const auto element = take(content);
    if (!element) return letters;
    switch (static_cast<unsigned char>(element->tag)) {
      case 0x30: letters += 's'; break;
      case 0x02: letters += 'i'; break;
      case 0x06: letters += 'o'; break;
      case 0x03: letters += 'b'; break;
      case 0x04:
      case 0x24: letters += 'h'; break;
      case 0x17:
      case 0x18: letters += 't'; break;
      case 0xA0: letters += '0'; break;
      case 0xA1: letters += '1'; break;
      default: letters += '?';
    }
  }
  return letters;
}

/// The kind of a signed object, SEQUENCE { what, algorithm, signature }, by its first element.
FileObject signed_object(const std::string& what) {
  if (what.starts_with("0isss") || what.starts_with("issss")) return FileObject::kCertificate;
  if (what.starts_with("isst") || what.starts_with("sst")) return FileObject::kCrl;
  if (what == "iss0" || what == "iss") return FileObject::kCsr;
  return FileObject::kUnknown;
}

}  // namespace

FileObject der_object(std::string_view bytes) {
  if (bytes.empty() || bytes[0] != kSequence) return FileObject::kUnknown;
  const auto whole = take(bytes);
  if (!whole) return FileObject::kUnknown;
  std::string_view rest = whole->content;
  const auto first = take(rest);
  if (!first) return FileObject::kUnknown;
  const std::string outer = outline(whole->content);
  const std::string inner = first->tag == kSequence ? outline(first->content) : "";
  if (outer == "ssb") return signed_object(inner);
  if (outer == "sb" && inner.starts_with('o')) return FileObject::kPublicKey;
  if (outer == "sh" && inner.starts_with('o')) return FileObject::kEncryptedPrivateKey;
  if (outer == "ii") return FileObject::kPublicKey;
  if (outer.starts_with("ish") || outer.starts_with("iiiiii") || outer.starts_with("ih"))
    return FileObject::kPrivateKey;
  // PFX (RFC 7292 section 4): version 3, a ContentInfo, perhaps a MAC.
  const bool version_3 = first->content == std::string_view("\x03", 1);
  if (version_3 && (outer == "is" || outer == "iss")) return FileObject::kPkcs12;
  // ContentInfo (RFC 2315 section 7): 1.2.840.113549.1.7.x.
  constexpr std::string_view kPkcs7{"\x2A\x86\x48\x86\xF7\x0D\x01\x07", 8};
  if (first->tag == kObjectIdentifier && first->content.starts_with(kPkcs7)) return FileObject::kPkcs7;
  return FileObject::kUnknown;
}

bool is_der_sequence(std::string_view bytes) {
  if (bytes.empty() || bytes[0] != kSequence || !take(bytes)) return false;
  return bytes.find_first_not_of("\r\n") == std::string_view::npos;
}

}  // namespace fleet_provision
