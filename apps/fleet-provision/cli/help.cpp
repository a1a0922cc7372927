#include "cli/help.hpp"

#include <optional>
#include <string_view>

#include "build_info.hpp"
#include "cli/option_table.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kHelpColumn = 31;

constexpr std::string_view kUsage = R"(usage: fleet-provision [OPTIONS]
       fleet-provision COMMAND [OPTIONS]

Gives this gateway its own AWS IoT identity by fleet provisioning with a claim certificate; does
nothing if the gateway already has one for this request.
)";

constexpr std::string_view kCheckText = R"(
Checks files, clock and state directory, then connects to the service and subscribes the response
topics. Two probes, which the service must reject and which create nothing, show whether the claim
may publish requests and receive responses. Nothing is written.

Exit codes: those of a run.
)";

constexpr std::string_view kVerifyText = R"(
Connects with the identity in the state directory and stores the time there (verifiedAt). Endpoint
and port are those of the identity, unless others are given.

Exit codes:
    0  the identity may connect                     66  there is no identity
   65  the identity is damaged                      75  the server cannot be reached now
   77  the identity is refused                      the others are those of a run
)";

constexpr std::string_view kStatusText = R"(
Reads the state directory and nothing else: the identity, an unfinished run and its next step, and
the previous identity. --env prints them as variables for sh and systemd.

Exit codes:
    0  provisioned                                  75  unfinished: rerun fleet-provision to resume
   66  the state directory holds nothing            65  damaged; the message names the damage
)";

constexpr std::string_view kPolicyText = R"(
Prints an AWS IoT policy document that allows what a run with these options does and nothing else.
A {Name} in --client-id becomes *, because one claim serves many gateways.

Example:
    fleet-provision policy --endpoint abc123-ats.iot.eu-central-1.amazonaws.com \
        --account 123456789012 --template gateway >claim-policy.json
    aws iot create-policy --policy-name claim --policy-document file://claim-policy.json
)";

constexpr std::string_view kRotateText = R"(
Requests a new certificate with the current identity, without a claim, and connects with the new
one before installing it; the old identity is kept as previous/. Rerun the same command to resume
an interrupted rotation; until it ends the current identity stays as it is.

Endpoint, port and template are those of the identity, unless others are given; the parameters
must be those it was made with. The client ID is --verify-client-id, else the thing's name: the
service disconnects any other client with that ID. The policy of the identity must allow what the
claim's policy does (`fleet-provision policy`). The service keeps the replaced certificate active:
deactivate it there.

Exit codes:
    0  rotated                                      66  there is no identity
   65  damaged, or made for another request         77  the identity is refused, or its policy
   75  temporary failure: state is kept, rerun          denies something; the others are those of
                                                        a run

Example:
    fleet-provision rotate -P SerialNumber=4711 --on-success /usr/libexec/restart-agent
)";

constexpr std::string_view kSources = R"(
The option --claim-cert is also the configuration key "claim-cert" and the environment variable
FLEET_PROVISION_CLAIM_CERT (flags are true or false; -P is one KEY=VALUE a line). The command line
wins over the environment, and that over the files; empty variables are ignored.
)";

constexpr std::string_view kExamples = R"(
Examples:
  Against AWS, with the serial number from the device tree:
    fleet-provision --endpoint abc123-ats.iot.eu-central-1.amazonaws.com --template gateway \
        --claim-cert claim.pem --claim-key claim.key \
        -P SerialNumber=@/proc/device-tree/serial-number

  With a claim that is valid for five minutes, from the AWS CLI:
    aws iot create-provisioning-claim --template-name gateway |
        fleet-provision --claim - --endpoint "$ENDPOINT" --template gateway -P SerialNumber=4711

  In a CI job, one attempt, with a JSON result:
    fleet-provision --endpoint localhost --ca-file ca.pem --template gateway \
        --claim-cert claim.pem --claim-key claim.key -P SerialNumber=4711 \
        --state-dir ./gateway --attempts 1 --json

  On this machine, against the simulator of the service:
    fleet-provision-simulator -- fleet-provision -P SerialNumber=4711 --state-dir ./gateway
)";

constexpr std::string_view kExitCodes = R"(
Exit codes:
    0  provisioned, now or already
   64  bad option, value or combination            65  a file or identity is not as it should be
   66  a named file is missing or unreadable       69  the service rejected the request
   70  a fault of the tool, or of --on-success     73  the state directory cannot be written
   74  the disk failed or is full                  75  temporary failure: state is kept, rerun
   76  an unusable response                        77  TLS, the broker or a policy refuses
   78  a bad configuration file             130, 143  stopped by SIGINT, SIGTERM; state is kept
)";

/// `text` in lines that start at kHelpColumn; the first continues at `column`.
void append_wrapped(std::string& out, std::size_t column, std::string_view text) {
  const auto start_line = [&out, &column] {
    out += "\n" + std::string(kHelpColumn, ' ');
    column = kHelpColumn;
  };
  if (column + 2 > kHelpColumn) {
    start_line();
  } else {
    out += std::string(kHelpColumn - column, ' ');
    column = kHelpColumn;
  }
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (!text.empty()) text.remove_prefix(1);
    const bool first = column == kHelpColumn;
    if (!first && column + 1 + word.size() > kHelpColumns) {
      start_line();
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
}

/// What an option does in this command, where that is not what it does in a run.
std::string_view help_in(Command command, const OptionRow& option) {
  if (command == Command::kCheck && option.id == OptionId::kRemoveClaim) {
    return "check too that claim certificate and key can be deleted; nothing is deleted";
  }
  if (command == Command::kRotate && option.id == OptionId::kForce) {
    return "discard an unfinished rotation that was started with other options";
  }
  return option.help;
}

void append_option(std::string& out, Command command, const OptionRow& option) {
  std::string left = option.letter == 0 ? "      " : std::string("  -") + option.letter + ", ";
  left += "--" + std::string(option.name);
  if (!option.metavar.empty()) left += " " + std::string(option.metavar);
  out += left;
  std::string help(help_in(command, option));
  if (!option.default_value.empty()) help += " [default: " + std::string(option.default_value) + "]";
  append_wrapped(out, left.size(), help);
  out += "\n";
}

std::string usage_of(Command command) {
  return "usage: fleet-provision " + std::string(word(command)) + " [OPTIONS]\n";
}

void append_commands(std::string& out) {
  out += "\nCommands (`fleet-provision COMMAND --help` tells more):\n";
  for (const Command each : commands()) {
    const std::string left = "      " + std::string(word(each));
    out += left;
    append_wrapped(out, left.size(), purpose(each));
    out += "\n";
  }
}

}  // namespace

std::string help_text(Command command) {
  std::string text = command == Command::kProvision ? std::string(kUsage) : usage_of(command);
  if (command == Command::kProvision) append_commands(text);
  if (command == Command::kCheck) text += kCheckText;
  if (command == Command::kVerify) text += kVerifyText;
  if (command == Command::kStatus) text += kStatusText;
  if (command == Command::kPolicy) text += kPolicyText;
  if (command == Command::kRotate) text += kRotateText;
  std::optional<OptionGroup> group;
  for (const OptionRow& option : option_table()) {
    if (!applies_to(command, option.id)) continue;
    if (group != option.group) {
      group = option.group;
      text += "\n" + std::string(heading(option.group)) + ":\n";
    }
    append_option(text, command, option);
  }
  text += kSources;
  if (command != Command::kProvision) return text;
  text += kExitCodes;
  text += kExamples;
  return text;
}

std::string version_text() {
  return "fleet-provision " + std::string(kProgramVersion) + "\n";
}

}  // namespace fleet_provision
