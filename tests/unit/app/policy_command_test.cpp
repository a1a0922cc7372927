#include "policy_command.hpp"

#include <nlohmann/json.hpp>

#include "core/claim_policy.hpp"
#include "given.hpp"
#include "tests/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::testing;

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
