// The check in front of every reader of JSON files, against the parser of the library: what the check lets through is
// JSON, and what it rejects for another reason than its own rules is none.
#include "codec/json_text.hpp"

#include <nlohmann/json.hpp>

#include "core/file_format.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

/// Without what json_fault ignores: a byte order mark, NUL bytes and whitespace at the end.
std::string_view without_ignored(std::string_view text) {
  text = without_byte_order_mark(text);
  return text.substr(0, text.find_last_not_of(std::string_view("\0 \t\r\n", 5)) + 1);
}

/// Rules of ours that the library does not have.
bool is_own_rule(const std::string& what) {
  return what.find("nested too deeply") != std::string::npos || what.find("twice") != std::string::npos ||
         what.find("again") != std::string::npos || what.find("NUL") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const auto fault = json_fault(text);
  const std::string_view rest = without_ignored(text);
  // The library takes a second byte order mark for one as well.
  const bool accepted = without_byte_order_mark(rest) == rest && nlohmann::json::accept(rest);
  if (!fault) {
    must_hold(accepted, "what has no fault is JSON");
    return 0;
  }
  must_hold(!accepted || is_own_rule(fault->what), ("JSON is rejected only by our own rules: " + fault->what).c_str());
  const std::string message = fault->message();
  must_hold(printable(message, 8 * message.size()) == message, "a fault can be shown");
  must_hold(printable(fault->hint, 8 * fault->hint.size() + 8) == fault->hint, "a hint can be shown");
  must_hold(fault->position.line >= 1 && fault->position.column >= 1, "a fault has a place");
  return 0;
}
