// What became of one unit, and its line in results.jsonl.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/wall_time.hpp"

namespace fleet_provision::batch {

enum class UnitOutcome : unsigned char { kProvisioned, kAlreadyProvisioned, kFailed };

/// `provisioned`, `already-provisioned`, `failed`.
[[nodiscard]] std::string_view word(UnitOutcome outcome);

/// The longest text of a line, in bytes of UTF-8; a longer one is cut and ends in `…`.
inline constexpr std::size_t kResultTextMax = 8 * 1024;
/// The longest result of a run, as one line of ASCII. A longer one is left out: {"omitted": "…"}.
inline constexpr std::size_t kRunResultMax = 256 * 1024;
/// No line is longer: eight texts, each byte of which may take six, and the result of the run.
inline constexpr std::size_t kResultLineMax = 1024 * 1024;

/// Texts come from a child process or a file: they may hold anything.
struct UnitResult {
  std::string unit;
  /// The line of its row in the manifest.
  std::size_t line = 0;
  WallTime started_at;
  WallTime finished_at;
  Milliseconds duration{0};
  /// Unit::digest.
  std::string digest;
  UnitOutcome outcome = UnitOutcome::kFailed;
  /// The word of the error's kind, its message and hint; empty without an error.
  std::string kind;
  std::string message;
  std::string hint;
  /// Whether a rerun may succeed.
  bool retryable = false;
  /// The exit code of the child, or that of the kind where the batch failed the unit itself.
  int exit_code = 0;
  /// The unit that was given the same thing name before; empty if there is none.
  std::string duplicate_of;
  std::optional<std::string> thing_name;
  std::optional<std::string> certificate_id;
  /// Connections of the run.
  unsigned attempts = 0;
  /// Requests of the run that the service throttled.
  unsigned throttled = 0;
  /// The JSON result of the run (an object), or `null` if it gave none.
  std::string run_result = "null";
};

/// The line of results.jsonl with its line feed; ASCII only, at most kResultLineMax bytes, whatever the texts hold:
/// what is not UTF-8 becomes U+FFFD. docs/factory.md lists its keys.
[[nodiscard]] std::string result_line(const UnitResult& result);
/// The inverse, of a line without its line feed. Unknown keys are ignored; every known one must be there with its type.
/// Fails with kResultsDamaged and a message that begins with what is wrong: `its "unit" is missing or not a string`.
[[nodiscard]] Result<UnitResult> parse_result_line(std::string_view line);

}  // namespace fleet_provision::batch
