// Answers made wrong on purpose: what a fault does to a document and its bytes.
#pragma once

#include <string>
#include <vector>

#include "service/document.hpp"
#include "service/faults.hpp"

namespace fleet_provision::simulator {

/// The bytes of an answer, after the faults among `faults` that concern an answer's form.
[[nodiscard]] std::string encode_spoiled(Members document, Encoding encoding, EncodeOptions options,
                                         const std::vector<Fault>& faults);

/// `\xNN` replaced by the byte, so that a command line can name any.
[[nodiscard]] std::string unescape(std::string_view text);

}  // namespace fleet_provision::simulator
