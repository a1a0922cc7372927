// Lines of an event log for the tests of the report, and what becomes of them.
#pragma once

#include <string>

#include "report/history_builder.hpp"
#include "report/log_reader.hpp"
#include "report/page.hpp"

namespace fleet_provision::simulator {

/// A line of a log: `fields` are members as JSON, without braces.
inline std::string line(const std::string& event, const std::string& fields, const std::string& time = "06:12:00.000") {
  return R"({"time":"2026-11-23T)" + time + R"(Z","event":")" + event + "\"" + (fields.empty() ? "" : "," + fields) +
         "}\n";
}

inline std::string on(int connection, const std::string& fields) {
  const std::string number = std::to_string(connection);
  return R"("connection":)" + number + R"(,"clientId":"client-)" + number + "\"," + fields;
}

inline std::string connect(int connection, const std::string& principal = "claim") {
  return line("connect", on(connection, R"("mqttVersion":"5","principal":")" + principal +
                                            R"(","certificateId":"cc","result":"accepted")"));
}

inline std::string created(int connection, const std::string& id, const std::string& more = R"("result":"sent")") {
  return line("answer", on(connection, R"("topic":"t","operation":"CreateCertificateFromCsr","certificateId":")" + id +
                                           "\"," + more));
}

inline std::string registered(int connection, const std::string& thing,
                              const std::string& more = R"("result":"sent")") {
  return line("answer",
              on(connection, R"("topic":"t","operation":"RegisterThing","thingName":")" + thing + "\"," + more));
}

inline History history_of(const std::string& log, const HistoryLimits& limits = {}) {
  HistoryBuilder builder(limits);
  LogReader reader([&builder](const Event& event) { builder.add(event); });
  reader.feed(log);
  reader.finish();
  return builder.finish();
}

inline std::string page_from(const std::string& log) {
  return page_of(history_of(log), {});
}

inline std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace fleet_provision::simulator
