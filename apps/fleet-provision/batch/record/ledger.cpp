#include "batch/record/ledger.hpp"

#include "core/number.hpp"

namespace fleet_provision::batch {

void Ledger::add(const UnitResult& result) {
  const auto [number, is_new] = names_.add(result.unit);
  if (is_new) entries_.emplace_back();
  entries_[number] = {parse_number<std::uint64_t>(result.digest, 16).value_or(0), result.outcome};
  has_provisioned_ = has_provisioned_ || result.outcome != UnitOutcome::kFailed;
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
