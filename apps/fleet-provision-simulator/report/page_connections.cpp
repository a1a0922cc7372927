// Each connection as a sequence between gateway and service. In the document a step is a sentence in the right order
// ("gateway to service: SUBSCRIBE …, denied"); its arrow is drawn by the style sheet.
#include <algorithm>

#include "report/page_parts.hpp"

namespace fleet_provision::simulator {

namespace {

// More open connections make the page long and slow; the others are marked and one click away.
constexpr std::size_t kOpenMax = 20;

const char* mark_of(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
    case Tone::kGood: return "✓ Worked";
    case Tone::kFault: return "◆ Fault";
    case Tone::kWarning: return "! Warning";
    case Tone::kFailure: return "✕ Failed";
  }
  return "";
}

const char* direction_class(Direction direction) {
  switch (direction) {
    case Direction::kToService: return "to-service";
    case Direction::kToGateway: return "to-gateway";
    case Direction::kAtService: return "at-service";
  }
  return "";
}

const char* direction_words(Direction direction) {
  switch (direction) {
    case Direction::kToService: return "gateway to service: ";
    case Direction::kToGateway: return "service to gateway: ";
    case Direction::kAtService: return "at the service: ";
  }
  return "";
}

// The time of day for the first step, then the time since the step before.
std::string time_text(const Step& step, const Step* before) {
  if (before != nullptr && before->at && step.at && *step.at >= *before->at) {
    return "+" + duration_text(*step.at - *before->at);
  }
  const std::size_t day = step.time.find('T');
  std::string text = day == std::string::npos ? step.time : step.time.substr(day + 1);
  if (!text.empty() && text.back() == 'Z') text.pop_back();
  return text.substr(0, 24);
}

std::string joined_facts(const Step& step) {
  std::string all;
  for (const auto& fact : step.facts) all += (all.empty() ? "" : " · ") + fact.substr(0, Html::kTextBytesMax);
  return all;
}

// The style sheet draws the arrow below the label.
void write_label(Html& html, const Step& step) {
  html.element("p", {{"class", "label"}}, [&] {
    html.element("span", {{"class", "unseen"}}, direction_words(step.direction));
    html.element("b", {}, step.title);
    if (!step.subject.empty()) html.text(" ").element("code", {}, step.subject);
    if (!step.facts.empty()) html.text(" ").element("span", {{"class", "facts"}}, joined_facts(step));
    if (!step.outcome.empty()) html.text(" ").element("span", {{"class", "outcome"}}, step.outcome);
  });
}

void write_step(Html& html, const Step& step, const Step* before) {
  const std::string classes = std::string("step ") + direction_class(step.direction) + " " + class_of(step.tone) +
                              (step.arrives ? "" : " lost");
  html.element("li", {{"class", classes}, {"data-step", ""}}, [&] {
    html.element("span", {{"class", "at"}, {"title", step.time}}, time_text(step, before));
    html.element("div", {{"class", "between"}}, [&] {
      write_label(html, step);
      if (!step.problem) return;
      html.element("div", {{"class", "why"}}, [&] { write_problem_at_step(html, *step.problem); });
    });
  });
}

std::string took(const Connection& connection) {
  if (connection.steps.size() < 2) return {};
  const LogTime first = connection.steps.front().at;
  LogTime last;
  for (const auto& step : connection.steps) last = step.at ? step.at : last;
  if (!first || !last || *last < *first) return {};
  return duration_text(*last - *first);
}

void write_summary(Html& html, const Connection& connection) {
  html.element("summary", {}, [&] {
    html.element("span", {{"class", "mark"}}, mark_of(connection.tone)).text(" ");
    html.element("span", {{"class", "who"}}, [&] {
      html.element("span", {{"class", "number"}}, std::to_string(connection.number)).text(" ");
      html.element("code", {}, connection.client_id.substr(0, 160));
    });
    html.text(" ").element("span", {{"class", "story"}}, connection.story).text(" ");
    html.element("span", {{"class", "took"}}, took(connection));
  });
}

void write_connection(Html& html, std::size_t run, const Connection& connection, bool open) {
  const std::string tone = class_of(std::max(connection.tone, Tone::kGood));
  const auto content = [&] {
    write_summary(html, connection);
    html.element("div", {{"class", "exchange"}, {"id", anchor(run, connection.number)}}, [&] {
      html.element("p", {{"class", "ends"}, {"aria-hidden", "true"}},
                   [&] { html.element("span", {}, "Gateway").element("span", {}, "Service"); });
      html.element("ol", {}, [&] {
        const Step* before = nullptr;
        for (const auto& step : connection.steps) {
          write_step(html, step, before);
          before = &step;
        }
      });
    });
  };
  const Attribute classes{"class", "connection " + tone};
  const Attribute data{"data-tone", tone};
  if (open) {
    html.element("details", {classes, data, {"open", ""}}, content);
  } else {
    html.element("details", {classes, data}, content);
  }
}

void write_option(Html& html, const char* value, const char* text) {
  html.element("option", {{"value", value}}, text);
}

// Shown by the script, which makes it work.
void write_filter(Html& html) {
  html.element("div", {{"class", "filter"}, {"id", "filter"}, {"role", "search"}, {"hidden", ""}}, [&] {
    html.empty("input", {{"id", "filter-text"},
                         {"type", "search"},
                         {"placeholder", "Client ID, thing, certificate or topic"},
                         {"aria-label", "Show connections that contain this text"}});
    html.element("select", {{"id", "filter-result"}, {"aria-label", "Show connections with this result"}}, [&] {
      html.element("option", {{"value", ""}}, "All results");
      write_option(html, "failure", "Failed");
      write_option(html, "warning", "Warning");
      write_option(html, "fault", "Fault");
      write_option(html, "good", "Worked");
    });
    html.element("button", {{"id", "open-all"}, {"type", "button"}}, "Open all");
    html.element("button", {{"id", "close-all"}, {"type", "button"}}, "Close all");
    html.element("output", {{"id", "filter-shown"}, {"aria-live", "polite"}}, "");
  });
}

std::size_t connection_count(const History& history) {
  std::size_t count = 0;
  for (const auto& run : history.runs) count += run.connections.size();
  return count;
}

}  // namespace

void write_connections(Html& html, const History& history) {
  const std::size_t count = connection_count(history);
  if (count == 0) return;
  std::size_t opened = 0;
  html.element("section", {{"id", "connections"}}, [&] {
    html.element("h2", {}, "Connections");
    if (count > 3) write_filter(html);
    for (std::size_t i = 0; i < history.runs.size(); ++i) {
      const Run& run = history.runs[i];
      if (history.runs.size() > 1) {
        html.element("h3", {}, "Run " + std::to_string(i + 1) + " of " + std::to_string(history.runs.size()));
        write_run_facts(html, run);
      }
      for (const auto& [number, connection] : run.connections) {
        const bool has_problem = connection.tone >= Tone::kFault || count == 1;
        const bool open = has_problem && opened < kOpenMax;
        opened += open ? 1 : 0;
        write_connection(html, i, connection, open);
      }
    }
  });
}

}  // namespace fleet_provision::simulator
