// Things and certificates, joined from the responses of the service.
#include "report/page_parts.hpp"

namespace fleet_provision::simulator {

namespace {

const char* status_text(Certificate::Status status) {
  switch (status) {
    case Certificate::Status::kIssued: return "issued, not registered";
    case Certificate::Status::kRegistered: return "registered";
    case Certificate::Status::kDeleted: return "deleted with its ownership token";
  }
  return "";
}

std::string use_text(const Certificate& certificate) {
  const std::string accepted = certificate.accepted == 0 ? "never" : counted(certificate.accepted, "time");
  return certificate.refused == 0 ? accepted : accepted + ", refused " + counted(certificate.refused, "time");
}

void write_row(Html& html, const Certificate& certificate) {
  html.element("tr", {{"data-certificate", certificate.id}}, [&] {
    html.element("td", {{"class", "thing"}}, certificate.thing_name.empty() ? "–" : certificate.thing_name);
    html.element("td", {{"class", "id"}}, certificate.id);
    html.element("td", {{"class", "short"}}, status_text(certificate.status));
    html.element("td", {{"class", "short"}}, [&] {
      if (certificate.connection == 0) {
        html.text("before this log");
      } else {
        html.element("a", {{"href", "#" + anchor(certificate.run, certificate.connection)}},
                     "connection " + std::to_string(certificate.connection));
      }
    });
    html.element("td", {}, use_text(certificate));
  });
}

}  // namespace

void write_certificates(Html& html, const History& history) {
  if (history.certificates.empty()) return;
  html.element("section", {{"id", "certificates"}}, [&] {
    html.element("h2", {}, "Things and certificates");
    html.element("div", {{"class", "table"}}, [&] {
      html.element("table", {}, [&] {
        html.element("thead", {}, [&] {
          html.element("tr", {}, [&] {
            for (const char* name : {"Thing", "Certificate", "Status", "Issued on", "Connected"}) {
              html.element("th", {{"scope", "col"}}, name);
            }
          });
        });
        html.element("tbody", {}, [&] {
          for (const auto& each : history.certificates) write_row(html, each);
        });
      });
    });
    if (history.omitted_certificates != 0) {
      html.element("p", {{"class", "note"}}, "Further certificates are not listed here.");
    }
  });
}

}  // namespace fleet_provision::simulator
