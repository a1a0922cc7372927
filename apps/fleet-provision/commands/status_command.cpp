#include "commands/status_command.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "output/result_parts.hpp"
#include "workflow/run/identity_variables.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(const Identity& identity) {
  return identity.thing_name ? "thing " + *identity.thing_name : "certificate " + identity.certificate_id;
}

bool key_is_checked(const State& state) {
  return state.key_checked && has_key_file(*state.identity);
}

std::string describe_key(const State& state) {
  const Identity& identity = *state.identity;
  if (has_key_file(identity)) {
    const bool wrapped = std::holds_alternative<TpmWrappedPem>(identity.key);
    return std::string(wrapped ? "wrapped by the TPM, " : "") +
           (state.key_checked ? "matches the certificate" : "key not checked: permission denied");
  }
  if (!is_in_hardware(identity.key)) return "kept elsewhere";
  return std::string("not checked: kept in ") +
         (std::holds_alternative<TpmHandle>(identity.key) ? "the TPM" : "a token");
}

Json certificate_part(const State& state) {
  if (!state.identity || !state.certificate) return nullptr;
  const CertificateFacts& facts = *state.certificate;
  return {{"subject", facts.subject},
          {"issuer", facts.issuer},
          {"notBefore", rfc3339(facts.not_before)},
          {"notAfter", rfc3339(facts.not_after)},
          {"fingerprint", facts.fingerprint},
          {"keyType", state.identity->key_type},
          {"key", std::holds_alternative<ExternalKey>(state.identity->key) ? Json(nullptr)
                                                                           : Json(text_of(state.identity->key))},
          {"keyStore", or_null(key_store_word(state.identity->key))},
          // A key outside the identity, or one that this user may not read, is not checked.
          {"keyFits", key_is_checked(state) ? Json(true) : Json(nullptr)},
          {"keyChecked", key_is_checked(state)}};
}

Json pending_part(const std::optional<PendingState>& pending) {
  if (!pending) return nullptr;
  if (!pending->permitted) {
    return {{"milestone", nullptr}, {"waitsFor", nullptr}, {"certificateId", nullptr}, {"thingName", nullptr}};
  }
  return {{"milestone", word(pending->reached)},
          {"waitsFor", pending->waits_for},
          {"certificateId", or_null(pending->certificate_id)},
          {"thingName", or_null(pending->thing_name)}};
}

Json previous_part(const std::optional<Identity>& previous) {
  if (!previous) return nullptr;
  return {{"thingName", or_null(previous->thing_name)},
          {"certificateId", previous->certificate_id},
          {"notAfter", previous->not_after},
          {"provisionedAt", previous->provisioned_at}};
}

/// Double-quoted for sh and systemd (systemd.exec(5), EnvironmentFile=), which both unescape these four characters
/// only.
std::string in_double_quotes(std::string_view value) {
  std::string text = "\"";
  for (const char each : value) {
    if (std::string_view("\"\\$`").find(each) != std::string_view::npos) text += '\\';
    text += each;
  }
  return text + "\"";
}

bool fits_in_a_line(std::string_view value) {
  return is_utf8(value) && std::none_of(value.begin(), value.end(), [](char each) {
           return (static_cast<unsigned char>(each) < 0x20 && each != '\t') || each == 0x7F;
         });
}

}  // namespace

std::string_view word(StateKind kind) {
  switch (kind) {
    case StateKind::kProvisioned: return "provisioned";
    case StateKind::kPending: return "pending";
    case StateKind::kEmpty: return "empty";
    case StateKind::kDamaged: return "damaged";
  }
  return "";
}

int exit_code(StateKind kind) {
  switch (kind) {
    case StateKind::kProvisioned: return static_cast<int>(ExitCode::kOk);
    case StateKind::kPending: return static_cast<int>(ExitCode::kTemporaryFailure);
    case StateKind::kEmpty: return static_cast<int>(ExitCode::kNoInput);
    case StateKind::kDamaged: return static_cast<int>(ExitCode::kDataError);
  }
  return static_cast<int>(ExitCode::kSoftware);
}

std::string status_lines(const std::string& state_dir, const State& state) {
  std::string lines;
  const auto line = [&lines](std::string_view name, const std::optional<std::string>& value) {
    if (value) lines += std::string(name) + ": " + printable(*value, 4096) + "\n";
  };
  line("state", std::string(word(state.kind)));
  if (state.identity) {
    const Identity& identity = *state.identity;
    lines += identity_lines(state_dir, identity);
    if (state.certificate) line("notBefore", rfc3339(state.certificate->not_before));
    line("notAfter", identity.not_after);
    const std::string key = describe_key(state);
    // The type of a key that is known by its CSR only is not recorded.
    line("key", identity.key_type.empty() ? key : identity.key_type + ", " + key);
    line("keyStore", key_store_word(identity.key));
    line("template", identity.template_name);
    line("endpoint", identity.endpoint + " port " + std::to_string(identity.port));
    line("provisionedAt", identity.provisioned_at);
    line("verifiedAt", identity.verified_at.value_or("never"));
  }
  if (state.pending) {
    const PendingState& pending = *state.pending;
    line("pending", pending.permitted ? std::string(word(pending.reached)) + ", next: " + pending.waits_for
                                      : std::string("not read: permission denied"));
    line("pendingThingName", pending.thing_name);
    line("pendingCertificateId", pending.certificate_id);
  }
  if (state.previous) line("previous", name_of(*state.previous) + ", provisioned at " + state.previous->provisioned_at);
  return lines;
}

std::string status_json(const std::string& state_dir, const State& state, const RunRecord& record) {
  Outcome outcome;
  outcome.identity = state.identity;
  outcome.error = state.damage;
  Json json = result_object(nullptr, outcome, record);
  json["outcome"] = word(state.kind);
  if (state.identity) {
    // There is no request; the identity provides these values.
    json["templateName"] = state.identity->template_name;
    json["endpoint"] = state.identity->endpoint;
    json["port"] = state.identity->port;
    json["method"] = word(state.identity->method);
    json["files"] = files_object(files_of(state_dir, *state.identity));
  }
  json["status"] = {{"certificate", certificate_part(state)},
                    {"pending", pending_part(state.pending)},
                    {"previous", previous_part(state.previous)}};
  return in_ascii(json);
}

Result<std::string> status_variables(const std::string& state_dir, const Identity& identity) {
  std::string lines;
  for (const auto& [name, value] : identity_variables(identity, state_dir)) {
    if (!fits_in_a_line(value)) {
      return fail(ErrorKind::kUsage,
                  "--env cannot print " + name + ": \"" + printable(value, 300) +
                      "\" holds a control character or is not UTF-8",
                  "move the state directory to another path, or use --json");
    }
    lines += name + "=" + in_double_quotes(value) + "\n";
  }
  return lines;
}

}  // namespace fleet_provision
