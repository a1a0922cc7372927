#include "report/page.hpp"

#include "report/event.hpp"
#include "report/page_parts.hpp"
#include "report/style.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kProgram = "fleet-provision-simulator";

std::string headline(const History& history) {
  const Counts& counts = history.counts;
  if (counts.events == 0) return "The log has no events";
  if (counts.connections == 0) return "No client connected";
  if (counts.failed_connections != 0) {
    if (counts.connections == 1) return "The connection failed";
    return grouped(counts.failed_connections) + " of " + counted(counts.connections, "connection") + " failed";
  }
  if (counts.faults != 0) {
    return "No failure in " + counted(counts.connections, "connection") + ", except for " +
           counted(counts.faults, "injected fault");
  }
  std::string text =
      counts.connections == 1 ? "The connection worked" : "All " + grouped(counts.connections) + " connections worked";
  if (counts.warnings != 0) text += ", with " + counted(counts.warnings, "warning");
  return text;
}

std::string verdict(const History& history) {
  const std::uint64_t registered = history.counts.registrations;
  if (history.counts.events == 0) return {};
  if (history.counts.connections == 0) {
    return "If one should have: check its endpoint, port, CA file and certificate. mosquitto.log in DIR/run of "
           "--state-dir DIR "
           "has the TLS handshakes that failed.";
  }
  if (registered == 0) return "No gateway was registered.";
  return counted(registered, "gateway") + (registered == 1 ? " was registered." : " were registered.");
}

struct Count {
  const char* name;
  std::uint64_t number;
  Tone tone;
};

void write_counts(Html& html, const Counts& counts) {
  const Count rows[] = {{"connections", counts.connections, Tone::kPlain},
                        {"registered", counts.registrations, Tone::kGood},
                        {"refused", counts.refusals, Tone::kFailure},
                        {"denied", counts.denials, Tone::kFailure},
                        {"rejected", counts.rejections, Tone::kFailure},
                        {"warnings", counts.warnings, Tone::kWarning},
                        {"faults", counts.faults, Tone::kFault}};
  html.element("dl", {{"class", "counts"}}, [&] {
    for (const auto& row : rows) {
      html.element("div", {{"class", row.number == 0 ? "zero" : class_of(row.tone)}}, [&] {
        html.element("dt", {}, row.name);
        html.element("dd", {}, grouped(row.number));
      });
    }
  });
}

void write_fact(Html& html, const char* name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  html.element("dt", {}, name);
  html.element("dd", {}, [&] {
    for (const auto& value : values) html.element("code", {}, value).text(" ");
  });
}

void write_log_notes(Html& html, const History& history, const LogFacts& facts) {
  const auto note = [&](const std::string& text) { html.element("p", {{"class", "note"}}, text); };
  if (facts.other_lines != 0) {
    note(counted(facts.other_lines, "line") + " of the log " + (facts.other_lines == 1 ? "is" : "are") +
         " not events: first line " + std::to_string(facts.first_other_line) + ".");
  }
  if (history.omitted_steps + history.omitted_connections + history.omitted_runs != 0) {
    note("The log is long: " + counted(history.omitted_connections, "connection") + " and " +
         counted(history.omitted_steps, "event") +
         " are counted above and not shown below. Connections without a problem are left out first.");
  }
}

}  // namespace

const char* class_of(Tone tone) {
  switch (tone) {
    case Tone::kPlain: return "plain";
    case Tone::kGood: return "good";
    case Tone::kFault: return "fault";
    case Tone::kWarning: return "warning";
    case Tone::kFailure: return "failure";
  }
  return "";
}

std::string anchor(std::size_t run, std::uint64_t connection) {
  return "c" + std::to_string(run + 1) + "-" + std::to_string(connection);
}

std::string date_text(const std::string& time) {
  if (!parse_log_time(time)) return time;
  return time.substr(0, 10) + " " + time.substr(11, 8) + " UTC";
}

void write_head(Html& html, const History& history) {
  html.element("header", {}, [&] {
    html.element("p", {{"class", "program"}}, std::string(kProgram) + " report");
    html.element("h1", {}, headline(history));
    if (const std::string text = verdict(history); !text.empty()) html.element("p", {{"class", "verdict"}}, text);
    write_counts(html, history.counts);
    if (history.runs.size() == 1) write_run_facts(html, history.runs.front());
  });
}

void write_run_facts(Html& html, const Run& run) {
  html.element("dl", {{"class", "run"}}, [&] {
    html.element("dt", {}, "Time");
    html.element("dd", {}, [&] {
      html.text(date_text(run.first_time));
      if (run.first && run.last && *run.last >= *run.first) html.text(", for " + duration_text(*run.last - *run.first));
    });
    if (!run.version.empty()) write_fact(html, "Simulator", {run.version});
    write_fact(html, "Templates", run.templates);
    write_fact(html, "Policies", run.policies);
    write_fact(html, "Faults", run.faults);
    write_fact(html, "Behaviours", run.behaviours);
  });
}

std::string page_of(const History& history, const LogFacts& facts) {
  Html html;
  html.verbatim("<!DOCTYPE html>\n");
  html.element("html", {{"lang", "en"}}, [&] {
    write_page_head(html, headline(history) + " – " + kProgram, page_style(), page_script());
    html.element("body", {}, [&] {
      html.element("a", {{"class", "skip"}, {"href", "#connections"}}, "Go to the connections");
      write_head(html, history);
      html.element("main", {}, [&] {
        write_log_notes(html, history, facts);
        write_problems(html, history);
        write_connections(html, history);
        write_certificates(html, history);
      });
      html.element("footer", {}, [&] {
        html.text("Made from " + counted(history.counts.events, "event") + " of the event log. Times are UTC.");
      });
      write_page_script(html, page_script());
    });
  });
  return html.take() + "\n";
}

}  // namespace fleet_provision::simulator
