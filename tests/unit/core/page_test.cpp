// What the HTML pages of both programs are made of.
#include "core/page.hpp"

#include <string>

#include "core/html.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("HTML is well formed, and hostile text stays text") {
  Html html;
  const std::string override_mark{'\xe2', '\x80', '\xae'};
  html.element("p", {{"title", "\"'><script>"}}, "<script>&\xff\x1b" + override_mark);
  CHECK(html.take() == "<p title=\"&quot;&#39;&gt;&lt;script&gt;\">&lt;script&gt;&amp;\\xff\\x1b\\xe2\\x80\\xae</p>");
  html.element("ul", {{"hidden", ""}}, [&] {
    html.element("li", {}, "a").empty("br", {}).lines("b\n c\x07");
    html.element("script", {}, [&] { html.verbatim("1 < 2"); });
  });
  CHECK(html.take() == "<ul hidden><li>a</li><br>b\n c\\x07<script>1 < 2</script></ul>");
  CHECK(html.take().empty());
  html.text(std::string(Html::kTextBytesMax + 1, 'x'));
  CHECK(html.take() == std::string(Html::kTextBytesMax, 'x') + "…");
}

TEST_CASE("the head of a page allows its own style sheets and script alone") {
  Html html;
  write_page_head(html, "<title>", {"p { margin: 0; }", "sha256-style"}, {"go();", "sha256-script"});
  const std::string head = html.take();
  CHECK_THAT(head, Catch::Contains("<title>&lt;title&gt;</title>"));
  CHECK_THAT(head, Catch::Contains("content=\"default-src &#39;none&#39;; style-src &#39;" +
                                   std::string(page_base_style().hash) +
                                   "&#39; &#39;sha256-style&#39;; script-src &#39;sha256-script&#39;; base-uri "
                                   "&#39;none&#39;; form-action &#39;none&#39;\">"));
  CHECK_THAT(head, Catch::Contains("<style>" + std::string(page_base_style().text.text()) +
                                   "</style><style>p { margin: 0; }</style></head>"));
  CHECK_FALSE(page_base_style().text.text().empty());
}

TEST_CASE("numbers and times on a page") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1\u202f000");
  CHECK(grouped(1234567) == "1\u202f234\u202f567");
  CHECK(counted(1, "unit") == "1 unit");
  CHECK(counted(2000, "unit") == "2\u202f000 units");
  struct Row {
    long milliseconds;
    const char* text;
  };
  for (const Row& row : {Row{0, "0 ms"}, Row{999, "999 ms"}, Row{1000, "1.0 s"}, Row{59'999, "59.9 s"},
                         Row{60'000, "1 min 0 s"}, Row{3'599'999, "59 min 59 s"}, Row{3'600'000, "1 h 0 min"},
                         Row{12'000'000, "3 h 20 min"}, Row{86'400'000, "24 h 0 min"}}) {
    CHECK(duration_text(std::chrono::milliseconds(row.milliseconds)) == row.text);
  }
}
