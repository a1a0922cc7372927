// The facts that are derived from the name of an endpoint.
#include "aws/endpoint.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("the endpoints of AWS are known by their names") {
  struct Row {
    const char* host;
    bool aws;
    bool legacy;
  };
  const Row rows[] = {
      {.host = "abc123-ats.iot.eu-west-1.amazonaws.com", .aws = true, .legacy = false},
      {.host = "abc123.iot.eu-west-1.amazonaws.com", .aws = true, .legacy = true},
      {.host = "abc123.iot.cn-north-1.amazonaws.com.cn", .aws = true, .legacy = true},
      {.host = "abc123.ats.iot.cn-north-1.amazonaws.com.cn", .aws = true, .legacy = false},
      {.host = "data-ats.iot-fips.us-east-1.amazonaws.com", .aws = true, .legacy = false},
      {.host = "data.iot-fips.us-gov-west-1.amazonaws.com", .aws = true, .legacy = false},
      {.host = "data-ats.iot.eu-west-1.amazonaws.com", .aws = true, .legacy = false},
      {.host = "vpce-0a1b-2c3d.data.iot.eu-west-1.vpce.amazonaws.com", .aws = true, .legacy = false},
      {.host = "abc123-ats.iot.eu-west-1.api.aws", .aws = true, .legacy = false},
      {.host = "abc123-ats.iot.eusc-de-east-1.amazonaws.eu", .aws = true, .legacy = false},
      {.host = "abc123-ats.iot.us-iso-east-1.c2s.ic.gov", .aws = true, .legacy = false},
      {.host = ".amazonaws.com", .aws = false, .legacy = false},
      {.host = "factory.iot.example.com", .aws = false, .legacy = false},
      {.host = "localhost", .aws = false, .legacy = false},
      {.host = "amazonaws.com.example.org", .aws = false, .legacy = false},
  };
  for (const Row& row : rows) {
    INFO(row.host);
    CHECK(is_aws_host(row.host) == row.aws);
    CHECK(is_legacy_aws_endpoint(row.host) == row.legacy);
  }
}

TEST_CASE("the name of an endpoint gives region and partition") {
  struct Row {
    const char* host;
    const char* partition;
    const char* region;
  };
  const Row rows[] = {
      {"abc123-ats.iot.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
      {"vpce-0a1b-2c3d.data.iot.eu-west-1.vpce.amazonaws.com", "aws", "eu-west-1"},
      {"vpce-0a1b-2c3d-us-gov-west-1a.data.iot.us-gov-west-1.vpce.amazonaws.com", "aws-us-gov", "us-gov-west-1"},
      {"vpce-0a1b-2c3d.data.iot.cn-north-1.vpce.amazonaws.com.cn", "aws-cn", "cn-north-1"},
      {"abc123-ats.iot.ap-southeast-5.api.aws", "aws", "ap-southeast-5"},
      {"abc123-ats.iot.us-gov-east-1.api.aws", "aws-us-gov", "us-gov-east-1"},
      {"data-ats.iot-fips.us-east-1.api.aws", "aws", "us-east-1"},
      {"abc123.ats.iot.cn-northwest-1.amazonaws.com.cn", "aws-cn", "cn-northwest-1"},
      {"abc123.ats.iot.cn-north-1.api.amazonwebservices.com.cn", "aws-cn", "cn-north-1"},
      {"data.iot-fips.us-gov-west-1.amazonaws.com", "aws-us-gov", "us-gov-west-1"},
      {"abc123-ats.iot.us-iso-east-1.c2s.ic.gov", "aws-iso", "us-iso-east-1"},
      {"abc123-ats.iot.us-isob-east-1.sc2s.sgov.gov", "aws-iso-b", "us-isob-east-1"},
      {"abc123-ats.iot.eu-isoe-west-1.cloud.adc-e.uk", "aws-iso-e", "eu-isoe-west-1"},
      {"abc123-ats.iot.us-isof-south-1.csp.hci.ic.gov", "aws-iso-f", "us-isof-south-1"},
      {"abc123-ats.iot.eusc-de-east-1.amazonaws.eu", "aws-eusc", "eusc-de-east-1"},
      // A region that this version does not know: the suffix determines the partition.
      {"abc123-ats.iot.moon-east-1.amazonaws.com.cn", "aws-cn", "moon-east-1"},
      {"abc123-ats.iot.moon-east-1.amazonaws.com", "aws", "moon-east-1"},
      {"abc123.s3.eu-west-1.amazonaws.com", nullptr, nullptr},
      {"patriot.eu-west-1.amazonaws.com", nullptr, nullptr},
      {"iot.amazonaws.com", nullptr, nullptr},
      {"abc123-ats.iot.eu-west-1.example.com", nullptr, nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.host);
    const auto scope = scope_of_endpoint(row.host);
    REQUIRE(scope.has_value() == (row.region != nullptr));
    if (!scope) continue;
    CHECK(scope->partition == row.partition);
    CHECK(scope->region == row.region);
  }
}

TEST_CASE("a region has the form of one partition's, or is not known") {
  for (const char* each : {"eu-central-1", "us-east-12", "mx-central-1", "ap-northeast-3"}) {
    CHECK(partition_of_region(each) == "aws");
  }
  CHECK(partition_of_region("eusc-de-east-1") == "aws-eusc");
  for (const char* each : {"", "eu-central1", "eu-central-", "eu--1", "eu-central-1a", "moon-east-1", "us-gov-west",
                           "EU-CENTRAL-1", "eusc-east-1", "cn-1"}) {
    INFO(each);
    CHECK_FALSE(partition_of_region(each));
  }
}

TEST_CASE("a region has small letters and ends in digits") {
  for (int c = 0; c < 256; ++c) {
    INFO(c);
    const std::string one(1, static_cast<char>(c));
    CHECK(partition_of_region("eu-a" + one + "-1").has_value() == (c >= 'a' && c <= 'z'));
    CHECK(partition_of_region("eu-a-1" + one).has_value() == (c >= '0' && c <= '9'));
    const bool in_name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    CHECK(is_legacy_aws_endpoint(one + ".iot.eu-west-1.amazonaws.com") == in_name);
  }
  for (const char* each : {"eusc-de-east-", "eusc-de-1", "eusc-de--1", "eu-central", "eu-", "eusc-"}) {
    CHECK_FALSE(partition_of_region(each));
  }
  CHECK(is_known_partition("aws-cn"));
  CHECK_FALSE(is_known_partition("aws-"));
  CHECK_FALSE(is_legacy_aws_endpoint(".iot.eu-west-1.amazonaws.com"));
  CHECK(scope_of_endpoint("iot.eu-west-1.amazonaws.com").has_value());
  CHECK_FALSE(scope_of_endpoint("iot..amazonaws.com").has_value());
  CHECK(scope_or_placeholders("localhost").partition == PolicyScope{}.partition);
}
