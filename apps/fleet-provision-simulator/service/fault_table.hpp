// Every fault, in one table: its word, its value, where it can be used and what it means. `--help`, the manual, the
// completions and docs/simulator.md come from it or are checked against it.
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
  // What is wrong with an accepted answer.
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

/// What a rule counts. `create` is either kind of create request.
enum class FaultPoint : std::uint8_t {
  kConnect = 1,
  kSubscribe = 2,
  kCreateFromCsr = 4,
  kCreateKeys = 8,
  kRegister = 16,
};

/// A word of the command line and the points it stands for.
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
  /// What the value is, as help shows it after `=`; empty when there is none.
  std::string_view value_name;
  std::uint8_t points;
  std::string_view meaning;
};
[[nodiscard]] const std::vector<FaultDescription>& fault_table();
[[nodiscard]] const FaultDescription& describe(FaultAction action);
/// `duplicate[=TIMES]`: the word of a row with its value.
[[nodiscard]] std::string form_of(const FaultDescription& row);
/// `connect, subscribe, create, register`: the operations of a row of the table, in words.
[[nodiscard]] std::string operations_of(const FaultDescription& row);

}  // namespace fleet_provision::simulator
