// The command line: arguments between NUL bytes or line feeds, up to an empty one; what follows is the value of an
// environment variable. Refused with a message that can be shown, or settings whose values are read or refused.
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/option_table.hpp"
#include "config/options.hpp"
#include "config/owner.hpp"
#include "tests/fuzz/bytes_reader.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

constexpr std::size_t kArgumentsMax = 12;

/// Configuration files have a target of their own, and this one opens no file.
bool names_file(const std::string& argument) {
  return argument.find("conf") != std::string::npos || argument.find("-c") != std::string::npos;
}

template <class Value>
void taken_or_refused(const Result<Value>& value) {
  if (!value)
    refused_as(value.error(),
               value.error().kind == ErrorKind::kConfiguration ? ErrorKind::kConfiguration : ErrorKind::kUsage);
}

void read_values(const Options& options) {
  for (const OptionRow& option : option_table()) {
    switch (option.value) {
      case OptionValue::kFlag: taken_or_refused(options.flag(option.id)); break;
      case OptionValue::kCount: taken_or_refused(options.count(option.id)); break;
      case OptionValue::kNumber: taken_or_refused(options.number(option.id, {1, 65535})); break;
      default: break;
    }
    if (const auto text = options.text(option.id)) {
      (void)seconds_of(*text, {std::chrono::milliseconds{1}, std::chrono::hours{24}});
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesReader input(as_text(data, size));
  std::vector<std::string> arguments;
  while (!input.at_end() && arguments.size() < kArgumentsMax) {
    std::string argument(input.text());
    if (argument.empty()) break;
    if (!names_file(argument)) arguments.push_back(std::move(argument));
  }
  const auto split = split_command_line(arguments);
  if (!split) {
    refused_as(split.error(), ErrorKind::kUsage);
    (void)command_of(arguments);
    return 0;
  }
  must_hold(command_of(arguments) == split->command, "the command is the same");
  Environment environment;
  if (!input.at_end()) environment["FLEET_PROVISION_TIMEOUT"] = std::string(input.text());
  if (!input.at_end()) environment["FLEET_PROVISION_" + std::string(input.text())] = "1";
  const auto options = Options::read(arguments, environment, "/nonexistent");
  if (!options) {
    refused_as(options.error(), ErrorKind::kUsage);
    return 0;
  }
  read_values(*options);
  return 0;
}
