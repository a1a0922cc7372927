// What a child of a batch writes: its JSON result on stdout, its log lines on stderr, cut into two pieces anywhere.
// Nothing, or a result whose line can be read again; lines without line feeds and of bounded length.
#include "batch/run/child_result.hpp"

#include <vector>

#include "batch/run/line_reader.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

namespace {

std::vector<std::string> lines_of(std::string_view bytes, std::size_t cut) {
  std::vector<std::string> lines;
  const auto keep = [&lines](std::string_view line) { lines.emplace_back(line); };
  LineReader reader;
  reader.take(bytes.substr(0, cut), keep);
  reader.take(bytes.substr(cut), keep);
  reader.finish(keep);
  return lines;
}

void read_lines(std::string_view bytes) {
  const auto whole = lines_of(bytes, 0);
  must_hold(whole == lines_of(bytes, bytes.size() / 2), "pieces make no difference");
  for (const std::string& each : whole) {
    must_hold(each.find('\n') == std::string::npos && each.size() <= LineReader::kLineMax, "a line is one line");
    (void)says_throttled(each);
    must_hold(is_utf8(each) ? is_utf8(message_of(each)) : true, "the message of a text is a text");
  }
}

void read_result(std::string_view json) {
  for (const int exit_code : {0, 75}) {
    UnitResult result;
    result.unit = "unit";
    if (!fill_from_json(result, json, exit_code)) {
      must_hold(result.kind.empty() && result.message.empty() && result.run_result == "null",
                "the result is unchanged");
      continue;
    }
    const std::string line = result_line(result);
    must_hold(line.size() <= kResultLineMax && line.find('\n') == line.size() - 1, "a result is one line");
    const auto again = parse_result_line(std::string_view(line).substr(0, line.size() - 1));
    must_hold(again.has_value(), "what was written can be read");
    must_hold(result_line(*again) == line, "a line survives being written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_lines(as_text(data, size));
  read_result(as_text(data, size));
  return 0;
}
