// Faults to inject, as `--fault OPERATION:NTH:ACTION[=VALUE]` states them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/fault_table.hpp"
#include "service/rejection.hpp"

namespace fleet_provision::simulator {

struct Fault {
  /// The FaultPoints whose requests it counts.
  std::uint8_t points = 0;
  /// The number of the request it applies to, from 1; absent: every request.
  std::optional<unsigned> nth;
  FaultAction action = FaultAction::kDrop;
  /// The value of kText and kOptionalText; empty when it was left out.
  std::string text;
  /// The value of kNumber and kOptionalNumber; 0 when it was left out.
  std::uint64_t number = 0;
  /// The value of kReject.
  Rejection rejection;
};

/// The errorMessage of a rejection that a fault causes.
inline constexpr const char* kFaultMessage = "Rejected by a fault of the simulator.";

/// kUsage, naming the part that is wrong; the hint names the nearest known word.
[[nodiscard]] Result<Fault> parse_fault(std::string_view spec);

/// The first fault with that action; nullptr when there is none.
[[nodiscard]] const Fault* find_fault(const std::vector<Fault>& faults, FaultAction action);
[[nodiscard]] bool has_fault(const std::vector<Fault>& faults, FaultAction action);
/// The names of their actions, joined by commas.
[[nodiscard]] std::string names_of(const std::vector<Fault>& faults);

/// Counts requests and determines which faults apply to each. Every fault has its own count.
class FaultPlan {
 public:
  FaultPlan() = default;
  explicit FaultPlan(std::vector<Fault> faults) : faults_(std::move(faults)) {}

  /// Counts one request at this point and gives the faults that apply to it, in the order of the command line.
  [[nodiscard]] std::vector<Fault> next(FaultPoint point);

 private:
  std::vector<Fault> faults_;
  std::vector<unsigned> counts_;
};

}  // namespace fleet_provision::simulator
