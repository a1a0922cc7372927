// What may be made to go wrong, as `--fault OPERATION:NTH:ACTION[=VALUE]` says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/fault_table.hpp"
#include "service/refusal.hpp"

namespace fleet_provision::simulator {

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
