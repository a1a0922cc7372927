#include "batch/record/ledger.hpp"

#include <algorithm>
#include <limits>

#include "core/number.hpp"

namespace fleet_provision::batch {
namespace {

/// More kinds than the program has, so that a file cannot make each search long.
constexpr std::size_t kKindsMax = 1000;

}  // namespace

void Ledger::add(const UnitResult& result, std::uint64_t offset, std::uint32_t length, std::uint16_t file) {
  const auto [number, is_new] = names_.add(result.unit);
  if (is_new) entries_.emplace_back();
  Entry& entry = entries_[number];
  constexpr Milliseconds::rep kLongest = std::numeric_limits<std::uint32_t>::max();
  entry.offset = offset;
  entry.length = length;
  entry.file = file;
  entry.duration_ms = static_cast<std::uint32_t>(std::clamp<Milliseconds::rep>(result.duration.count(), 0, kLongest));
  entry.finished_at = std::chrono::floor<std::chrono::seconds>(result.finished_at.time_since_epoch()).count();
  entry.digest = parse_number<std::uint64_t>(result.digest, 16).value_or(0);
  entry.kind = number_of_kind(result.kind);
  entry.outcome = result.outcome;
  entry.retryable = result.retryable;
  if (result.outcome == UnitOutcome::kFailed || !result.thing_name) return;
  if (things_.add(*result.thing_name).second) thing_units_.push_back(number);
}

std::uint16_t Ledger::number_of_kind(const std::string& kind) {
  const auto found = std::find(kinds_.begin(), kinds_.end(), kind);
  const auto number = static_cast<std::size_t>(found - kinds_.begin());
  if (number < kinds_.size()) return static_cast<std::uint16_t>(number);
  // A file may name any number of kinds; the program has fewer.
  kinds_.push_back(kinds_.size() < kKindsMax ? kind : "other");
  if (kinds_.size() > kKindsMax + 1) kinds_.pop_back();
  return static_cast<std::uint16_t>(kinds_.size() - 1);
}

const Ledger::Entry* Ledger::find(std::string_view unit) const {
  const auto number = names_.find(unit);
  return number ? &entries_[*number] : nullptr;
}

std::optional<std::string_view> Ledger::unit_with_thing(std::string_view thing_name) const {
  const auto thing = things_.find(thing_name);
  return thing ? std::optional(names_.name(thing_units_[*thing])) : std::nullopt;
}

}  // namespace fleet_provision::batch
