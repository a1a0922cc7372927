#include "service/faults.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::uint64_t kNumberMax = 100'000'000;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > kNumberMax) return std::nullopt;
  return number;
}

// The error the service would most likely name for a status (docs/simulator.md, "Error documents").
std::string error_code_for(std::uint64_t status) {
  switch (status) {
    case 400: return "InvalidRequest";
    case 401: return "Unauthorized";
    case 403: return "AccessDenied";
    case 404: return "ResourceNotFound";
    case 409: return "ConflictingResourceUpdate";
    case 429: return "TooManyRequests";
    case 500: return "InternalFailure";
    case 503: return "ServiceUnavailable";
  }
  return "SimulatedFault";
}

Result<Refusal> parse_refusal(std::string_view text) {
  const std::size_t comma = text.find(',');
  const auto status = parse_number(text.substr(0, comma));
  if (!status || *status < 100 || *status > 599) {
    return fail(ErrorKind::kUsage, "reject needs a status from 100 to 599, not " + printable(text),
                "reject=STATUS[,CODE[,MESSAGE]], e.g. reject=429 or reject=400,InvalidParameters");
  }
  Refusal refusal{static_cast<int>(*status), error_code_for(*status), "Rejected by the simulator as it was told."};
  if (comma == std::string_view::npos) return refusal;
  const std::string_view rest = text.substr(comma + 1);
  const std::size_t second = rest.find(',');
  refusal.error_code = std::string(rest.substr(0, second));
  if (second != std::string_view::npos) refusal.error_message = std::string(rest.substr(second + 1));
  return refusal;
}

Result<void> parse_value(Fault& fault, const FaultDescription& row, std::optional<std::string_view> value) {
  const std::string form = std::string(row.name) + "=" + std::string(row.value_name);
  switch (row.value) {
    case FaultValue::kNone:
      if (value) return fail(ErrorKind::kUsage, std::string(row.name) + " takes no value");
      return {};
    case FaultValue::kNumber:
    case FaultValue::kOptionalNumber: {
      if (!value && row.value == FaultValue::kOptionalNumber) return {};
      const auto number = value ? parse_number(*value) : std::nullopt;
      // Where it may be left out, 0 stands for that.
      const std::uint64_t least = row.value == FaultValue::kOptionalNumber ? 1 : 0;
      if (!number || *number < least) {
        return fail(ErrorKind::kUsage,
                    std::string(row.name) + " needs a number from " + std::to_string(least) + " to " +
                        std::to_string(kNumberMax) + (value ? ", not " + printable(*value) : ""),
                    form);
      }
      fault.number = *number;
      return {};
    }
    case FaultValue::kText:
      if (!value) return fail(ErrorKind::kUsage, std::string(row.name) + " needs a value", form);
      fault.text = std::string(*value);
      return {};
    case FaultValue::kOptionalText:
      fault.text = std::string(value.value_or(""));
      if (row.action == FaultAction::kOtherTopic && fault.text.find_first_of("+#") != std::string::npos) {
        return fail(ErrorKind::kUsage, "nothing can be published on a topic with + or #: " + printable(fault.text));
      }
      return {};
    case FaultValue::kReject: {
      FP_TRY_ASSIGN(fault.refusal, parse_refusal(value.value_or("")));
      return {};
    }
  }
  return {};
}

template <class Row>
Result<const Row*> find_row(const std::vector<Row>& table, std::string_view name, const char* noun) {
  std::vector<std::string_view> names;
  std::string all;
  for (const auto& row : table) {
    if (row.name == name) return &row;
    names.push_back(row.name);
    all += (all.empty() ? "" : ", ") + std::string(row.name);
  }
  const std::string_view near = nearest(name, names);
  return fail(ErrorKind::kUsage, std::string("unknown ") + noun + " " + printable(name),
              near.empty() ? "known: " + all : "did you mean " + std::string(near) + "?");
}

}  // namespace

Result<Fault> parse_fault(std::string_view spec) {
  const std::size_t first = spec.find(':');
  const std::size_t second = first == std::string_view::npos ? first : spec.find(':', first + 1);
  if (second == std::string_view::npos) {
    return fail(ErrorKind::kUsage, "a fault is OPERATION:NTH:ACTION[=VALUE], not " + printable(spec),
                "e.g. create:1:drop or register:*:reject=429");
  }
  const std::string_view nth = spec.substr(first + 1, second - first - 1);
  const std::string_view action = spec.substr(second + 1);
  const std::size_t equals = action.find('=');

  Fault fault;
  FP_TRY_ASSIGN(const auto* operation, find_row(fault_operations(), spec.substr(0, first), "operation"));
  FP_TRY_ASSIGN(const auto* row, find_row(fault_table(), action.substr(0, equals), "fault"));
  if (nth != "*") {
    const auto number = parse_number(nth);
    if (!number || *number == 0) {
      return fail(ErrorKind::kUsage, "which request: " + printable(nth) + " is neither a number from 1 nor *");
    }
    fault.nth = static_cast<unsigned>(*number);
  }
  fault.points = operation->points;
  fault.action = row->action;
  if ((row->points & fault.points) != fault.points) {
    return fail(ErrorKind::kUsage, std::string(row->name) + " cannot happen to " + std::string(operation->name),
                std::string(row->name) + " is for " + operations_of(*row));
  }
  FP_TRY(parse_value(fault, *row,
                     equals == std::string_view::npos ? std::nullopt : std::optional(action.substr(equals + 1))));
  return fault;
}

const Fault* find_fault(const std::vector<Fault>& faults, FaultAction action) {
  const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.action == action; });
  return found == faults.end() ? nullptr : &*found;
}

std::string names_of(const std::vector<Fault>& faults) {
  std::string names;
  for (const auto& fault : faults) names += (names.empty() ? "" : ",") + std::string(describe(fault.action).name);
  return names;
}

std::vector<Fault> FaultPlan::next(FaultPoint point) {
  seen_.resize(faults_.size());
  std::vector<Fault> due;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if ((faults_[i].points & static_cast<std::uint8_t>(point)) == 0) continue;
    ++seen_[i];
    if (!faults_[i].nth || *faults_[i].nth == seen_[i]) due.push_back(faults_[i]);
  }
  return due;
}

}  // namespace fleet_provision::simulator
