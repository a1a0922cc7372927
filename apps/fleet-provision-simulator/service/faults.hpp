// What may be made to go wrong, as `--fault OPERATION:NTH:ACTION[=VALUE]` says.
//
// One table (fault_table) describes every action: its word, its value, where it can be used and what it means. The
// parser, `--help` and docs/simulator.md come from it or are checked against it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/refusal.hpp"

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
/// `connect, subscribe, create, register`: the operations of a row of the table, in words.
[[nodiscard]] std::string operations_of(const FaultDescription& row);

struct Fault {
  std::uint8_t points = 0;
  /// The how-manieth request, from 1; absent: every one.
  std::optional<unsigned> nth;
  FaultAction action = FaultAction::kDrop;
  std::string text;
  std::uint64_t number = 0;
  /// For kReject.
  Refusal refusal;
};

/// kUsage, naming the part that is wrong and the nearest known word.
[[nodiscard]] Result<Fault> parse_fault(std::string_view spec);

/// The first with that action, or null.
[[nodiscard]] const Fault* find_fault(const std::vector<Fault>& faults, FaultAction action);
/// Their words, with commas.
[[nodiscard]] std::string names_of(const std::vector<Fault>& faults);

/// Counts requests and says which rules are due. Rules of one word count together, whatever they match.
class FaultPlan {
 public:
  FaultPlan() = default;
  explicit FaultPlan(std::vector<Fault> faults) : faults_(std::move(faults)) {}

  /// Counts one request at this point and gives the faults that befall it, in the order of the command line.
  [[nodiscard]] std::vector<Fault> next(FaultPoint point);

 private:
  std::vector<Fault> faults_;
  std::vector<unsigned> seen_;
};

}  // namespace fleet_provision::simulator
