// Faults that corrupt a response: what they do to its document and to its bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/encode.hpp"
#include "service/faults.hpp"

namespace fleet_provision::simulator {

/// The payload of a response, corrupted by those of `faults` that concern its content or its encoding.
[[nodiscard]] std::string encode_corrupted(Members document, Encoding encoding, EncodeOptions options,
                                           const std::vector<Fault>& faults);

/// Replaces each `\xNN` by the byte, so that a command line can express any bytes.
[[nodiscard]] std::string unescape(std::string_view text);

}  // namespace fleet_provision::simulator
