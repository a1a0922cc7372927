// The payload and the topic of a client's request to the simulator. The first byte of the input says whether the
// payload is JSON or CBOR. Nothing, or a value that is the same when it is written and read again.
#include "service/request.hpp"

#include "core/text.hpp"
#include "service/decode.hpp"
#include "service/encode.hpp"
#include "service/topics.hpp"
#include "tests/fuzz/target.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

namespace {

void read_value(std::string_view payload, Encoding encoding) {
  const auto value = decode(payload, encoding);
  if (!value || value->members() == nullptr) return;
  must_hold(is_utf8(json_text(*value)), "a value can be written for people");
  for (const bool indefinite : {false, true}) {
    const std::string once = encode(*value->members(), encoding, {indefinite, indefinite});
    const auto again = decode(once, encoding);
    must_hold(again.has_value() && again->members() != nullptr, "what was written can be read");
    // Once: a number that is written as a double may lose digits.
    must_hold(encode(*again->members(), encoding, {indefinite, indefinite}) == once, "a value survives being written");
  }
}

void read_request(std::string_view payload, Encoding encoding) {
  const auto request = Request::decode(payload, encoding);
  const auto value = decode(payload, encoding);
  must_hold(request.has_value() == ((value && value->members() != nullptr) || payload.empty()), "a request is a map");
  if (!request) return;
  const auto& token = request->text("certificateOwnershipToken");
  must_hold(token.state == Request::Text::State::kText || token.text.empty(), "a text is one");
  const auto& parameters = request->parameters();
  must_hold(parameters.wrong_type || !parameters.wrong_member, "a member of a wrong type is one");
  must_hold(!parameters.wrong_member || !parameters.map.contains(*parameters.wrong_member), "it has no text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encoding = (data[0] & 1) != 0 ? Encoding::kCbor : Encoding::kJson;
  const std::string_view payload = as_text(data + 1, size - 1);
  read_value(payload, encoding);
  read_request(payload, encoding);
  return 0;
}
