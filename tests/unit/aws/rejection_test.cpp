// The hint for each error document of the service must contain the action for the user.
#include "aws/rejection.hpp"

#include "core/verdict.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plan.hpp"

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
      {enroll, {500, "InternalFailure", ""}, {"the service failed"}},
      {enroll, {503, "ServiceUnavailable", ""}, {"retries"}},
      {enroll, {400, "InvalidCertificateOwnershipToken", ""}, {"token"}},
      {create, {400, "InvalidCertificateSigningRequest", ""}, {"--csr", "P-256"}},
      {create, {403, "AccessDenied", ""}, {"request certificates"}},
      {create, {404, "", ""}, {"region"}},
      {Operation::kCreateKeysAndCertificate, {400, "", ""}, {"--method csr"}},
  };
  Plan plan = test::gateway_plan();
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
      // A value that is part of another word must not match.
      {"Fn::FindInMap cannot find Boston3/x", "a value that was sent is not in the template's mapping"},
  };
  Plan plan = test::gateway_plan();
  plan.parameters = {{"DeviceLocation", "Boston"}, {"Empty", ""}, {"Site", "Boston-2"}};
  for (const Row& row : rows) {
    INFO(row.message);
    const ServiceError words{400, "InvalidParameters", row.message};
    const std::string hint = rejection_hint(Operation::kRegisterThing, classify(words).value(), words, plan);
    CHECK(hint.starts_with(std::string(row.hint) + remedy));
  }
}

TEST_CASE("a value is a word of the service's text where no letter, digit, underscore or hyphen touches it") {
  Plan plan = test::gateway_plan();
  plan.parameters = {{"Place", "x"}};
  const auto is_named = [&plan](const std::string& text) {
    const ServiceError words{400, "InvalidParameters", "mapping: " + text};
    const std::string hint = rejection_hint(Operation::kRegisterThing, classify(words).value(), words, plan);
    return hint.find(" of Place ") != std::string::npos;
  };
  const std::string kOfWords = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
  for (int c = 0; c < 256; ++c) {
    INFO(c);
    const std::string one(1, static_cast<char>(c));
    const bool joins = c >= 0x80 || kOfWords.find(one) != std::string::npos;
    if (c != 'x') CHECK(is_named("a x" + one) != joins);
    if (c != 'x') CHECK(is_named(one + "x b") != joins);
  }
  CHECK(is_named("xx x"));
  CHECK_FALSE(is_named("xx xx"));
}
