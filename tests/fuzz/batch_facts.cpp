// `batch.json`: refused by value, or the same when written and read again.
#include "batch/record/batch_facts.hpp"

#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = parse_batch_facts(as_text(data, size));
  if (!facts) {
    refused_as(facts.error(), ErrorKind::kResultsDamaged);
    return 0;
  }
  const std::string once = to_json(*facts);
  must_hold(once.ends_with('\n'), "a file ends with a line feed");
  const auto again = parse_batch_facts(once);
  must_hold(again.has_value(), "what was written can be read");
  must_hold(to_json(*again) == once, "the facts survive being written");
  return 0;
}
