#include "service/topics.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;

TEST_CASE("request and answer topics are recognized, and nothing else") {
  struct Row {
    const char* topic;
    const char* operation;
    const char* template_name;
  };
  const std::vector<Row> rows{
      {"$aws/certificates/create-from-csr/json", "CreateCertificateFromCsr", ""},
      {"$aws/certificates/create/cbor", "CreateKeysAndCertificate", ""},
      {"$aws/provisioning-templates/gateway/provision/json", "RegisterThing", "gateway"},
      {"$aws/provisioning-templates/a/b/provision/json", "", ""},
      {"$aws/provisioning-templates//provision/json", "", ""},
      {"$aws/provisioning-templates/provision/json", "", ""},
      {"$aws/certificates/create", "", ""},
      {"$aws/certificates/create/xml", "", ""},
      {"$aws/certificates/create/json/accepted", "", ""},
      {"create/json", "", ""},
      {"", "", ""},
  };
  for (const auto& row : rows) {
    INFO(row.topic);
    const auto request = parse_request_topic(row.topic);
    CHECK((request ? std::string(word(request->operation)) : "") == row.operation);
    if (request) CHECK(request->template_name == row.template_name);
    CHECK(is_response_topic(std::string(row.topic) + "/accepted") == request.has_value());
    CHECK(is_response_topic(std::string(row.topic) + "/rejected") == request.has_value());
    CHECK_FALSE(is_response_topic(std::string(row.topic) + "/other"));
  }
}

TEST_CASE("filters match as MQTT 4.7 says") {
  struct Row {
    const char* filter;
    const char* topic;
    bool matches;
  };
  const std::vector<Row> rows{
      {"a/b", "a/b", true},   {"a/b", "a/b/c", false},    {"a/+", "a/b", true},
      {"a/+", "a", false},    {"a/+", "a/b/c", false},    {"a/#", "a/b/c", true},
      {"a/#", "a", true},     {"#", "a/b", true},         {"+/b", "a/b", true},
      {"#", "$aws/x", false}, {"+/x", "$aws/x", false},   {"$aws/#", "$aws/x", true},
      {"", "", true},         {"", "a", false},           {"+", "", true},
      {"a/", "a", false},     {"a", "a/", false},         {"a/#", "a/", true},
      {"a/#", "ab", false},   {"+/#", "a", true},         {"a/+/#", "a", false},
      {"a/b/#", "a", false},  {"$aws/+", "$aws/x", true}, {"a", "ab", false},
      {"a//b", "a//b", true}, {"a/+/b", "a//b", true},
  };
  for (const auto& row : rows) {
    INFO(row.filter << " " << row.topic);
    CHECK(filter_matches(row.filter, row.topic) == row.matches);
  }
}

TEST_CASE("a topic has at most 256 bytes and eight levels, a client ID 128 bytes and no $ in front") {
  CHECK(is_within_topic_limits(""));
  CHECK(is_within_topic_limits(std::string(256, 'a')));
  CHECK_FALSE(is_within_topic_limits(std::string(257, 'a')));
  CHECK(is_within_topic_limits("1/2/3/4/5/6/7/8"));
  CHECK_FALSE(is_within_topic_limits("1/2/3/4/5/6/7/8/9"));
  CHECK(is_client_id(std::string(128, 'a')));
  CHECK_FALSE(is_client_id(std::string(129, 'a')));
  CHECK_FALSE(is_client_id("$"));
}

TEST_CASE("the last level of a request's topic is its encoding, whatever the length of the template's name") {
  CHECK(parse_request_topic("$aws/provisioning-templates/a/provision/json")->template_name == "a");
  CHECK(parse_request_topic("$aws/provisioning-templates/a/provision/json")->encoding == Encoding::kJson);
  CHECK(parse_request_topic("$aws/provisioning-templates/a/provision/cbor")->encoding == Encoding::kCbor);
  CHECK(parse_request_topic("$aws/certificates/create/json")->encoding == Encoding::kJson);
  CHECK(parse_request_topic("$aws/certificates/create-from-csr/cbor")->encoding == Encoding::kCbor);
  CHECK_FALSE(parse_request_topic("x$aws/provisioning-templates/a/provision/json"));
  CHECK_FALSE(parse_request_topic("$aws/provisioning-templates/a/provisio/json"));
  CHECK_FALSE(parse_request_topic("/json"));
}
