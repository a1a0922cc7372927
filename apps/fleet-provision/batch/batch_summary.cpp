#include "batch/batch_summary.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "output/result_parts.hpp"

namespace fleet_provision::batch {
namespace {

using Json = nlohmann::ordered_json;

std::string of_units(std::uint64_t count, const Totals& totals) {
  return std::to_string(count) + " of " + std::to_string(totals.units) + (totals.units == 1 ? " unit" : " units");
}

std::string_view outcome_of(const BatchSummary& summary) {
  if (summary.error) return "failed";
  return summary.totals ? "provisioned" : "reported";
}

}  // namespace

std::uint64_t remaining_for_rerun(const Totals& totals) {
  return totals.remaining() + totals.failed_retryable;
}

std::optional<Error> error_of(const BatchEnd& end, const std::string& output_dir) {
  if (end.stopped) return end.stopped;
  Error error;
  if (const std::uint64_t remaining = remaining_for_rerun(end.totals); remaining > 0) {
    error.kind = ErrorKind::kUnitsRemain;
    error.message = of_units(remaining, end.totals) + (remaining == 1 ? " is" : " are") + " not provisioned yet";
    if (end.totals.failed_for_good > 0) {
      error.message += ", and " + std::to_string(end.totals.failed_for_good) + " failed for good";
    }
    error.hint = "rerun the same command";
    return error;
  }
  if (end.totals.failed_for_good == 0) return std::nullopt;
  error.kind = ErrorKind::kUnitsFailed;
  error.message = of_units(end.totals.failed_for_good, end.totals) + " failed for good";
  error.hint = "correct what " + output_dir + "/report.html names, then rerun the same command";
  return error;
}

std::string summary_lines(const BatchSummary& summary) {
  std::string lines;
  const auto line = [&lines](std::string_view name, const std::string& value) {
    lines += std::string(name) + ": " + printable(value, 4096) + "\n";
  };
  if (summary.totals) {
    const Totals& totals = *summary.totals;
    line("units", std::to_string(totals.units));
    line("provisioned", std::to_string(totals.provisioned));
    line("alreadyProvisioned", std::to_string(totals.already_provisioned));
    line("failedForGood", std::to_string(totals.failed_for_good));
    line("remaining", std::to_string(remaining_for_rerun(totals)));
    line("throttled", std::to_string(totals.throttled));
    line("durationMs", std::to_string(summary.duration.count()));
  }
  if (!summary.report.empty()) line("report", summary.report);
  return lines;
}

std::string summary_json(const BatchSummary& summary) {
  const auto number = [&summary](auto of) { return summary.totals ? Json(of(*summary.totals)) : Json(nullptr); };
  const auto text = [](const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); };
  Json json = Json::object();
  json["schema"] = 1;
  json["outcome"] = outcome_of(summary);
  json["units"] = number([](const Totals& totals) { return totals.units; });
  json["provisioned"] = number([](const Totals& totals) { return totals.provisioned; });
  json["alreadyProvisioned"] = number([](const Totals& totals) { return totals.already_provisioned; });
  json["failed"] = number([](const Totals& totals) { return Json(totals.failed); });
  json["failedForGood"] = number([](const Totals& totals) { return totals.failed_for_good; });
  json["remaining"] = number(remaining_for_rerun);
  json["throttled"] = number([](const Totals& totals) { return totals.throttled; });
  json["durationMs"] = summary.duration.count();
  json["outputDir"] = text(summary.output_dir);
  json["report"] = text(summary.report);
  json["warnings"] = summary.warnings;
  json["error"] = error_object(summary.error);
  json["errors"] = Json::array();
  for (const Error& each : summary.errors) json["errors"].push_back(error_object(each));
  return in_ascii(json);
}

}  // namespace fleet_provision::batch
