// What each error document of the service means for the person: the thing to do must be in the hint.
#include "aws/rejection.hpp"

#include "core/verdict.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("each status and code of the service says what to do") {
  constexpr auto create = Operation::kCreateCertificateFromCsr;
  constexpr auto enroll = Operation::kRegisterThing;
  struct Row {
    Operation operation;
    ServiceError words;
    std::vector<std::string> parts;
  };
  const Row rows[] = {
      {enroll,
       {400, "InvalidParameters", "Cannot resolve reference value: Model"},
       {"needs the parameter Model", "-P Model=VALUE"}},
      {enroll,
       {400, "InvalidParameters", "Cannot resolve reference value: Serialnumber"},
       {"-P Serialnumber=VALUE", "SerialNumber was sent"}},
      {enroll,
       {400, "InvalidParameters", "Cannot resolve reference value: AWS::Region"},
       {"AWS::Region", "change the template"}},
      {enroll,
       {400, "InvalidRequestException", "Invalid registration template. Cannot resolve reference value: {Ref=Model}"},
       {"-P Model=VALUE"}},
      {enroll, {400, "InvalidParameters", "something else"}, {"template gateway", "sent were Line, SerialNumber"}},
      {enroll, {400, "InvalidPayload", ""}, {"--payload-format"}},
      {enroll, {403, "AccessDenied", ""}, {"hook", "provisioning role", "CloudWatch"}},
      {enroll, {401, "", ""}, {"hook"}},
      {enroll, {404, "ResourceNotFound", ""}, {"enabled template gateway", "--template", "region of --endpoint"}},
      {enroll, {409, "ResourceConflictsException", ""}, {"OverrideSettings"}},
      {enroll, {413, "", ""}, {"too large"}},
      {enroll, {422, "", ""}, {"compare the parameters"}},
      {enroll, {429, "TooManyRequests", ""}, {"too many requests"}},
      {enroll, {400, "ThrottlingException", ""}, {"too many requests"}},
      {enroll, {500, "InternalFailure", ""}, {"the fault is the service's"}},
      {enroll, {503, "ServiceUnavailable", ""}, {"tries again"}},
      {enroll, {400, "InvalidCertificateOwnershipToken", ""}, {"token"}},
      {create, {400, "InvalidCertificateSigningRequest", ""}, {"CSR", "P-256"}},
      {create, {403, "AccessDenied", ""}, {"ask for certificates"}},
      {create, {404, "", ""}, {"region"}},
      {Operation::kCreateKeysAndCertificate, {400, "", ""}, {"--method csr"}},
  };
  Plan plan;
  plan.template_name = "gateway";
  plan.parameters = {{"SerialNumber", "secret-4711"}, {"Line", "3"}};
  for (const Row& row : rows) {
    INFO(row.words.status_code << " " << row.words.error_code << " " << row.words.error_message);
    const std::string hint = rejection_hint(row.operation, classify(row.words).value(), row.words, plan);
    INFO(hint);
    for (const std::string& each : row.parts) CHECK(hint.find(each) != std::string::npos);
    CHECK(hint.find("secret") == std::string::npos);
    CHECK_FALSE(hint.ends_with('.'));
  }
}

TEST_CASE("a value that a mapping of the template lacks is named with its parameter") {
  struct Row {
    const char* message;
    const char* hint;
  };
  const char* remedy = "; send a value of the mapping, or add this one to Mappings of template gateway";
  const Row rows[] = {
      {"Fn::FindInMap cannot find LocationUrl/Boston",
       "the value Boston of DeviceLocation is not in the template's mapping"},
      {"Cannot find Boston in mapping LocationUrl",
       "the value Boston of DeviceLocation is not in the template's mapping"},
      {"Template error: Unable to get mapping for LocationUrl::Boston::Url",
       "the value Boston of DeviceLocation is not in the template's mapping"},
      {"Fn::FindInMap cannot find Boston-2/Boston", "the value Boston-2 of Site is not in the template's mapping"},
      // A value within another word is not meant.
      {"Fn::FindInMap cannot find Boston3/x", "a value that was sent is not in the template's mapping"},
  };
  Plan plan;
  plan.template_name = "gateway";
  plan.parameters = {{"DeviceLocation", "Boston"}, {"Empty", ""}, {"Site", "Boston-2"}};
  for (const Row& row : rows) {
    INFO(row.message);
    const ServiceError words{400, "InvalidParameters", row.message};
    const std::string hint = rejection_hint(Operation::kRegisterThing, classify(words).value(), words, plan);
    CHECK(hint.starts_with(std::string(row.hint) + remedy));
  }
}

TEST_CASE("the endpoints of AWS are known by their names") {
  struct Row {
    const char* host;
    bool aws;
    bool legacy;
  };
  const Row rows[] = {
      {"abc123-ats.iot.eu-west-1.amazonaws.com", true, false},
      {"abc123.iot.eu-west-1.amazonaws.com", true, true},
      {"abc123.iot.cn-north-1.amazonaws.com.cn", true, true},
      {"abc123.ats.iot.cn-north-1.amazonaws.com.cn", true, false},
      {"data-ats.iot-fips.us-east-1.amazonaws.com", true, false},
      {"data.iot-fips.us-gov-west-1.amazonaws.com", true, false},
      {"data-ats.iot.eu-west-1.amazonaws.com", true, false},
      {"vpce-0a1b-2c3d.data.iot.eu-west-1.vpce.amazonaws.com", true, false},
      {"abc123-ats.iot.eu-west-1.api.aws", true, false},
      {"abc123-ats.iot.eusc-de-east-1.amazonaws.eu", true, false},
      {"abc123-ats.iot.us-iso-east-1.c2s.ic.gov", true, false},
      {".amazonaws.com", false, false},
      {"factory.iot.example.com", false, false},
      {"localhost", false, false},
      {"amazonaws.com.example.org", false, false},
  };
  for (const Row& row : rows) {
    INFO(row.host);
    CHECK(is_aws_host(row.host) == row.aws);
    CHECK(is_legacy_aws_endpoint(row.host) == row.legacy);
  }
}

TEST_CASE("the name of an endpoint tells region and partition") {
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
      // A region of the future: the suffix still tells the partition.
      {"abc123-ats.iot.moon-east-1.amazonaws.com.cn", "aws-cn", "moon-east-1"},
      {"abc123-ats.iot.moon-east-1.amazonaws.com", "aws", "moon-east-1"},
      {"abc123.s3.eu-west-1.amazonaws.com", nullptr, nullptr},
      {"patriot.eu-west-1.amazonaws.com", nullptr, nullptr},
      {"iot.amazonaws.com", nullptr, nullptr},
      {"abc123-ats.iot.eu-west-1.example.com", nullptr, nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.host);
    const auto place = scope_of_endpoint(row.host);
    REQUIRE(place.has_value() == (row.region != nullptr));
    if (!place) continue;
    CHECK(place->partition == row.partition);
    CHECK(place->region == row.region);
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
