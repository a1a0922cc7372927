// What each error document of the service means for the person: the thing to do must be in the hint.
#include "core/rejection.hpp"

#include "core/aws_endpoint.hpp"
#include "core/verdict.hpp"
#include "tests/catch.hpp"

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
