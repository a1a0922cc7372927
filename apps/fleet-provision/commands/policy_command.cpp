#include "commands/policy_command.hpp"

#include <nlohmann/json.hpp>

#include "aws/claim_policy.hpp"
#include "aws/endpoint_parser.hpp"
#include "config/option_values.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The limit of CreatePolicy without whitespace; the indented document is kept below it where possible.
constexpr std::size_t kDocumentCharactersMax = 2048;
constexpr std::size_t kAccountDigits = 12;

bool all_of(const std::string& text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string::npos;
}

Result<std::string> parse_name(const std::string& text) {
  if (all_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-") && text.size() <= 32) return text;
  return fail(ErrorKind::kUsage, "\"" + printable(text, 80) + "\" is not an AWS region or partition",
              "give a name like eu-central-1 or aws-cn");
}

Result<std::string> parse_account(const std::string& text) {
  if (all_of(text, "0123456789") && text.size() == kAccountDigits) return text;
  return fail(ErrorKind::kUsage, "\"" + printable(text, 80) + "\" is not an AWS account ID",
              "give the 12 digits of the account ID");
}

Result<PolicyScope> read_scope(const Options& options) {
  PolicyScope scope;
  if (options.given(OptionId::kEndpoint) != nullptr) {
    FP_TRY_ASSIGN(const Endpoint endpoint, parsed(options, OptionId::kEndpoint, [](const std::string& text) {
                    return parse_endpoint(text, std::nullopt);
                  }));
    scope = scope_of_endpoint(endpoint.host).value_or(scope);
  }
  if (options.given(OptionId::kRegion) != nullptr) {
    FP_TRY_ASSIGN(scope.region, parsed(options, OptionId::kRegion, parse_name));
    scope.partition = partition_of_region(scope.region).value_or(PolicyScope{}.partition);
  }
  if (options.given(OptionId::kAccount) != nullptr) {
    FP_TRY_ASSIGN(scope.account, parsed(options, OptionId::kAccount, parse_account));
  }
  if (options.given(OptionId::kPartition) != nullptr) {
    FP_TRY_ASSIGN(scope.partition, parsed(options, OptionId::kPartition, parse_name));
  }
  return scope;
}

/// Warnings for placeholders, and for unknown regions and partitions, since AWS adds new ones.
std::vector<std::string> warnings_about(const PolicyScope& scope, bool partition_given) {
  std::vector<std::string> warnings;
  const PolicyScope unknown;
  if (scope.region == unknown.region) {
    warnings.emplace_back("the policy holds the placeholder REGION; give --region");
  } else if (const auto partition = partition_of_region(scope.region); !partition) {
    warnings.push_back(
        "the region " + scope.region + " is not in any known partition" +
        (partition_given ? std::string() : "; " + scope.partition + " is assumed; to change it, give --partition"));
  } else if (is_known_partition(scope.partition) && *partition != scope.partition) {
    warnings.push_back("the region " + scope.region + " belongs to the partition " + *partition + ", not to " +
                       scope.partition);
  }
  if (!is_known_partition(scope.partition)) warnings.push_back("the partition " + scope.partition + " is not known");
  if (scope.account == unknown.account) {
    warnings.emplace_back("the policy holds the placeholder ACCOUNT; give --account");
  }
  return warnings;
}

nlohmann::ordered_json document_of(const std::vector<PolicyStatement>& statements) {
  nlohmann::ordered_json document;
  document["Version"] = "2012-10-17";
  for (const PolicyStatement& each : statements) {
    nlohmann::ordered_json statement;
    statement["Effect"] = "Allow";
    statement["Action"] = each.action;
    statement["Resource"] = each.resources;
    document["Statement"].push_back(std::move(statement));
  }
  return document;
}

}  // namespace

Result<PolicyDocument> policy_document(const Options& options) {
  ClaimPolicyRequest request;
  FP_TRY(required(options, OptionId::kTemplate));
  FP_TRY_ASSIGN(request.template_name, parsed(options, OptionId::kTemplate, parse_template_name));
  FP_TRY_ASSIGN(request.method, parsed(options, OptionId::kMethod, parse_method));
  FP_TRY_ASSIGN(request.payload_format, parsed(options, OptionId::kPayloadFormat, parse_payload_format));
  FP_TRY_ASSIGN(request.scope, read_scope(options));
  if (options.given(OptionId::kClientId) != nullptr) {
    FP_TRY_ASSIGN(request.client_id_pattern, parsed(options, OptionId::kClientId, client_id_pattern));
  }

  PolicyDocument document;
  const nlohmann::ordered_json json = document_of(claim_policy(request));
  document.text = json.dump(2) + "\n";
  if (document.text.size() > kDocumentCharactersMax) document.text = json.dump() + "\n";
  document.warnings = warnings_about(request.scope, options.given(OptionId::kPartition) != nullptr);
  return document;
}

}  // namespace fleet_provision
