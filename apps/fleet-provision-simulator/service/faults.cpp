#include "service/faults.hpp"

#include <algorithm>

#include "core/number.hpp"
#include "core/text.hpp"
#include "service/known_names.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::uint64_t kNumberMax = 100'000'000;

std::optional<std::uint64_t> parse_limited(std::string_view text) {
  const auto number = parse_number<std::uint64_t>(text);
  return number && *number <= kNumberMax ? number : std::nullopt;
}

// The errorCode that the service most likely uses with a status (docs/simulator.md, "Error documents").
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

Result<Rejection> parse_rejection(std::string_view text) {
  const std::size_t comma = text.find(',');
  const auto status = parse_limited(text.substr(0, comma));
  if (!status || *status < 100 || *status > 599) {
    return fail(ErrorKind::kUsage, "reject needs a status from 100 to 599, not " + in_quotes(text),
                "use reject=STATUS[,CODE[,MESSAGE]], e.g. reject=429 or reject=400,InvalidParameters");
  }
  Rejection rejection{static_cast<int>(*status), error_code_for(*status), kFaultMessage};
  if (comma == std::string_view::npos) return rejection;
  const std::string_view rest = text.substr(comma + 1);
  const std::size_t second = rest.find(',');
  rejection.error_code = std::string(rest.substr(0, second));
  if (second != std::string_view::npos) rejection.error_message = std::string(rest.substr(second + 1));
  return rejection;
}

Result<void> parse_number_value(Fault& fault, const FaultDescription& row, std::optional<std::string_view> value) {
  const bool optional = row.value == FaultValue::kOptionalNumber;
  if (!value && optional) return {};
  const auto number = value ? parse_limited(*value) : std::nullopt;
  // 0 stands for an optional value that is left out.
  const std::uint64_t least = optional ? 1 : 0;
  if (!number || *number < least) {
    return fail(ErrorKind::kUsage,
                std::string(row.name) + " needs a number from " + std::to_string(least) + " to " +
                    std::to_string(kNumberMax) + (value ? ", not " + in_quotes(*value) : ""),
                "use " + form_of(row));
  }
  fault.number = *number;
  return {};
}

Result<void> parse_text_value(Fault& fault, const FaultDescription& row, std::optional<std::string_view> value) {
  if (!value && row.value == FaultValue::kText) {
    return fail(ErrorKind::kUsage, std::string(row.name) + " needs a value", "use " + form_of(row));
  }
  fault.text = std::string(value.value_or(""));
  if (row.action == FaultAction::kOtherTopic && fault.text.find_first_of("+#") != std::string::npos) {
    return fail(ErrorKind::kUsage, "other-topic: a topic cannot contain + or #: " + in_quotes(fault.text),
                "use a topic without wildcards");
  }
  return {};
}

Result<void> parse_value(Fault& fault, const FaultDescription& row, std::optional<std::string_view> value) {
  switch (row.value) {
    case FaultValue::kNone:
      if (!value) return {};
      return fail(ErrorKind::kUsage, std::string(row.name) + " takes no value", "use " + std::string(row.name));
    case FaultValue::kNumber:
    case FaultValue::kOptionalNumber: return parse_number_value(fault, row, value);
    case FaultValue::kText:
    case FaultValue::kOptionalText: return parse_text_value(fault, row, value);
    case FaultValue::kReject: {
      FP_TRY_ASSIGN(fault.rejection, parse_rejection(value.value_or("")));
      return {};
    }
  }
  return {};
}

template <class Row>
Result<const Row*> find_row(const std::vector<Row>& table, std::string_view name, const char* noun) {
  std::vector<std::string_view> names;
  for (const auto& row : table) {
    if (row.name == name) return &row;
    names.push_back(row.name);
  }
  return fail(ErrorKind::kUsage, std::string("unknown ") + noun + " " + printable(name), known_names_hint(name, names));
}

}  // namespace

Result<Fault> parse_fault(std::string_view spec) {
  const std::size_t first = spec.find(':');
  const std::size_t second = first == std::string_view::npos ? first : spec.find(':', first + 1);
  if (second == std::string_view::npos) {
    return fail(ErrorKind::kUsage, "--fault takes OPERATION:NTH:ACTION[=VALUE], not " + in_quotes(spec),
                "use e.g. create:1:drop or register:*:reject=429");
  }
  const std::string_view nth = spec.substr(first + 1, second - first - 1);
  const std::string_view action = spec.substr(second + 1);
  const std::size_t equals = action.find('=');

  Fault fault;
  FP_TRY_ASSIGN(const auto* operation, find_row(fault_operations(), spec.substr(0, first), "operation"));
  FP_TRY_ASSIGN(const auto* row, find_row(fault_table(), action.substr(0, equals), "fault"));
  if (nth != "*") {
    const auto number = parse_limited(nth);
    if (!number || *number == 0) {
      return fail(ErrorKind::kUsage, "NTH must be a number from 1 or *, not " + in_quotes(nth),
                  "use 1 for the first request, or * for every request");
    }
    fault.nth = static_cast<unsigned>(*number);
  }
  fault.points = operation->points;
  fault.action = row->action;
  if ((row->points & fault.points) != fault.points) {
    return fail(ErrorKind::kUsage,
                "fault " + std::string(row->name) + " does not apply to " + std::string(operation->name),
                "use one of: " + operations_of(*row));
  }
  FP_TRY(parse_value(fault, *row,
                     equals == std::string_view::npos ? std::nullopt : std::optional(action.substr(equals + 1))));
  return fault;
}

const Fault* find_fault(const std::vector<Fault>& faults, FaultAction action) {
  const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.action == action; });
  return found == faults.end() ? nullptr : &*found;
}

bool has_fault(const std::vector<Fault>& faults, FaultAction action) {
  return find_fault(faults, action) != nullptr;
}

std::string names_of(const std::vector<Fault>& faults) {
  std::string names;
  for (const auto& fault : faults) names += (names.empty() ? "" : ",") + std::string(describe(fault.action).name);
  return names;
}

std::vector<Fault> FaultPlan::next(FaultPoint point) {
  counts_.resize(faults_.size());
  std::vector<Fault> due;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if ((faults_[i].points & static_cast<std::uint8_t>(point)) == 0) continue;
    ++counts_[i];
    if (!faults_[i].nth || *faults_[i].nth == counts_[i]) due.push_back(faults_[i]);
  }
  return due;
}

}  // namespace fleet_provision::simulator
