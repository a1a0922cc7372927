#include "batch/record/ledger.hpp"

#include <algorithm>
#include <charconv>

namespace fleet_provision::batch {

void Ledger::add(const UnitResult& result, std::uint64_t offset, std::uint32_t length, std::uint16_t file) {
  const auto [number, is_new] = names_.add(result.unit);
  if (is_new) entries_.emplace_back();
  Entry& entry = entries_[number];
  entry.offset = offset;
  entry.length = length;
  entry.file = file;
  entry.duration_ms = static_cast<std::uint32_t>(result.duration.count());
  entry.finished_at = std::chrono::duration_cast<std::chrono::seconds>(result.finished_at.time_since_epoch()).count();
  entry.digest = 0;
  std::from_chars(result.digest.data(), result.digest.data() + result.digest.size(), entry.digest, 16);
  auto kind = std::find(kinds_.begin(), kinds_.end(), result.kind);
  if (kind == kinds_.end()) kind = kinds_.insert(kinds_.end(), result.kind);
  entry.kind = static_cast<std::uint16_t>(kind - kinds_.begin());
  entry.outcome = result.outcome;
  entry.retryable = result.retryable;
  if (result.outcome == UnitOutcome::kFailed || !result.thing_name) return;
  if (things_.add(*result.thing_name).second) thing_units_.push_back(number);
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
