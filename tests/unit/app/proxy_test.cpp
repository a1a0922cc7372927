#include "config/proxy.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("the URL of a proxy") {
  struct Row {
    std::string text;
    std::string host;
    std::uint16_t port;
    std::string user;
    std::string password;
  };
  const Row rows[] = {
      {.text = "http://proxy:3128", .host = "proxy", .port = 3128, .user = "", .password = ""},
      {.text = "HTTP://Proxy.Example.:3128/", .host = "proxy.example", .port = 3128, .user = "", .password = ""},
      {.text = "proxy:3128", .host = "proxy", .port = 3128, .user = "", .password = ""},
      {.text = "proxy", .host = "proxy", .port = 80, .user = "", .password = ""},
      {.text = "http://proxy:8883", .host = "proxy", .port = 8883, .user = "", .password = ""},
      {.text = "http://[::1]:3128", .host = "::1", .port = 3128, .user = "", .password = ""},
      {.text = "http://[::1]", .host = "::1", .port = 80, .user = "", .password = ""},
      {.text = "http://user@proxy:1", .host = "proxy", .port = 1, .user = "user", .password = ""},
      {.text = "http://user:@proxy:1", .host = "proxy", .port = 1, .user = "user", .password = ""},
      {.text = "http://us%40er:p%3Ass%25@proxy:1", .host = "proxy", .port = 1, .user = "us@er", .password = "p:ss%"},
      {.text = "http://user:a@b@proxy:1", .host = "proxy", .port = 1, .user = "user", .password = "a@b"},
      {.text = "http://user:a:b@proxy:1/path", .host = "proxy", .port = 1, .user = "user", .password = "a:b"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const auto proxy = parse_proxy(each.text);
    REQUIRE(proxy);
    CHECK(proxy->host == each.host);
    CHECK(proxy->port == each.port);
    CHECK(proxy->user == each.user);
    CHECK(proxy->password.reveal() == each.password);
  }
}

TEST_CASE("what is no proxy's URL is refused, and its password not repeated") {
  for (const std::string text :
       {"https://proxy:1", "socks5://user:secret@proxy:1", "http://", "http://user:secret@",
        "http://user:secret@proxy:0", "http://user:secret@proxy:port", "http://us er:secret@pro xy:1",
        "http://user:%zzsecret@proxy:1", "http://user:secret%0a@proxy:1", "http://user:secret%4@proxy:1",
        "http://a b:1", "http://user:se/secret@proxy:1", "user:se/secret@proxy:1", "user:/secret@proxy:1",
        "http://user:a@/secret@proxy:1", "user:a://secret@proxy:1"}) {
    CAPTURE(text);
    const auto proxy = parse_proxy(text);
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error().kind == ErrorKind::kUsage);
    CHECK_FALSE(contains(proxy.error().message, "secret"));
    CHECK_FALSE(contains(proxy.error().hint, "secret"));
  }
}

TEST_CASE("no_proxy covers hosts, domains, addresses, networks and ports") {
  struct Row {
    std::string no_proxy;
    Endpoint endpoint;
    bool covered;
  };
  const Row rows[] = {
      {"", {"h.example", 8883}, false},
      {"*", {"h.example", 8883}, true},
      {"h.example", {"h.example", 8883}, true},
      {"H.Example.", {"h.example", 8883}, true},
      {"example", {"h.example", 8883}, true},
      {".example", {"h.example", 8883}, true},
      {"*.example", {"h.example", 8883}, true},
      {".h.example", {"h.example", 8883}, true},
      {"xample", {"h.example", 8883}, false},
      {"h.example.org", {"h.example", 8883}, false},
      {"a, b ,h.example", {"h.example", 8883}, true},
      {"a h.example", {"h.example", 8883}, true},
      {"h.example:8883", {"h.example", 8883}, true},
      {"h.example:443", {"h.example", 8883}, false},
      {",,", {"h.example", 8883}, false},
      {".", {"h.example", 8883}, false},
      {"10.1.2.3", {"10.1.2.3", 8883}, true},
      {"10.1.2.3:8883", {"10.1.2.3", 8883}, true},
      {"10.0.0.0/8", {"10.1.2.3", 8883}, true},
      {"10.0.0.0/15", {"10.1.2.3", 8883}, true},
      {"10.0.0.0/16", {"10.1.2.3", 8883}, false},
      {"10.1.2.2/31", {"10.1.2.3", 8883}, true},
      {"0.0.0.0/0", {"10.1.2.3", 8883}, true},
      {"10.0.0.0/33", {"10.1.2.3", 8883}, false},
      {"10.0.0.0/x", {"10.1.2.3", 8883}, false},
      {"10.0.0.0/8", {"10.example", 8883}, false},
      {"fd00::/8", {"fd12::1", 8883}, true},
      {"[fd12::1]", {"fd12::1", 8883}, true},
      {"fe80::/10", {"fe80::1%eth0", 8883}, true},
      {"fd00::/8", {"fe80::1", 8883}, false},
      {"10.0.0.0/8", {"::1", 8883}, false},
  };
  for (const Row& each : rows) {
    CAPTURE(each.no_proxy, each.endpoint.host);
    CHECK(is_covered(each.endpoint, each.no_proxy) == each.covered);
  }
}

TEST_CASE("which proxy is taken") {
  const TemporaryFile password("secret\n");
  const TemporaryFile odd("a\nb");
  const Environment shared{{"https_proxy", "http://shared:1"}, {"HTTPS_PROXY", "http://upper:1"}};
  Environment with_exception = shared;
  with_exception["no_proxy"] = "h.example";
  struct Row {
    Arguments arguments;
    Environment environment;
    std::string endpoint;
    /// `USER:PASSWORD@HOST`; empty: none; `!TEXT`: refused with TEXT in the message.
    std::string expected;
  };
  const Row rows[] = {
      {{}, {}, "h.example", ""},
      {{}, shared, "h.example", ":@shared"},
      {{}, {{"https_proxy", ""}, {"HTTPS_PROXY", "upper:1"}}, "h.example", ":@upper"},
      {{}, {{"http_proxy", "http://plain:1"}, {"all_proxy", "http://all:1"}}, "h.example", ""},
      {{}, with_exception, "h.example", ""},
      {{}, with_exception, "other", ":@shared"},
      {{}, shared, "localhost", ""},
      {{}, shared, "127.0.0.1", ""},
      {{}, shared, "::1", ""},
      {{"--proxy", "http://mine:1"}, with_exception, "h.example", ":@mine"},
      {{"--proxy", "http://mine:1"}, shared, "localhost", ":@mine"},
      {{"--proxy="}, shared, "h.example", ""},
      {{"--proxy", "http://u@mine:1", "--proxy-password-file", password.path()}, {}, "h", "u:secret@mine"},
      {{"--proxy-password-file", password.path()}, {{"https_proxy", "u@shared:1"}}, "h", "u:secret@shared"},
      {{"--proxy-password-file", password.path()}, {}, "h", ""},
      {{}, {{"https_proxy", "http://u:p@shared:1"}}, "h", "u:p@shared"},
      {{}, {{"FLEET_PROVISION_PROXY", "http://u:p@mine:1"}}, "h", "u:p@mine"},
      {{"--proxy", "http://u:p@mine:1"}, {}, "h", "!--proxy: holds a password"},
      {{"--proxy", "http://mine:1", "--proxy-password-file", password.path()}, {}, "h", "!has no user"},
      {{"--proxy", "http://u@mine:1", "--proxy-password-file", odd.path()}, {}, "h", "!control characters"},
      {{"--proxy", "http://u@mine:1", "--proxy-password-file", "/nowhere"}, {}, "h", "!/nowhere"},
      {{}, {{"https_proxy", "socks5://x:1"}}, "h", "!https_proxy: "},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments, each.expected);
    const auto options = options_of(each.arguments, each.environment);
    REQUIRE(options);
    const auto proxy = choose_proxy(*options, each.environment, {each.endpoint, 8883});
    if (each.expected.starts_with("!")) {
      REQUIRE_FALSE(proxy);
      CHECK(contains(proxy.error().message, each.expected.substr(1)));
      continue;
    }
    REQUIRE(proxy);
    std::string chosen;
    if (*proxy) chosen = (*proxy)->user + ":" + std::string((*proxy)->password.reveal()) + "@" + (*proxy)->host;
    CHECK(chosen == each.expected);
  }
}
