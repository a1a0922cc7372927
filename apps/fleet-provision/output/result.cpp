#include "output/result.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "output/result_parts.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kProvisioned: return "provisioned";
    case OutcomeKind::kAlreadyProvisioned: return "already-provisioned";
    case OutcomeKind::kVerified: return "verified";
    case OutcomeKind::kRotated: return "rotated";
    case OutcomeKind::kChecked: return "checked";
    case OutcomeKind::kFailed: return "failed";
  }
  return "";
}

std::string_view word(CheckResult result) {
  switch (result) {
    case CheckResult::kOk: return "ok";
    case CheckResult::kWarning: return "warning";
    case CheckResult::kFailed: return "failed";
    case CheckResult::kSkipped: return "skipped";
  }
  return "";
}

double one_decimal(double value) {
  return std::round(value * 10) / 10;
}

Json identity_part(const Plan* plan, const Outcome& outcome) {
  Json json = Json::object();
  const Identity* identity = outcome.identity ? &*outcome.identity : nullptr;
  json["thingName"] = identity != nullptr ? or_null(identity->thing_name) : Json(nullptr);
  json["certificateId"] = identity != nullptr ? Json(identity->certificate_id) : Json(nullptr);
  json["templateName"] = plan != nullptr ? Json(plan->template_name) : Json(nullptr);
  json["endpoint"] = plan != nullptr ? Json(plan->endpoint.host) : Json(nullptr);
  json["port"] = plan != nullptr ? Json(plan->endpoint.port) : Json(nullptr);
  json["method"] = plan != nullptr ? Json(word(plan->method)) : Json(nullptr);
  json["payloadFormat"] = plan != nullptr ? Json(word(plan->payload_format)) : Json(nullptr);
  json["mqttVersion"] = outcome.connection ? Json(word(outcome.connection->mqtt_version)) : Json(nullptr);
  json["tlsVersion"] = outcome.connection ? Json(outcome.connection->tls_version) : Json(nullptr);
  json["deviceConfiguration"] = identity != nullptr ? Json(identity->device_configuration) : Json(nullptr);
  const bool known = plan != nullptr && identity != nullptr;
  json["files"] = files_object(known ? files_of(plan->state_dir, *identity) : IdentityFiles{});
  return json;
}

Json timeline_part(const std::vector<PhaseSpan>& timeline) {
  Json json = Json::array();
  for (const PhaseSpan& each : timeline) {
    json.push_back({{"phase", word(each.phase)},
                    {"attempt", each.attempt},
                    {"startMs", one_decimal(each.start_ms)},
                    {"durationMs", one_decimal(each.duration_ms)}});
  }
  return json;
}

}  // namespace

IdentityFiles files_of(const std::string& state_dir, const Identity& identity) {
  const std::string directory = (state_dir == "/" ? "" : state_dir) + "/" + kIdentityDirectory;
  IdentityFiles files;
  files.certificate = path_in(directory, kCertificateFile);
  if (has_key_file(identity)) files.private_key = path_in(directory, kPrivateKeyFile);
  if (is_in_hardware(identity.key)) files.private_key = text_of(identity.key);
  if (identity.thing_name) files.thing_name = path_in(directory, kThingNameFile);
  files.identity = path_in(directory, kIdentityFile);
  return files;
}

std::string identity_lines(const std::string& state_dir, const Identity& identity) {
  std::string lines;
  const auto line = [&lines](std::string_view name, const std::optional<std::string>& value) {
    if (value) lines += std::string(name) + ": " + printable(*value, 4096) + "\n";
  };
  const IdentityFiles files = files_of(state_dir, identity);
  line("thingName", identity.thing_name);
  line("certificateId", identity.certificate_id);
  line("certificate", files.certificate);
  line("privateKey", files.private_key);
  line("thingNameFile", files.thing_name);
  line("identity", files.identity);
  return lines;
}

std::string check_lines(const std::vector<Check>& checks) {
  std::string lines;
  for (const Check& each : checks) {
    std::string result(word(each.result));
    result.resize(8, ' ');
    char took[32];
    std::snprintf(took, sizeof took, " (%.1f ms)", each.duration_ms);
    const bool timed = each.result != CheckResult::kSkipped;
    lines += result + each.name + ": " + printable(each.message, 4096) + (timed ? took : "") + "\n";
    if (!each.hint.empty()) lines += "        hint: " + printable(each.hint, 4096) + "\n";
  }
  return lines;
}

std::string result_lines(const Plan& plan, const Outcome& outcome) {
  return outcome.identity ? identity_lines(plan.state_dir, *outcome.identity) : std::string();
}

Json error_object(const std::optional<Error>& error) {
  if (!error) return nullptr;
  Json json = Json::object();
  json["phase"] = error->phase ? Json(word(*error->phase)) : Json(nullptr);
  json["kind"] = word(error->kind);
  json["message"] = error->message;
  json["hint"] = error->hint.empty() ? Json(nullptr) : Json(error->hint);
  json["retryable"] = retryable(error->kind);
  json["exitCode"] = static_cast<int>(exit_code(error->kind));
  json["statusCode"] = error->service ? Json(error->service->status_code) : Json(nullptr);
  json["errorCode"] = error->service ? Json(error->service->error_code) : Json(nullptr);
  json["errorMessage"] = error->service ? Json(error->service->error_message) : Json(nullptr);
  return json;
}

Json files_object(const IdentityFiles& files) {
  return {{"certificate", or_null(files.certificate)},
          {"privateKey", or_null(files.private_key)},
          {"thingName", or_null(files.thing_name)},
          {"identity", or_null(files.identity)}};
}

std::string in_ascii(const Json& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string result_json(const Plan* plan, const Outcome& outcome, const RunRecord& record) {
  return in_ascii(result_object(plan, outcome, record));
}

Json result_object(const Plan* plan, const Outcome& outcome, const RunRecord& record) {
  Json json = Json::object();
  json["schema"] = 1;
  json["outcome"] = word(outcome.kind);
  json.update(identity_part(plan, outcome));
  json["attempts"] = outcome.attempts;
  json["certificatesRequested"] = outcome.certificates_requested;
  json["resumed"] = outcome.resumed;
  json["warnings"] = record.warnings;
  json["timeline"] = timeline_part(record.timeline);
  json["error"] = error_object(outcome.error);
  for (const Check& each : outcome.checks) {
    json["checks"].push_back({{"name", each.name},
                              {"result", word(each.result)},
                              {"message", each.message},
                              {"hint", each.hint.empty() ? Json(nullptr) : Json(each.hint)},
                              {"durationMs", one_decimal(each.duration_ms)}});
  }
  return json;
}

}  // namespace fleet_provision
