#include "commands/policy_command.hpp"

#include <nlohmann/json.hpp>

#include "aws/claim_policy.hpp"
#include "aws/endpoint_parser.hpp"
#include "config/option_values.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// CreatePolicy takes no more, blanks not counted; counted here all the same, as long as that can be kept.
constexpr std::size_t kDocumentCharactersMax = 2048;
constexpr std::size_t kAccountDigits = 12;

bool all_of(const std::string& text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string::npos;
}

Result<std::string> parse_name(const std::string& text) {
  if (all_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-") && text.size() <= 32) return text;
  return fail(ErrorKind::kUsage, "\"" + printable(text, 80) + "\" is not the name of an AWS region or partition",
              "it has small letters, digits and dashes: eu-central-1, aws-cn");
}

Result<std::string> parse_account(const std::string& text) {
  if (all_of(text, "0123456789") && text.size() == kAccountDigits) return text;
  return fail(ErrorKind::kUsage, "\"" + printable(text, 80) + "\" is not an AWS account", "it has 12 digits");
}

Result<PolicyScope> read_place(const Options& options) {
  PolicyScope place;
  if (options.given(OptionId::kEndpoint) != nullptr) {
    FP_TRY_ASSIGN(const Endpoint endpoint, parsed(options, OptionId::kEndpoint, [](const std::string& text) {
                    return parse_endpoint(text, std::nullopt);
                  }));
    place = scope_of_endpoint(endpoint.host).value_or(place);
  }
  if (options.given(OptionId::kRegion) != nullptr) {
    FP_TRY_ASSIGN(place.region, parsed(options, OptionId::kRegion, parse_name));
    place.partition = partition_of_region(place.region).value_or(PolicyScope{}.partition);
  }
  if (options.given(OptionId::kAccount) != nullptr) {
    FP_TRY_ASSIGN(place.account, parsed(options, OptionId::kAccount, parse_account));
  }
  if (options.given(OptionId::kPartition) != nullptr) {
    FP_TRY_ASSIGN(place.partition, parsed(options, OptionId::kPartition, parse_name));
  }
  return place;
}

/// What in `place` is not known, or not known to exist: AWS adds regions and partitions, so that is no error.
std::vector<std::string> doubts_about(const PolicyScope& place, bool partition_given) {
  std::vector<std::string> doubts;
  const PolicyScope unknown;
  if (place.region == unknown.region) {
    doubts.emplace_back("REGION stands for the region; replace it, or give --region");
  } else if (const auto partition = partition_of_region(place.region); !partition) {
    doubts.push_back("the region " + place.region + " does not belong to any partition that is known" +
                     (partition_given ? std::string() : "; " + place.partition + " is assumed, or give --partition"));
  } else if (is_known_partition(place.partition) && *partition != place.partition) {
    doubts.push_back("the region " + place.region + " belongs to the partition " + *partition + ", not to " +
                     place.partition);
  }
  if (!is_known_partition(place.partition)) doubts.push_back("the partition " + place.partition + " is not known");
  if (place.account == unknown.account) {
    doubts.emplace_back("ACCOUNT stands for the account; replace it, or give --account");
  }
  return doubts;
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
  FP_TRY_ASSIGN(request.scope, read_place(options));
  if (options.given(OptionId::kClientId) != nullptr) {
    FP_TRY_ASSIGN(request.client_id_pattern, parsed(options, OptionId::kClientId, client_id_pattern));
  }

  PolicyDocument document;
  const nlohmann::ordered_json json = document_of(claim_policy(request));
  document.text = json.dump(2) + "\n";
  if (document.text.size() > kDocumentCharactersMax) document.text = json.dump() + "\n";
  document.warnings = doubts_about(request.scope, options.given(OptionId::kPartition) != nullptr);
  return document;
}

}  // namespace fleet_provision
