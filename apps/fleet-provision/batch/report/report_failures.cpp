// What failed, by kind: how many units, what to do, and the first of them. Thing names that several units were given.
#include "batch/report/report_page_parts.hpp"

namespace fleet_provision::batch {
namespace {

/// A text in the fragment of an address (RFC 3986): all but letters, digits, `-`, `.` and `_` is encoded.
std::string fragment_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char each : text) {
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
                       std::string_view("-._").find(each) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(each);
    if (plain) {
      encoded += each;
    } else {
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return encoded;
}

std::string tag_of(const FailureGroup& group) {
  const std::string units = counted(group.count, "unit");
  if (group.retryable == 0) return "✕ Failed for good: " + units;
  if (group.retryable == group.count) return "! Can be rerun: " + units;
  return "✕ " + units + ", of which " + grouped(group.retryable) + " can be rerun";
}

void write_group(Html& html, const FailureGroup& group) {
  const char* tone = group.retryable == group.count ? "warning" : "failure";
  html.element("li", {{"class", std::string("problem ") + tone}, {"data-kind", group.kind}}, [&] {
    html.element("p", {{"class", "tag"}}, tag_of(group));
    html.element("h3", {{"class", "what"}}, [&] { html.element("code", {}, group.kind); });
    for (const std::string& hint : group.hints) {
      html.element("p", {{"class", "advice"}}, [&] {
        html.element("span", {{"class", "muted"}}, "What to do: ");
        html.text(hint);
      });
    }
    html.element("ul", {{"class", "examples"}}, [&] {
      for (const auto& example : group.examples) {
        html.element("li", {}, [&] {
          html.element("b", {}, example.unit);
          html.element("span", {}, example.message);
        });
      }
    });
    if (group.count == group.examples.size()) return;
    html.element("p", {{"class", "places"}}, [&] {
      html.text("The first " + std::to_string(group.examples.size()) + " of " + grouped(group.count) + " units. ");
      html.element("a", {{"class", "scripted"}, {"hidden", ""}, {"href", "#kind=" + fragment_text(group.kind)}},
                   "Show them all in the table");
    });
  });
}

}  // namespace

void write_failures(Html& html, const ReportSummary& summary) {
  if (summary.failures.empty()) return;
  html.element("section", {{"id", "failures"}}, [&] {
    html.element("h2", {}, "What failed");
    html.element("ol", {}, [&] {
      for (const FailureGroup& group : summary.failures) write_group(html, group);
    });
    if (summary.kinds_count > summary.failures.size()) {
      html.element("p", {{"class", "note"}},
                   counted(summary.kinds_count - summary.failures.size(), "further kind") + " not listed here.");
    }
  });
}

void write_shared_things(Html& html, const ReportSummary& summary) {
  if (summary.shared_things.empty()) return;
  html.element("section", {{"id", "shared-things"}}, [&] {
    html.element("h2", {}, "Thing names given to several units");
    html.element("p", {}, "Make the template's thing name depend on a parameter that differs for each unit.");
    html.element("ul", {{"class", "shared"}}, [&] {
      for (const SharedThing& shared : summary.shared_things) {
        html.element("li", {{"class", "problem failure"}, {"data-thing", ""}}, [&] {
          html.element("p", {{"class", "what"}}, [&] { html.element("code", {}, shared.thing_name); });
          html.element("p", {{"class", "advice"}}, [&] {
            html.text("Units: ");
            for (const std::string& unit : shared.units) {
              html.element("code", {}, unit);
              html.text(&unit == &shared.units.back() ? "" : ", ");
            }
            if (shared.count > shared.units.size()) {
              html.text(" and " + counted(shared.count - shared.units.size(), "other"));
            }
          });
        });
      }
    });
    if (summary.shared_things_count > summary.shared_things.size()) {
      html.element("p", {{"class", "note"}},
                   counted(summary.shared_things_count - summary.shared_things.size(), "further thing name") +
                       " of several units are not listed here.");
    }
  });
}

}  // namespace fleet_provision::batch
