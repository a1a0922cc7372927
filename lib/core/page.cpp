#include "core/page.hpp"

namespace fleet_provision {

void write_page_head(Html& html, std::string_view title, const PagePart& style, const PagePart& script) {
  const PagePart base = page_base_style();
  std::string policy = "default-src 'none'; style-src '";
  policy.append(base.hash).append("' '").append(style.hash).append("'; script-src '").append(script.hash);
  policy += "'; base-uri 'none'; form-action 'none'";
  html.element("head", {}, [&] {
    html.empty("meta", {{"charset", "utf-8"}});
    html.empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}});
    html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    html.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    html.element("title", {}, title);
    html.element("style", {}, [&] { html.verbatim(base.text); });
    html.element("style", {}, [&] { html.verbatim(style.text); });
  });
}

void write_page_script(Html& html, const PagePart& script) {
  html.element("script", {}, [&] { html.verbatim(script.text); });
}

std::string counted(std::uint64_t number, const std::string& singular) {
  return grouped(number) + " " + singular + (number == 1 ? "" : "s");
}

std::string duration_text(std::chrono::milliseconds time) {
  const auto count = time.count();
  if (count < 1000) return std::to_string(count) + " ms";
  if (count < 60'000) return std::to_string(count / 1000) + "." + std::to_string(count % 1000 / 100) + " s";
  if (count < 3'600'000) return std::to_string(count / 60'000) + " min " + std::to_string(count % 60'000 / 1000) + " s";
  return std::to_string(count / 3'600'000) + " h " + std::to_string(count % 3'600'000 / 60'000) + " min";
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, "\u202f");
  return text;
}

}  // namespace fleet_provision
