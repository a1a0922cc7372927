// The report: a history to a page.
#include <openssl/evp.h>

#include <array>
#include <string>

#include "core/page.hpp"
#include "report/style.hpp"
#include "report_log.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

TEST_CASE("hostile text stays text") {
  const std::string override_mark{'\xe2', '\x80', '\xae'};
  const std::string hostile = R"(</code><script>alert(1)</script>\u202e)";
  const std::string page =
      page_from(line("start", R"("version":")" + hostile + R"(","faults":[")" + hostile + "\"]") +
                line("connect", R"("connection":1,"clientId":")" + hostile + R"(","result":"closed","reason":")" +
                                    hostile + "\"") +
                line("answer", R"("connection":1,"operation":"RegisterThing","certificateId":")" + hostile +
                                   R"(","thingName":")" + hostile + R"(","errorMessage":")" + hostile + "\""));
  CHECK(times(page, "<script") == 1);
  CHECK(times(page, "&lt;script&gt;alert") > 8);
  CHECK(page.find(override_mark) == std::string::npos);
}

TEST_CASE("the page has a row for each step, opens what failed, and links to it") {
  const std::string page =
      page_from(connect(1) + created(1, "aa") + registered(1, "door") + connect(2) +
                line("publish", on(2, R"("topic":"t","result":"denied","reason":"policy: iot:Publish")")));
  CHECK(times(page, " data-step>") == 5);
  CHECK(times(page, "<details") == 2);
  CHECK(times(page, "data-tone=\"failure\" open>") == 1);
  CHECK(page.find("<h1>1 of 2 connections failed</h1>") != std::string::npos);
  CHECK(page.find("href=\"#c1-2\"") != std::string::npos);
  CHECK(page.find("id=\"c1-2\"") != std::string::npos);
  CHECK(page.find("http:") == std::string::npos);
  CHECK(page.find("https:") == std::string::npos);
}

TEST_CASE("the headline is the result of the whole log") {
  struct Row {
    std::string log;
    const char* headline;
  };
  const std::string fault = line("answer", on(1, R"("operation":"RegisterThing","fault":"drop","result":"dropped")"));
  const Row rows[] = {
      {"", "The log has no events"},
      {line("start", ""), "No client connected"},
      {connect(1), "The connection worked"},
      {connect(1) + connect(2), "All 2 connections worked"},
      {connect(1) + line("warning", on(1, R"("text":"w")")), "The connection worked, with 1 warning"},
      {connect(1) + fault, "No failure in 1 connection, except for 1 injected fault"},
      {connect(1) + line("hook", on(1, R"("result":"denied","reason":"no")")), "The connection failed"}};
  for (const auto& row : rows) {
    CHECK_THAT(page_from(row.log), Catch::Contains(std::string("<h1>") + row.headline + "</h1>"));
  }
}

TEST_CASE("the page's policy allows its own style sheet and script") {
  for (const PagePart& part : {page_base_style(), page_style(), page_script()}) {
    std::array<unsigned char, 32> digest{};
    std::array<unsigned char, 64> base64{};
    EVP_Digest(part.text.text().data(), part.text.text().size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    const int size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
    const std::string hash(base64.begin(), base64.begin() + size);
    INFO("put this hash into report/style.cpp or lib/core/page_style.cpp after a change");
    CHECK(part.hash == "sha256-" + hash);
  }
}
