// Values to bytes: the service's responses in JSON (RFC 8259) or CBOR (RFC 8949), and JSON files.
//
// The writers are ours rather than a library's for two reasons: the client's decoder is tested against bytes that no
// shared code produced, and a fault must be able to write what no correct encoder would (a name twice, text that is
// not UTF-8, a thousand levels of nesting).
#pragma once

#include <string>

#include "service/value.hpp"

namespace fleet_provision::simulator {

struct EncodeOptions {
  /// CBOR maps end with a break instead of stating their length (docs/service.md, "The exchange").
  bool indefinite_maps = false;
  /// CBOR text strings are written in chunks, ended by a break.
  bool indefinite_strings = false;
};

/// The payload of a response. Text is written as it is, even where it is not UTF-8.
[[nodiscard]] std::string encode(const Members& document, Encoding encoding, const EncodeOptions& options = {});

/// JSON for files and programs: bytes that are not UTF-8 are replaced by U+FFFD, so the result is always valid.
[[nodiscard]] std::string json_text(const Value& value);
/// The same, indented by two spaces for people.
[[nodiscard]] std::string indented_json_text(const Value& value);

}  // namespace fleet_provision::simulator
