#include "simulator/options.hpp"

#include <algorithm>
#include <filesystem>

#include "core/number.hpp"
#include "core/plan.hpp"
#include "core/text.hpp"
#include "service/builtin_template.hpp"
#include "service/claim_policy.hpp"
#include "service/policy.hpp"
#include "service/template.hpp"
#include "simulator/command_line.hpp"
#include "simulator/help.hpp"
#include "simulator/option_rows.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

struct NumberRule {
  const char* option;
  std::uint32_t default_value;
  std::uint32_t max;
  /// What 0 stands for, in parentheses; empty when it is a number like any other.
  const char* meaning_of_zero;
};
constexpr NumberRule kPort{"port", 0, 65535, " (a free port)"};
constexpr NumberRule kTokenLifetime{"token-lifetime", 3600, 10'000'000, ""};
constexpr NumberRule kClaimLifetime{"claim-lifetime", 0, 10'000'000, " (no limit)"};
constexpr NumberRule kRate{"rate", 0, 1'000'000, " (no limit)"};

Result<std::uint32_t> number_option(const CommandLine& line, const NumberRule& rule) {
  if (line.all(rule.option).empty()) return rule.default_value;
  const std::string text = line.last(rule.option);
  if (const auto number = parse_number<std::uint32_t>(text); number && *number <= rule.max) return *number;
  return fail(ErrorKind::kUsage, std::string("--") + rule.option + " must be a whole number from 0" +
                                     rule.meaning_of_zero + " to " + std::to_string(rule.max) + ", not " +
                                     in_quotes(text));
}

// The template in a file, named after the file.
Result<NamedTemplate> read_template(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot != 0) name.resize(dot);
  FP_TRY_ASSIGN(name, parse_template_name(name));
  FP_TRY_ASSIGN(std::string text, read_file(path));
  return NamedTemplate{std::move(name), std::move(text)};
}

Result<std::vector<NamedTemplate>> read_templates(const std::vector<std::string>& paths) {
  std::vector<NamedTemplate> templates;
  for (const auto& path : paths) {
    FP_TRY_ASSIGN(auto read, read_template(path));
    const bool taken = std::any_of(templates.begin(), templates.end(),
                                   [&](const NamedTemplate& each) { return each.name == read.name; });
    if (taken) {
      return fail(ErrorKind::kUsage, "two template files are named " + read.name,
                  "rename one of them: a template is named after its file");
    }
    templates.push_back(std::move(read));
  }
  for (auto& each : templates) {
    FP_TRY_ASSIGN(TemplateFile file, read_template_file(each.name, std::move(each.body)));
    each.body = std::move(file.body);
    each.enabled = file.enabled;
  }
  if (templates.empty()) {
    templates.push_back({std::string(kBuiltinTemplateName), std::string(kBuiltinTemplateBody)});
  }
  return templates;
}

Result<std::string> read_claim_policy(const std::string& path, const std::vector<NamedTemplate>& templates) {
  if (path.empty()) {
    std::vector<std::string> names;
    names.reserve(templates.size());
    for (const auto& each : templates) names.push_back(each.name);
    return least_privilege_claim_policy(names);
  }
  FP_TRY_ASSIGN(std::string document, read_file(path));
  FP_TRY(Policy::parse(path, document));
  return document;
}

// One --policy NAME=FILE. API_CreatePolicy: policyName.
Result<NamedPolicy> read_named_policy(const std::string& option) {
  const std::size_t equals = option.find('=');
  const std::string name = option.substr(0, equals);
  if (equals == std::string::npos || equals + 1 == option.size() || name.empty() || name.size() > 128 ||
      !is_alphanumeric_or(name, "_+,.@-")) {
    return fail(ErrorKind::kUsage, "--policy must be NAME=FILE, not " + in_quotes(option),
                "NAME is the PolicyName in the template: 1 to 128 of letters, digits and _+,.@-");
  }
  FP_TRY_ASSIGN(std::string document, read_file(option.substr(equals + 1)));
  FP_TRY(Policy::parse(option.substr(equals + 1), document));
  return NamedPolicy{name, std::move(document)};
}

// The built-in template names a policy, for which there is a built-in document.
Result<std::vector<NamedPolicy>> read_policies(const std::vector<std::string>& options, bool builtin_template) {
  std::vector<NamedPolicy> policies;
  for (const auto& option : options) {
    FP_TRY_ASSIGN(auto read, read_named_policy(option));
    const bool taken =
        std::any_of(policies.begin(), policies.end(), [&](const NamedPolicy& each) { return each.name == read.name; });
    if (taken) return fail(ErrorKind::kUsage, "--policy: two documents for " + read.name);
    policies.push_back(std::move(read));
  }
  const bool replaced = std::any_of(policies.begin(), policies.end(),
                                    [](const NamedPolicy& each) { return each.name == kBuiltinPolicyName; });
  if (builtin_template && !replaced) {
    policies.push_back({std::string(kBuiltinPolicyName), std::string(kBuiltinPolicyDocument)});
  }
  return policies;
}

Result<HookSetting> find_hook(const std::string& text) {
  if (text == "allow") return HookSetting{HookSetting::Kind::kAllow, {}};
  if (text == "deny") return HookSetting{HookSetting::Kind::kDeny, {}};
  if (!exists(text)) {
    return fail(ErrorKind::kFileNotFound, "--hook: there is no program " + printable(text),
                "use allow, deny or the path of a program");
  }
  if (std::filesystem::is_directory(text)) {
    return fail(ErrorKind::kFileUnreadable, "--hook: " + printable(text) + " is a directory",
                "use allow, deny or the path of a program");
  }
  if (!is_executable(text)) {
    return fail(ErrorKind::kFileUnreadable, "--hook: cannot execute " + printable(text), "make the file executable");
  }
  return HookSetting{HookSetting::Kind::kProgram, absolute(text)};
}

// A name goes into OpenSSL's comma-separated list of subject alternative names, so a comma must not be in it.
Result<std::vector<std::string>> check_names(std::vector<std::string> names) {
  for (const auto& name : names) {
    if (name.empty() || !is_alphanumeric_or(name, ".-:*_")) {
      return fail(ErrorKind::kUsage, "--san: not a host name or IP address: " + in_quotes(name));
    }
  }
  return names;
}

Result<Configuration> configuration_from(const CommandLine& line) {
  Configuration configuration;
  FP_TRY_ASSIGN(const std::uint32_t seconds, number_option(line, kTokenLifetime));
  configuration.token_lifetime = std::chrono::seconds(seconds);
  configuration.faults = line.all("fault");
  FP_TRY_ASSIGN(configuration.templates, read_templates(line.all("template")));
  FP_TRY_ASSIGN(configuration.claim_policy, read_claim_policy(line.last("claim-policy"), configuration.templates));
  FP_TRY_ASSIGN(configuration.policies, read_policies(line.all("policy"), line.all("template").empty()));
  if (!line.all("hook").empty()) {
    FP_TRY_ASSIGN(configuration.hook, find_hook(line.last("hook")));
  }
  for (const auto& each : line.all("behaviour")) FP_TRY(set_behaviour(configuration.behaviours, each));
  FP_TRY_ASSIGN(const std::uint32_t rate, number_option(line, kRate));
  if (rate > 0) configuration.rate = rate;
  return configuration;
}

Result<Options> options_from(const CommandLine& line) {
  Options options;
  options.state_dir = line.last("state-dir");
  options.log = line.last("log");
  options.report = line.last("report");
  if (options.report == "-") {
    return fail(ErrorKind::kUsage, "--report cannot be stdout, which belongs to the ready line and to COMMAND",
                "name a file, or make the page later: fleet-provision-simulator report --log FILE");
  }
  if (const std::string file = line.last("claim-csr"); !file.empty()) {
    FP_TRY_ASSIGN(options.claim.csr, read_file(file));
    FP_TRY(check_claim_csr(file, options.claim.csr));
  }
  FP_TRY_ASSIGN(const std::uint32_t claim_lifetime, number_option(line, kClaimLifetime));
  if (claim_lifetime > 0) options.claim.lifetime = std::chrono::seconds(claim_lifetime);
  if (const std::string name = line.last("user"); !name.empty()) {
    FP_TRY_ASSIGN(options.user, find_user(name));
  }
  FP_TRY_ASSIGN(const std::uint32_t port, number_option(line, kPort));
  options.port = static_cast<std::uint16_t>(port);
  FP_TRY_ASSIGN(options.configuration, configuration_from(line));
  if (!line.all("listen").empty()) options.listen = line.last("listen");
  FP_TRY_ASSIGN(options.names, check_names(line.all("san")));
  options.command = line.command;
  return options;
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  FP_TRY_ASSIGN(const CommandLine line, parse_command_line(arguments, option_rows()));
  Options only_text;
  if (line.help) {
    only_text.text = help_text();
    return only_text;
  }
  if (line.version) {
    only_text.text = std::string("fleet-provision-simulator ") + FLEET_PROVISION_VERSION + "\n";
    return only_text;
  }
  return options_from(line);
}

}  // namespace fleet_provision::simulator
