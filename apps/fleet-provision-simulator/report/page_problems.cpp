// What went wrong: one plain sentence for what happened and one for what to do.
#include "report/page_parts.hpp"
#include "service/encode.hpp"

namespace fleet_provision::simulator {

namespace {

const char* tag_of(Tone tone) {
  switch (tone) {
    case Tone::kFailure: return "✕ Failure";
    case Tone::kWarning: return "! Warning";
    case Tone::kFault: return "◆ Injected fault";
    case Tone::kPlain:
    case Tone::kGood: return "";
  }
  return "";
}

// The end of an ARN, which tells one from another: `topicfilter/a/b`.
std::string short_resource(const std::string& arn) {
  std::size_t at = 0;
  for (int colons = 0; colons < 5; ++colons) {
    at = arn.find(':', at);
    if (at == std::string::npos) return arn;
    ++at;
  }
  return arn.substr(at);
}

std::string sentence_of(const Problem& problem) {
  if (!problem.missing || problem.missing->resources.empty()) return problem.what;
  const auto& resources = problem.missing->resources;
  if (resources.size() == 1) return problem.what + " " + short_resource(resources.front()) + ".";
  return problem.what + " " + counted(resources.size(), "resource") + ".";
}

Value statement_of(const MissingPermission& missing) {
  return Value{Members{{"Effect", text_value("Allow")},
                       {"Action", text_value(missing.action)},
                       {"Resource", missing.resources.size() == 1 ? text_value(missing.resources.front())
                                                                  : list_value(missing.resources)}}};
}

void write_sentences(Html& html, const Problem& problem) {
  html.element("p", {{"class", "what"}}, sentence_of(problem));
  if (!problem.advice.empty()) html.element("p", {{"class", "advice"}}, problem.advice);
}

void write_places(Html& html, const History& history, const ProblemGroup& group) {
  html.element("p", {{"class", "places"}}, [&] {
    bool first = true;
    for (const auto& place : group.places) {
      if (place.connection == 0) continue;
      html.text(first ? "In " : ", ");
      first = false;
      const std::string run = history.runs.size() > 1 ? "run " + std::to_string(place.run + 1) + ", " : "";
      html.element("a", {{"href", "#" + anchor(place.run, place.connection)}},
                   run + "connection " + std::to_string(place.connection) +
                       (place.client_id.empty() ? "" : ", " + place.client_id.substr(0, 80)));
    }
    if (group.count > group.places.size()) html.text(" and " + counted(group.count - group.places.size(), "other"));
  });
}

}  // namespace

void write_problem_at_step(Html& html, const Problem& problem) {
  write_sentences(html, problem);
  if (problem.missing)
    html.element("p", {}, [&] { html.element("code", {}, json_text(statement_of(*problem.missing))); });
}

void write_problems(Html& html, const History& history) {
  if (history.problems.empty()) return;
  const bool failed = history.problems.front().problem.tone == Tone::kFailure;
  html.element("section", {{"id", "problems"}}, [&] {
    html.element("h2", {}, failed ? "What went wrong" : "What to know");
    html.element("ol", {}, [&] {
      for (const auto& group : history.problems) {
        const std::string tone = class_of(group.problem.tone);
        html.element("li", {{"class", "problem " + tone}, {"data-problem", tone}}, [&] {
          html.element("p", {{"class", "tag"}}, tag_of(group.problem.tone));
          write_sentences(html, group.problem);
          if (const auto& missing = group.problem.missing) {
            html.element("pre", {}, [&] {
              html.element("code", {}, [&] { html.lines(indented_json_text(statement_of(*missing))); });
            });
          }
          write_places(html, history, group);
        });
      }
    });
    if (history.omitted_problems != 0) {
      html.element("p", {{"class", "note"}}, "Further problems are not listed here; they are marked below.");
    }
  });
}

}  // namespace fleet_provision::simulator
