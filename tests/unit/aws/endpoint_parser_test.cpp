#include "aws/endpoint_parser.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("an endpoint is a host and a port, however it is written") {
  struct Row {
    std::string text;
    std::optional<std::uint16_t> option;
    std::string host;
    unsigned port;
  };
  const Row rows[] = {
      {"abc-ats.iot.eu-central-1.amazonaws.com", {}, "abc-ats.iot.eu-central-1.amazonaws.com", 8883},
      {"ABC.Example.COM.", {}, "abc.example.com", 8883},
      {"https://host", {}, "host", 8883},
      {"mqtts://host:443/", {}, "host", 443},
      {"host:443", {443}, "host", 443},
      {"host", {443}, "host", 443},
      {"127.0.0.1:1", {}, "127.0.0.1", 1},
      {"[::1]", {}, "::1", 8883},
      {"[FE80::1%eth0]:65535", {}, "fe80::1%eth0", 65535},
      {"::1", {}, "::1", 8883},
      {"host:65535", {}, "host", 65535},
      {"a_b-c.d9", {}, "a_b-c.d9", 8883},
      {"mqtts://host//", {}, "host", 8883},
      {std::string(253, 'a'), {}, std::string(253, 'a'), 8883},
      {std::string(253, 'a') + ".", {}, std::string(253, 'a'), 8883},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto endpoint = parse_endpoint(row.text, row.option);
    REQUIRE(endpoint);
    CHECK(endpoint->host == row.host);
    CHECK(endpoint->port == row.port);
  }
  for (const char* bad : {"", ".", "host:", "host:0", "host:65536", "host:x", "ho st", "[::1", "[::1]x", "[host]",
                          "-host", "a..b", "host/path", "user@host", "host\n"}) {
    INFO(bad);
    const auto endpoint = parse_endpoint(bad, std::nullopt);
    REQUIRE(!endpoint);
    CHECK(endpoint.error().kind == ErrorKind::kUsage);
  }
  CHECK(!parse_endpoint("host:443", std::uint16_t{8883}));
  for (const std::string& bad :
       {std::string(254, 'a'), std::string("[fe80::1%]"), std::string("[fe80::1%e/0]"), std::string("fe80::g"),
        std::string("://host"), std::string("a:b:x"), std::string("[1]"), std::string("h\tost"), std::string("h\rost"),
        std::string("[::1]:"), std::string("]"), std::string("[]"), std::string(".host"), std::string("host..")}) {
    INFO(bad);
    CHECK_FALSE(parse_endpoint(bad, std::nullopt));
  }
  CHECK(parse_endpoint("[fe80::1%e]", std::nullopt));
  // Endpoints that `aws iot describe-endpoint` prints for other types.
  for (const char* other :
       {"c1.credentials.iot.eu-central-1.amazonaws.com", "c1.jobs.iot.cn-north-1.amazonaws.com.cn"}) {
    const auto endpoint = parse_endpoint(other, std::nullopt);
    REQUIRE(!endpoint);
    CHECK(endpoint.error().message.find("does not speak MQTT") != std::string::npos);
    CHECK(endpoint.error().hint.find("iot:Data-ATS") != std::string::npos);
  }
  for (const char* fine :
       {"credentials-ats.iot.eu-central-1.amazonaws.com", "c1.credentials.iot.example", "jobs.iot"}) {
    CHECK(parse_endpoint(fine, std::nullopt));
  }
}
