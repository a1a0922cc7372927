// The quick check of JSON in a batch, against the library: a text that it takes is JSON by the rules of all readers,
// and has the members that the library finds, each with the same value.
#include "batch/record/plain_json.hpp"

#include <nlohmann/json.hpp>

#include "codec/json_text.hpp"
#include "tests/fuzz/target.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const auto members = plain_members(text);
  if (!members) return 0;
  must_hold(!json_fault(text), "what is plain has no fault");
  const auto tree = nlohmann::json::parse(text, nullptr, false);
  must_hold(tree.is_object() && tree.size() == members->size(), "the members are those of the object");
  for (const PlainMember& each : *members) {
    const auto found = tree.find(each.name);
    must_hold(found != tree.end(), "a member is there");
    const auto value = shallow_value(each.value);
    must_hold(value.type() == found->type(), "a value has its type");
    must_hold(found->is_structured() ? value.empty() : value == *found, "a value is the same");
  }
  return 0;
}
