// Text from outside: what a terminal is shown, and what each parser makes of a name, an address, a date, a topic.
#include <algorithm>

#include "aws/endpoint_parser.hpp"
#include "core/plan.hpp"
#include "core/wall_time.hpp"
#include "tests/fuzz/refusal.hpp"

#ifdef WITH_SIMULATOR
#include "service/topics.hpp"
#endif

using namespace fleet_provision;

namespace {

void shown(std::string_view text) {
  const std::string once = printable(text, 8 * text.size() + 8);
  must_hold(is_utf8(once), "what is shown is UTF-8");
  must_hold(std::none_of(once.begin(), once.end(), [](char each) { return (each >= 0 && each < ' ') || each == 0x7F; }),
            "no control character is shown");
  must_hold(printable(once, 2 * once.size() + 8) == once, "what is shown can be shown");
  must_hold(printable(text, 20).size() <= 20 + 8, "no more is shown than was asked for");
}

void parsed(std::string_view text) {
  if (const auto endpoint = parse_endpoint(text, std::nullopt); !endpoint)
    refused_as(endpoint.error(), ErrorKind::kUsage);
  if (const auto name = parse_template_name(text); !name) refused_as(name.error(), ErrorKind::kUsage);
  if (const auto id = parse_client_id(text); id) must_hold(is_utf8(*id) && id->size() <= 128, "a client id is text");
  const auto filled = fill_placeholders(text, {{"SerialNumber", "4711"}});
  if (!filled) refused_as(filled.error(), ErrorKind::kUsage);
  if (const auto time = parse_rfc3339(text)) {
    must_hold(parse_rfc3339(rfc3339(*time)) == time, "a date survives being written");
  }
  if (is_thing_name(text)) must_hold(printable(text, 200) == text, "a thing name needs no escapes");
}

#ifdef WITH_SIMULATOR
void matched(std::string_view text) {
  const std::size_t middle = text.find('\n');
  const std::string_view filter = text.substr(0, middle);
  const std::string_view topic = middle == std::string_view::npos ? filter : text.substr(middle + 1);
  if (simulator::filter_matches(filter, topic) && filter.find_first_of("+#") == std::string_view::npos) {
    must_hold(filter == topic, "a filter without wildcards matches itself");
  }
  if (simulator::parse_request_topic(topic)) must_hold(!simulator::is_response_topic(topic), "a topic asks or answers");
}
#endif

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, std::min<std::size_t>(size, 5000));
  shown(text);
  parsed(text);
#ifdef WITH_SIMULATOR
  matched(text);
#endif
  return 0;
}
