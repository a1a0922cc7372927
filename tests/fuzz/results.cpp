// results.jsonl, whatever a power cut, a disk or a hand has made of it: refused by value and left as it is, or repaired
// once, and then every line that was found is there for good.
#include <memory>

#include "batch/record/results.hpp"
#include "tests/fakes/memory_file.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

namespace {

void read_as_line(std::string_view bytes) {
  const auto result = parse_result_line(bytes);
  if (!result) {
    refused_as(result.error(), ErrorKind::kResultsDamaged);
    return;
  }
  const std::string line = result_line(*result);
  must_hold(line.size() <= kResultLineMax && line.find('\n') == line.size() - 1, "a result is one line");
  const auto again = parse_result_line(std::string_view(line).substr(0, line.size() - 1));
  must_hold(again.has_value(), "what was written can be read");
  must_hold(result_line(*again) == line, "a line survives being written");
}

Result<Results> open(fakes::Bytes& file, std::vector<std::string>& warnings) {
  return Results::open(std::make_unique<fakes::MemoryFile>(file), warnings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_as_line(as_text(data, size));
  fakes::Bytes file{std::string(as_text(data, size))};
  std::vector<std::string> warnings;
  auto results = open(file, warnings);
  if (!results) {
    refused_as(results.error(), ErrorKind::kResultsDamaged);
    must_hold(file.bytes == as_text(data, size), "a file that is refused stays as it is");
    return 0;
  }
  must_hold(warnings.empty() == (file.bytes == as_text(data, size)), "a repair is told");
  const Ledger& ledger = results->ledger();
  UnitResult added;
  added.unit = "added";
  must_hold(results->append({added}).has_value(), "a line can be appended");
  warnings.clear();
  const auto again = open(file, warnings);
  must_hold(again.has_value() && warnings.empty(), "after a repair nothing is damaged");
  must_hold(again->ledger().size() == ledger.size() && again->ledger().find("added") != nullptr, "no line is lost");
  for (NameTable::Number unit = 0; unit < ledger.size(); ++unit) {
    must_hold(again->ledger().name(unit) == ledger.name(unit), "units keep their order");
  }
  return 0;
}
