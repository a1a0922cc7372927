#include "cli/help.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "build_info.hpp"
#include "cli/option_table.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kHelpColumn = 31;

constexpr std::string_view kUsage = R"(usage: fleet-provision [OPTIONS]
       fleet-provision COMMAND [OPTIONS]

Provision this gateway with its own AWS IoT identity (private key, certificate and thing name), by
AWS IoT Fleet Provisioning with a claim certificate. If the gateway already has an identity for the
same request, do nothing.
)";

constexpr std::string_view kCheckText = R"(
Check input files, clock and state directory, then connect to the service and subscribe to the
response topics. Two probe requests, which the service must reject and which create nothing, show
whether the claim may publish requests and receive responses. Nothing is written.

Exit codes: as for provisioning, see `fleet-provision --help`.
)";

constexpr std::string_view kVerifyText = R"(
Connect with the identity in the state directory and record the time there (verifiedAt). Endpoint
and port are taken from the identity unless they are given.

Exit codes:
    0  the identity can connect                     66  there is no identity
   65  the identity is damaged                      75  the server cannot be reached now
   77  the identity is refused
Others are as for provisioning, see `fleet-provision --help`.
)";

constexpr std::string_view kStatusText = R"(
Show the identity in the state directory, an unfinished run with its next step, and the previous
identity. Nothing else is read; nothing is written.

Exit codes:
    0  provisioned                                  75  unfinished: rerun fleet-provision to resume
   66  the state directory is empty                 65  damaged; the message says what is wrong
)";

constexpr std::string_view kPolicyText = R"(
Print an AWS IoT policy document that allows what a run with these options does, and nothing else.
A {Name} in --client-id becomes *, because many gateways share one claim.

Example:
    fleet-provision policy --endpoint abc123-ats.iot.eu-central-1.amazonaws.com \
        --account 123456789012 --template gateway >claim-policy.json
    aws iot create-policy --policy-name claim --policy-document file://claim-policy.json
)";

constexpr std::string_view kRotateText = R"(
Request a new certificate with the current identity instead of a claim, and connect with the new
identity before installing it. The old identity is kept as previous/. Until the new one is installed
the current one stays in use; rerun the same command to resume an interrupted rotation.

Endpoint, port and template are taken from the identity unless they are given; give the same
template parameters as for provisioning. The client ID is --verify-client-id, else the thing name;
the service disconnects any other client with that ID. The policy of the identity must allow what
the claim policy allows (see `fleet-provision policy`). The service keeps the replaced certificate
active: deactivate it in AWS IoT.

Exit codes:
    0  rotated                                      66  there is no identity
   65  damaged, or made for another request         75  temporary failure: state is kept, rerun
   77  the identity is refused, or its policy denies a step
Others are as for provisioning, see `fleet-provision --help`.

Example:
    fleet-provision rotate -P SerialNumber=4711 --on-success /usr/libexec/restart-agent
)";

constexpr std::string_view kBatchText = R"(
Provision one gateway for each row of a manifest, several at a time. Each unit is a run of its own
with its own state directory (units/NAME in --output-dir, or the column --state-dir). Rerun the same
command to resume after any interruption: provisioned units are skipped, the others run again.

The manifest is CSV with a header row, or JSON Lines. A column is a template parameter of that name;
a column whose name begins with -- is an option for that unit (--csr, --key, --owner, --client-id,
...); an empty field counts as not given. The whole manifest is checked before the first
connection.

In --output-dir: results.jsonl (one line per finished unit, synced), report.csv and report.html.

Exit codes:
    0  all units are provisioned                    75  units remain that a rerun may finish
   65  units failed for good, or a bad manifest    130  stopped by SIGINT (Ctrl-C)
   74  no room for results or reports              143  stopped by SIGTERM or SIGHUP
Others are as for provisioning, see `fleet-provision --help`.

Examples:
    fleet-provision batch --manifest units.csv --output-dir line1 --rate 10
    fleet-provision batch --output-dir all --report line1 line2
)";

/// Continues the line of `append_sources`.
constexpr std::string_view kSources = R"( can also be set as a
configuration key ("claim-cert" for --claim-cert; not --config) or environment variable
(FLEET_PROVISION_CLAIM_CERT). Flags are true or false; the variable of -P holds one KEY=VALUE per
line; empty variables are ignored. Precedence: command line, environment, configuration files,
default.
)";

constexpr std::string_view kExamples = R"(
Examples:
  Provision against AWS, with the serial number from the device tree:
    fleet-provision --endpoint abc123-ats.iot.eu-central-1.amazonaws.com --template gateway \
        --claim-cert claim.pem --claim-key claim.key \
        -P SerialNumber=@/proc/device-tree/serial-number

  Use a claim from the AWS CLI that is valid for five minutes:
    aws iot create-provisioning-claim --template-name gateway |
        fleet-provision --claim - --endpoint "$ENDPOINT" --template gateway -P SerialNumber=4711

  Make the key in the TPM, so that a copy of the disk is of no use:
    fleet-provision --endpoint "$ENDPOINT" --template gateway --claim-cert claim.pem \
        --claim-key claim.key -P SerialNumber=4711 --key-store tpm2

  In a CI job, connect once and print the result as JSON:
    fleet-provision --endpoint localhost --ca-file ca.pem --template gateway \
        --claim-cert claim.pem --claim-key claim.key -P SerialNumber=4711 \
        --state-dir ./gateway --attempts 1 --json

  Try it on this machine against the simulator of the service:
    fleet-provision-simulator -- fleet-provision -P SerialNumber=4711 --state-dir ./gateway
)";

constexpr std::string_view kExitCodes = R"(
Exit codes:
    0  provisioned, now or already
   64  bad option, value or combination            65  unusable input file, PIN or identity
   66  a file, token, key or TPM is not there      69  the service rejected the request
   70  internal error, or --on-success failed      73  the state directory cannot be written
   74  disk, TPM or token failed, or disk full     75  temporary failure: state is kept, rerun
   76  unusable response from the service          77  refused by TLS, the broker or a policy
   78  error in the configuration file       130, 143  stopped by SIGINT, SIGTERM; state is kept
)";

/// Appends `text` in lines that start at kHelpColumn; the first line already holds `column` characters.
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

void append_option(std::string& out, Command command, const OptionRow& option) {
  std::string left = option.letter == 0 ? "      " : std::string("  -") + option.letter + ", ";
  left += "--" + std::string(option.name);
  if (!option.metavar.empty()) left += " " + std::string(option.metavar);
  out += left;
  std::string help(help_of(command, option));
  const std::string_view default_value = default_of(command, option);
  if (!default_value.empty()) help += " [default: " + std::string(default_value) + "]";
  append_wrapped(out, left.size(), help);
  out += "\n";
}

/// Where options can be set, and which of this command only on the command line.
void append_sources(std::string& out, Command command) {
  std::vector<std::string_view> names;
  for (const OptionRow& option : option_table()) {
    if (option.scope == OptionScope::kCommandLine && applies_to(command, option.id)) names.push_back(option.name);
  }
  out += "\nEach option but";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view before = i == 0 ? " --" : i + 1 == names.size() ? " and --" : ", --";
    out += std::string(before) + std::string(names[i]);
  }
  out += kSources;
}

std::string usage_of(Command command) {
  return "usage: fleet-provision " + std::string(word(command)) + " [OPTIONS]\n";
}

void append_commands(std::string& out) {
  out += "\nCommands (see `fleet-provision COMMAND --help`):\n";
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
  if (command == Command::kBatch) text += kBatchText;
  std::optional<OptionGroup> group;
  for (const OptionRow& option : option_table()) {
    if (!applies_to(command, option.id)) continue;
    if (group != option.group) {
      group = option.group;
      text += "\n" + std::string(heading(option.group)) + ":\n";
    }
    append_option(text, command, option);
  }
  append_sources(text, command);
  if (command != Command::kProvision) return text;
  text += kExitCodes;
  text += kExamples;
  return text;
}

std::string version_text() {
  return "fleet-provision " + std::string(kProgramVersion) + "\n";
}

}  // namespace fleet_provision
