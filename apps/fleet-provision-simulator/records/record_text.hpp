// Records as JSON texts, as the state directory keeps them.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "service/record_store.hpp"

namespace fleet_provision::simulator {

/// JSON for people and scripts, with a final line feed.
[[nodiscard]] std::string text_of(const CertificateRecord& certificate);
[[nodiscard]] std::string text_of(const ThingRecord& thing);
/// The inverse. `path` is the file of the text, for messages. kConfiguration for a text that is not JSON, kInternal for
/// a member that is missing or has the wrong type. Unknown members are ignored.
[[nodiscard]] Result<CertificateRecord> certificate_from_text(const std::string& path, std::string_view text);
[[nodiscard]] Result<ThingRecord> thing_from_text(const std::string& path, std::string_view text);

}  // namespace fleet_provision::simulator
