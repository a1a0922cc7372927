#include "commands/policy_command.hpp"

#include <nlohmann/json.hpp>

#include "aws/claim_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

std::string connect_resource(Arguments arguments) {
  arguments.insert(arguments.begin(), {"policy", "--template", "gateway"});
  const auto document = policy_document(*options_of(arguments));
  REQUIRE(document);
  return nlohmann::json::parse(document->text)["Statement"][0]["Resource"][0];
}

}  // namespace

TEST_CASE("partition, region and account come from the options, then from an AWS endpoint, else stand as words") {
  struct Row {
    Arguments arguments;
    std::string resource;
  };
  const std::string any = ":client/fleet-provision-*";
  const Row rows[] = {
      {{}, "arn:aws:iot:REGION:ACCOUNT" + any},
      {{"--endpoint", "localhost"}, "arn:aws:iot:REGION:ACCOUNT" + any},
      {{"--endpoint", "a1-ats.iot.eu-central-1.amazonaws.com"}, "arn:aws:iot:eu-central-1:ACCOUNT" + any},
      {{"--endpoint", "a1.ats.iot.cn-north-1.amazonaws.com.cn"}, "arn:aws-cn:iot:cn-north-1:ACCOUNT" + any},
      {{"--endpoint", "data.iot-fips.us-gov-west-1.amazonaws.com"}, "arn:aws-us-gov:iot:us-gov-west-1:ACCOUNT" + any},
      {{"--endpoint", "a1-ats.iot.eu-central-1.amazonaws.com", "--region", "us-east-1", "--account", "123456789012"},
       "arn:aws:iot:us-east-1:123456789012" + any},
      {{"--endpoint", "vpce-0a1b-2c3d.data.iot.eu-west-1.vpce.amazonaws.com"}, "arn:aws:iot:eu-west-1:ACCOUNT" + any},
      {{"--endpoint", "a1-ats.iot.us-east-1.api.aws"}, "arn:aws:iot:us-east-1:ACCOUNT" + any},
      {{"--endpoint", "a1-ats.iot.us-isob-east-1.sc2s.sgov.gov"}, "arn:aws-iso-b:iot:us-isob-east-1:ACCOUNT" + any},
      {{"--region", "eusc-de-east-1"}, "arn:aws-eusc:iot:eusc-de-east-1:ACCOUNT" + any},
      {{"--region", "cn-north-1", "--partition", "aws"}, "arn:aws:iot:cn-north-1:ACCOUNT" + any},
      {{"--client-id", "gw-{Serial}-{Line}"}, "arn:aws:iot:REGION:ACCOUNT:client/gw-*-*"},
      {{"--client-id", "a*b?c$d"}, "arn:aws:iot:REGION:ACCOUNT:client/a${*}b${?}c${$}d"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    CHECK(connect_resource(each.arguments) == each.resource);
  }
}

TEST_CASE("what is no region, account, partition or pattern is refused") {
  for (const Arguments& each :
       {Arguments{"--region", "EU"}, Arguments{"--account", "12345"}, Arguments{"--partition", "a:b"},
        Arguments{"--client-id", "gw-{Serial"}, Arguments{"--client-id", "$aws"}, Arguments{"--template", "a b"}}) {
    Arguments arguments{"policy", "--template", "gateway"};
    arguments.insert(arguments.end(), each.begin(), each.end());
    CAPTURE(arguments);
    const auto document = policy_document(*options_of(arguments));
    REQUIRE_FALSE(document);
    CHECK(document.error().kind == ErrorKind::kUsage);
    CHECK(contains(document.error().message, each[0] + ": "));
  }
}

TEST_CASE("the largest document is one that the service takes") {
  const auto document = policy_document(
      *options_of({"policy", "--template", std::string(36, 't'), "--client-id", std::string(128, 'c'), "--region",
                   "us-gov-west-1", "--account", "123456789012", "--payload-format", "cbor"}));
  REQUIRE(document);
  CHECK(document->text.size() <= 2048);
  CHECK(document->warnings.empty());
}

TEST_CASE("a region or partition that is not known is a warning, which says what was assumed") {
  struct Row {
    Arguments arguments;
    std::vector<std::string> warnings;
  };
  const std::string account = "the policy holds the placeholder ACCOUNT; give --account";
  const Row rows[] = {
      {{"--region", "eu-central-1"}, {account}},
      {{"--region", "eu-central1"},
       {"the region eu-central1 is not in any known partition; aws is assumed; to change it, give --partition",
        account}},
      {{"--endpoint", "a1-ats.iot.moon-east-1.api.aws"},
       {"the region moon-east-1 is not in any known partition; aws is assumed; to change it, give --partition",
        account}},
      {{"--region", "moon-east-1", "--partition", "aws-moon"},
       {"the region moon-east-1 is not in any known partition", "the partition aws-moon is not known", account}},
      {{"--region", "cn-north-1", "--partition", "aws"},
       {"the region cn-north-1 belongs to the partition aws-cn, not to aws", account}},
      {{"--endpoint", "localhost"}, {"the policy holds the placeholder REGION; give --region", account}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    Arguments arguments{"policy", "--template", "gateway"};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    const auto document = policy_document(*options_of(arguments));
    REQUIRE(document);
    CHECK(document->warnings == each.warnings);
  }
}
