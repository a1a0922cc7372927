// The faults (`--fault`) in one table: name, value, operations and meaning. The parser, `--help`, the manual page and
// the completions use it; a test compares docs/simulator.md with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::simulator {

enum class FaultAction : unsigned char {
  // What happens to the request.
  kDrop,
  kIgnore,
  kDelay,
  kDuplicate,
  kDisconnectBefore,
  kDisconnectUnanswered,
  kDisconnectAfter,
  kDeny,
  kReject,
  // What is wrong with the response.
  kWrongKey,
  kExpired,
  kNotYetValid,
  kNotPem,
  kWrongId,
  kThingName,
  kMissingField,
  kWrongTypes,
  kTruncated,
  kTrailingBytes,
  kEmpty,
  kOversize,
  kDeepNesting,
  kDuplicateKeys,
  kBadUtf8,
  kIndefinite,
  kWrongEncoding,
  kStale,
  kBoth,
  kOtherTopic,
};

/// Where a fault can be injected: bits, because `create` stands for both kinds of create requests.
enum class FaultPoint : std::uint8_t {
  kConnect = 1,
  kSubscribe = 2,
  kCreateFromCsr = 4,
  kCreateKeys = 8,
  kRegister = 16,
};

/// An OPERATION of the command line and the FaultPoints that it stands for.
struct FaultOperation {
  std::string_view name;
  std::uint8_t points;
};
[[nodiscard]] const std::vector<FaultOperation>& fault_operations();

enum class FaultValue : unsigned char { kNone, kNumber, kOptionalNumber, kOptionalText, kText, kReject };

struct FaultDescription {
  FaultAction action;
  std::string_view name;
  FaultValue value;
  /// The name of the value in the help; empty when the fault takes none.
  std::string_view value_name;
  std::uint8_t points;
  std::string_view meaning;
};
[[nodiscard]] const std::vector<FaultDescription>& fault_table();
[[nodiscard]] const FaultDescription& describe(FaultAction action);
/// The name of a row with its value, e.g. `duplicate[=TIMES]`.
[[nodiscard]] std::string form_of(const FaultDescription& row);
/// The operations of a row, e.g. `create, register`.
[[nodiscard]] std::string operations_of(const FaultDescription& row);

}  // namespace fleet_provision::simulator
