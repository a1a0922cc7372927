#include "service/configuration_file.hpp"

#include "service/decode.hpp"
#include "service/encode.hpp"
#include "service/field_reader.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kPlace = "the broker's configuration";

const char* word(HookSetting::Kind kind) {
  switch (kind) {
    case HookSetting::Kind::kAllow: return "allow";
    case HookSetting::Kind::kDeny: return "deny";
    case HookSetting::Kind::kProgram: return "program";
  }
  return "";
}

HookSetting::Kind hook_kind(const std::string& text) {
  for (const auto kind : {HookSetting::Kind::kAllow, HookSetting::Kind::kProgram}) {
    if (text == word(kind)) return kind;
  }
  return HookSetting::Kind::kDeny;
}

Result<void> read_templates(const FieldReader& fields, Configuration& configuration) {
  FP_TRY_ASSIGN(const auto templates, fields.list("templates"));
  for (const auto& each : templates) {
    const FieldReader reader(each, kPlace);
    NamedTemplate named;
    FP_TRY_ASSIGN(named.name, reader.text("name"));
    FP_TRY_ASSIGN(named.body, reader.text("body"));
    FP_TRY_ASSIGN(named.enabled, reader.boolean("enabled"));
    configuration.templates.push_back(std::move(named));
  }
  return {};
}

Result<void> read_policies(const FieldReader& fields, Configuration& configuration) {
  FP_TRY_ASSIGN(const auto policies, fields.list("policies"));
  for (const auto& each : policies) {
    const FieldReader reader(each, kPlace);
    NamedPolicy named;
    FP_TRY_ASSIGN(named.name, reader.text("name"));
    FP_TRY_ASSIGN(named.document, reader.text("document"));
    configuration.policies.push_back(std::move(named));
  }
  return {};
}

// What the service does.
Result<void> read_rules(const FieldReader& fields, Configuration& configuration) {
  FP_TRY(read_templates(fields, configuration));
  FP_TRY(read_policies(fields, configuration));
  FP_TRY_ASSIGN(configuration.claim_policy, fields.text("claimPolicy"));
  FP_TRY_ASSIGN(configuration.claim_certificate_id, fields.text("claimCertificateId"));
  if (fields.has("claimExpires")) {
    FP_TRY_ASSIGN(configuration.claim_expires, fields.time("claimExpires"));
  }
  FP_TRY_ASSIGN(const std::int64_t lifetime, fields.integer("tokenLifetime"));
  configuration.token_lifetime = std::chrono::seconds(lifetime);
  if (fields.has("rate")) {
    FP_TRY_ASSIGN(const std::int64_t rate, fields.integer("rate"));
    configuration.rate = static_cast<unsigned>(rate);
  }
  FP_TRY_ASSIGN(const std::string hook, fields.text("hook"));
  configuration.hook.kind = hook_kind(hook);
  FP_TRY_ASSIGN(configuration.hook.program, fields.text("hookProgram"));
  FP_TRY_ASSIGN(configuration.faults, fields.texts("faults"));
  FP_TRY_ASSIGN(const auto behaviours, fields.text_map("behaviours"));
  for (const auto& [name, value] : behaviours) FP_TRY(set_behaviour(configuration.behaviours, name + "=" + value));
  return {};
}

// Where it runs.
Result<void> read_environment(const FieldReader& fields, Configuration& configuration) {
  FP_TRY_ASSIGN(configuration.state_dir, fields.text("stateDir"));
  FP_TRY_ASSIGN(configuration.log_file, fields.text("logFile"));
  FP_TRY_ASSIGN(configuration.report_events_file, fields.text("reportEventsFile"));
  FP_TRY_ASSIGN(configuration.device_issuer_certificate, fields.text("deviceIssuerCertificate"));
  FP_TRY_ASSIGN(configuration.device_issuer_key, fields.text("deviceIssuerKey"));
  FP_TRY_ASSIGN(const std::int64_t descriptor, fields.integer("readyDescriptor"));
  configuration.ready_descriptor = static_cast<int>(descriptor);
  FP_TRY_ASSIGN(const std::int64_t warnings, fields.integer("warningDescriptor"));
  configuration.warning_descriptor = static_cast<int>(warnings);
  FP_TRY_ASSIGN(const std::int64_t parent, fields.integer("parent"));
  configuration.parent = static_cast<int>(parent);
  if (fields.has("opensslConfiguration")) {
    FP_TRY_ASSIGN(configuration.openssl_configuration, fields.text("opensslConfiguration"));
  }
  return {};
}

Value templates_value(const Configuration& configuration) {
  std::vector<Value> templates;
  for (const auto& each : configuration.templates) {
    templates.push_back(Value{
        Members{{"name", text_value(each.name)}, {"body", text_value(each.body)}, {"enabled", Value{each.enabled}}}});
  }
  return Value{std::move(templates)};
}

Value policies_value(const Configuration& configuration) {
  std::vector<Value> policies;
  for (const auto& each : configuration.policies) {
    policies.push_back(Value{Members{{"name", text_value(each.name)}, {"document", text_value(each.document)}}});
  }
  return Value{std::move(policies)};
}

Value behaviours_value(const Configuration& configuration) {
  Members behaviours;
  for (const auto& row : behaviour_table()) {
    const std::string_view value = row.values[configuration.behaviours.*row.member ? 1 : 0];
    behaviours.emplace_back(row.name, text_value(std::string(value)));
  }
  return Value{std::move(behaviours)};
}

}  // namespace

std::string to_json(const Configuration& configuration) {
  Members document{{"templates", templates_value(configuration)},
                   {"policies", policies_value(configuration)},
                   {"claimPolicy", text_value(configuration.claim_policy)},
                   {"claimCertificateId", text_value(configuration.claim_certificate_id)},
                   {"tokenLifetime", Value{std::int64_t{configuration.token_lifetime.count()}}},
                   {"hook", text_value(word(configuration.hook.kind))},
                   {"hookProgram", text_value(configuration.hook.program)},
                   {"faults", list_value(configuration.faults)},
                   {"behaviours", behaviours_value(configuration)},
                   {"stateDir", text_value(configuration.state_dir)},
                   {"logFile", text_value(configuration.log_file)},
                   {"reportEventsFile", text_value(configuration.report_events_file)},
                   {"deviceIssuerCertificate", text_value(configuration.device_issuer_certificate)},
                   {"deviceIssuerKey", text_value(configuration.device_issuer_key)},
                   {"readyDescriptor", Value{std::int64_t{configuration.ready_descriptor}}},
                   {"warningDescriptor", Value{std::int64_t{configuration.warning_descriptor}}},
                   {"parent", Value{std::int64_t{configuration.parent}}}};
  if (configuration.claim_expires) {
    const auto since_epoch = configuration.claim_expires->time_since_epoch();
    document.emplace_back("claimExpires",
                          Value{std::int64_t{std::chrono::floor<std::chrono::seconds>(since_epoch).count()}});
  }
  if (configuration.rate) document.emplace_back("rate", number_value(*configuration.rate));
  if (configuration.openssl_configuration) {
    document.emplace_back("opensslConfiguration", text_value(*configuration.openssl_configuration));
  }
  return indented_json_text(Value{std::move(document)});
}

Result<Configuration> configuration_from_json(std::string_view text) {
  FP_TRY_ASSIGN(const Value document, parse_json(kPlace, text));
  const FieldReader fields(document, kPlace);
  Configuration configuration;
  FP_TRY(read_rules(fields, configuration));
  FP_TRY(read_environment(fields, configuration));
  return configuration;
}

}  // namespace fleet_provision::simulator
