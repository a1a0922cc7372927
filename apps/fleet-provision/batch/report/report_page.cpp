#include "batch/report/report_page.hpp"

#include "core/html.hpp"

namespace fleet_provision::batch {
namespace {

/// With a narrow no-break space between thousands.
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, "\u202f");
  return text;
}

void write_facts(Html& html, const PageContent& content) {
  html.element("dl", {}, [&] {
    for (const ReportSource& source : *content.sources) {
      if (!source.facts) continue;
      html.element("dt", {}, source.directory);
      html.element("dd", {},
                   "manifest " + source.facts->manifest + ", shard " + source.facts->shard + ", endpoint " +
                       source.facts->endpoint + ", template " + source.facts->template_name);
    }
  });
}

void write_failures(Html& html, const ReportSummary& summary) {
  if (summary.failures.empty()) return;
  html.element("h2", {}, "Failures");
  for (const FailureGroup& group : summary.failures) {
    html.element("h3", {}, group.kind + ": " + grouped(group.count));
    for (const std::string& hint : group.hints) html.element("p", {}, hint);
    html.element("ul", {}, [&] {
      for (const auto& example : group.examples) html.element("li", {}, example.unit + ": " + example.message);
    });
  }
}

void write_row(Html& html, const UnitResult& result, const std::string& station) {
  html.element("tr", {}, [&] {
    for (const std::string& cell :
         {result.unit, result.thing_name.value_or(""), std::string(word(result.outcome)), result.kind,
          std::to_string(result.attempts), std::to_string(result.duration.count()), rfc3339(result.finished_at),
          result.certificate_id.value_or(""), station}) {
      html.element("td", {}, cell);
    }
  });
}

}  // namespace

std::string headline_of(const ReportSummary& summary) {
  return grouped(summary.with_identity()) + " of " + grouped(summary.units()) + " provisioned; " +
         grouped(summary.failed_for_good) + " failed for good; " + grouped(summary.remaining()) + " remain";
}

Result<void> write_page(ReportFile& file, const PageContent& content) {
  Html html;
  Result<void> read;
  html.verbatim("<!DOCTYPE html>\n");
  html.element("html", {{"lang", "en"}}, [&] {
    html.element("head", {}, [&] {
      html.empty("meta", {{"charset", "utf-8"}});
      html.element("title", {}, headline_of(*content.summary));
    });
    html.element("body", {}, [&] {
      html.element("h1", {}, headline_of(*content.summary));
      write_facts(html, content);
      write_failures(html, *content.summary);
      html.element("table", {}, [&] {
        read = content.each_row([&](const UnitResult& result, const std::string& station) {
          write_row(html, result, station);
          file.write(html.take());
        });
      });
    });
  });
  file.write(html.take() + "\n");
  return read;
}

}  // namespace fleet_provision::batch
