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
      {"a/b", "a/b", true},       {"a/b", "a/b/c", false}, {"a/+", "a/b", true},     {"a/+", "a", false},
      {"a/+", "a/b/c", false},    {"a/#", "a/b/c", true},  {"a/#", "a", true},       {"#", "a/b", true},
      {"+/b", "a/b", true},       {"#", "$aws/x", false},  {"+/x", "$aws/x", false}, {"$aws/#", "$aws/x", true},
      {"$aws/+", "$aws/x", true}, {"a", "ab", false},      {"a//b", "a//b", true},   {"a/+/b", "a//b", true},
  };
  for (const auto& row : rows) {
    INFO(row.filter << " " << row.topic);
    CHECK(filter_matches(row.filter, row.topic) == row.matches);
  }
}
