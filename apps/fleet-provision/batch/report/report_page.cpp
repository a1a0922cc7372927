#include "batch/report/report_page.hpp"

#include "batch/report/report_page_parts.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

/// What to do now.
std::string report_verdict(const ReportSummary& summary) {
  if (summary.results == 0) return "No unit has a result yet.";
  if (summary.remaining() != 0) {
    std::string text = "Rerun the same command to finish the " + counted(summary.remaining(), "unit");
    text += " that " + std::string(summary.remaining() == 1 ? "remains" : "remain");
    if (summary.failed_for_good == 0) return text + ".";
    return text + ". What failed for good fails again until its cause is corrected.";
  }
  if (summary.failed_for_good != 0) return "Correct the causes below, then rerun the same command for these units.";
  return summary.without_result ? "Every unit has its identity." : "Every unit that has a result has its identity.";
}

struct ReportCount {
  const char* name;
  std::size_t number;
  const char* tone;
};

void write_counts(Html& html, const ReportSummary& summary) {
  std::vector<ReportCount> counts{{"provisioned", summary.provisioned, "good"},
                                  {"provisioned before", summary.already_provisioned, "good"},
                                  {"failed for good", summary.failed_for_good, "failure"},
                                  {"failed, can be rerun", summary.failed_retryable, "warning"}};
  if (summary.without_result) counts.push_back({"without a result", *summary.without_result, "warning"});
  html.element("dl", {{"class", "counts"}}, [&] {
    for (const ReportCount& each : counts) {
      html.element("div", {{"class", each.number == 0 ? "zero" : each.tone}}, [&] {
        html.element("dt", {}, each.name);
        html.element("dd", {}, grouped(each.number));
      });
    }
  });
}

std::string period_text(const ReportSummary& summary) {
  const std::string begin = date_and_time(summary.started_at);
  if (summary.finished_at < summary.started_at) return begin + " UTC";
  const std::string end = date_and_time(summary.finished_at);
  const bool same_day = begin.substr(0, 10) == end.substr(0, 10);
  return begin + " to " + (same_day ? end.substr(11) : end) + " UTC, " +
         duration_text(std::chrono::seconds(summary.finished_at - summary.started_at));
}

void write_fact(Html& html, Literal name, const std::string& value, bool is_code) {
  if (value.empty()) return;
  html.element("dt", {}, name.text());
  html.element("dd", {}, [&] {
    if (is_code) {
      html.element("code", {}, value);
    } else {
      html.text(value);
    }
  });
}

void write_facts(Html& html, const PageContent& content) {
  const ReportSummary& summary = *content.summary;
  html.element("dl", {{"class", "run"}}, [&] {
    if (summary.started_at != 0) write_fact(html, "Time", period_text(summary), false);
    if (content.sources->size() != 1) return;
    const ReportSource& source = content.sources->front();
    write_fact(html, "Directory", source.directory, true);
    if (!source.facts) return;
    write_fact(html, "Manifest", source.facts->manifest == "-" ? "stdin" : source.facts->manifest, true);
    write_fact(html, "Shard",
               source.facts->shard == "1/1" ? "1/1, the whole manifest"
                                            : source.facts->shard + ", " + counted(source.facts->units, "unit"),
               false);
    write_fact(html, "Endpoint", source.facts->endpoint, true);
    write_fact(html, "Template", source.facts->template_name, true);
  });
}

void write_station(Html& html, const ReportSource& source, std::size_t results) {
  html.element("tr", {}, [&] {
    html.element("th", {{"scope", "row"}}, source.directory);
    const BatchFacts facts = source.facts.value_or(BatchFacts());
    const bool known = source.facts.has_value();
    html.element("td", {{"class", "number"}}, known ? grouped(facts.units) : "unknown");
    html.element("td", {{"class", "number"}}, grouped(results));
    for (const std::string& cell : {facts.manifest, known ? facts.shard : "", facts.endpoint, facts.template_name}) {
      html.element("td", {}, cell);
    }
  });
}

void write_stations(Html& html, const PageContent& content) {
  if (content.sources->size() < 2) return;
  html.element("section", {{"id", "stations"}}, [&] {
    html.element("h2", {}, "Stations");
    write_table(
        html, "Stations",
        {{"Station"}, {"Units", true}, {"With a result", true}, {"Manifest"}, {"Shard"}, {"Endpoint"}, {"Template"}},
        [&] {
          for (std::size_t i = 0; i < content.sources->size(); ++i) {
            write_station(html, (*content.sources)[i], content.summary->units_of_sources[i]);
          }
        });
  });
}

void write_two_identities(Html& html, const PageContent& content) {
  const auto& found = content.rows->two_identities();
  if (found.empty()) return;
  html.element("section", {{"id", "two-identities"}}, [&] {
    html.element("h2", {}, "Units with two identities");
    html.element("p", {},
                 "Two stations provisioned the same unit. Find out which identity the unit has, and revoke the "
                 "other certificate.");
    write_table(html, "Units with two identities",
                {{"Unit"}, {"Station"}, {"Certificate ID"}, {"Station"}, {"Certificate ID"}}, [&] {
                  for (const auto& each : found) {
                    html.element("tr", {}, [&] {
                      html.element("th", {{"scope", "row"}}, content.rows->name(each.unit));
                      for (std::size_t i = 0; i < 2; ++i) {
                        html.element("td", {}, (*content.sources)[each.sources[i]].directory);
                        html.element("td", {{"class", "id"}}, each.certificate_ids[i]);
                      }
                    });
                  }
                });
    const std::size_t others = content.rows->two_identities_count() - found.size();
    if (others != 0)
      html.element("p", {{"class", "note"}},
                   counted(others, "further unit") + (others == 1 ? " is" : " are") + " not listed here.");
  });
}

void write_notes(Html& html, const PageContent& content) {
  const auto note = [&](const std::string& text) {
    html.element("p", {{"class", "note warning"}}, [&] { html.text("Warning: " + text + "."); });
  };
  for (const std::string& warning : *content.warnings) note(warning);
  for (const std::string& directory : content.summary->same_units) {
    note(directory + " has the manifest and the shard of another directory; their units are counted once");
  }
}

}  // namespace

void write_table(Html& html, const char* label, const std::vector<ReportColumn>& columns,
                 const std::function<void()>& rows) {
  html.element("div", {{"class", "table"}, {"role", "region"}, {"tabindex", "0"}, {"aria-label", label}}, [&] {
    html.element("table", {}, [&] {
      html.element("thead", {}, [&] {
        html.element("tr", {}, [&] {
          for (const ReportColumn& each : columns) {
            html.element("th", {{"scope", "col"}, {"class", each.is_number ? "number" : ""}}, each.name);
          }
        });
      });
      html.element("tbody", {}, rows);
    });
  });
}

std::string headline_of(const ReportSummary& summary) {
  return grouped(summary.with_identity()) + " of " + grouped(summary.units()) + " provisioned; " +
         grouped(summary.failed_for_good) + " failed for good; " + grouped(summary.remaining()) + " remain";
}

std::string date_and_time(std::int64_t seconds_since_1970) {
  std::string text = rfc3339(WallTime(std::chrono::seconds(seconds_since_1970)));
  text[10] = ' ';
  text.pop_back();
  return text;
}

Result<void> write_page(ReportFile& file, const PageContent& content) {
  Html html;
  Result<void> written;
  const ReportSummary& summary = *content.summary;
  html.verbatim("<!DOCTYPE html>\n");
  html.element("html", {{"lang", "en"}}, [&] {
    write_page_head(html, headline_of(summary) + " – fleet-provision batch", report_style(), report_script());
    html.element("body", {}, [&] {
      html.element("a", {{"class", "skip"}, {"href", "#units"}}, "Go to the units");
      html.element("header", {}, [&] {
        html.element("p", {{"class", "program"}}, "fleet-provision batch report");
        html.element("h1", {}, headline_of(summary));
        html.element("p", {{"class", "verdict"}}, report_verdict(summary));
        write_counts(html, summary);
        write_facts(html, content);
      });
      html.element("main", {}, [&] {
        write_notes(html, content);
        write_stations(html, content);
        write_two_identities(html, content);
        write_failures(html, summary);
        write_shared_things(html, summary);
        write_throughput(html, summary.throughput);
        write_durations(html, summary.durations);
        written = write_units(html, file, content);
      });
      html.element("footer", {}, "Times are UTC. A unit is shown with its last result; results.jsonl has all of them.");
      write_page_script(html, report_script());
    });
  });
  file.write(html.take() + "\n");
  return written;
}

}  // namespace fleet_provision::batch
