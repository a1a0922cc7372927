// An event log of the simulator: always a page, with no element that the page's writer did not make.
#include "core/text.hpp"
#include "report/history_builder.hpp"
#include "report/log_reader.hpp"
#include "report/page.hpp"
#include "tests/fuzz/target.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

namespace {

std::size_t times(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// The elements without an end tag are meta and input.
bool is_balanced(std::string_view page) {
  const std::size_t unclosed = times(page, "<meta") + times(page, "<input") + times(page, "<!DOCTYPE");
  return times(page, "<") == 2 * times(page, "</") + unclosed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The smaller limits are reached by small inputs.
  HistoryBuilder builder({.steps = 6, .steps_max = 12, .connections = 4, .certificates = 3, .problems = 3, .runs = 3});
  LogReader reader([&builder](const Event& event) { builder.add(event); });
  const std::string_view log = as_text(data, size);
  reader.feed(log.substr(0, size / 2));
  reader.feed(log.substr(size / 2));
  reader.finish();
  const History history = builder.finish();
  must_hold(history.counts.events == reader.events(), "each event is counted");
  const std::string page = page_of(history, {reader.other_lines(), reader.first_other_line()});
  must_hold(is_utf8(page), "a page is text");
  // The style sheet that all pages share, and that of this page.
  must_hold(times(page, "<script") == 1 && times(page, "<style") == 2, "the only script and style sheets are ours");
  must_hold(is_balanced(page), "each element ends");
  return 0;
}
