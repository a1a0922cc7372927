#include "cli/command.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

struct CommandRow {
  Command command;
  std::string_view word;
  std::string_view purpose;
};

constexpr std::array kCommandRows{
    CommandRow{Command::kProvision, "", "provision this gateway with its own AWS IoT identity"},
    CommandRow{Command::kCheck, "check", "check configuration, connectivity and permissions without creating anything"},
    CommandRow{Command::kVerify, "verify", "connect with the installed identity"},
    CommandRow{Command::kStatus, "status", "show what the state directory holds; offline"},
    CommandRow{Command::kPolicy, "policy", "print the least-privilege claim policy for these options; offline"},
    CommandRow{Command::kRotate, "rotate",
               "replace the current key and certificate, authenticated by the current ones"},
    CommandRow{Command::kBatch, "batch", "provision many gateways from one station, one for each row of a manifest"},
};

constexpr auto kWithWord = [] {
  std::array<Command, kCommandRows.size() - 1> all{};
  for (std::size_t i = 1; i < kCommandRows.size(); ++i) all[i - 1] = kCommandRows[i].command;
  return all;
}();

const CommandRow& row_of(Command command) {
  return kCommandRows[static_cast<std::size_t>(command)];
}

constexpr bool command_rows_are_in_order() {
  for (std::size_t i = 0; i < kCommandRows.size(); ++i) {
    if (static_cast<std::size_t>(kCommandRows[i].command) != i) return false;
  }
  return true;
}
static_assert(command_rows_are_in_order());

template <std::size_t n>
bool one_of(OptionId id, const std::array<OptionId, n>& options) {
  return std::find(options.begin(), options.end(), id) != options.end();
}

/// Options for configuration files and output, which apply to every command.
bool is_common(OptionId id) {
  const OptionGroup group = row(id).group;
  return group == OptionGroup::kConfiguration || group == OptionGroup::kOutput;
}

/// Whether the command starts from the identity in the state directory.
bool needs_identity(Command command) {
  return command == Command::kVerify || command == Command::kRotate;
}

}  // namespace

std::string_view word(Command command) {
  return row_of(command).word;
}

std::string_view purpose(Command command) {
  return row_of(command).purpose;
}

std::span<const Command> commands() {
  return kWithWord;
}

std::optional<Command> find_command(std::string_view word) {
  for (const CommandRow& each : kCommandRows) {
    if (!each.word.empty() && each.word == word) return each.command;
  }
  return std::nullopt;
}

std::string_view nearest_command(std::string_view word) {
  std::vector<std::string_view> words;
  for (const Command each : commands()) words.push_back(fleet_provision::word(each));
  return nearest(word, words);
}

std::optional<Command> only_command_of(OptionId id) {
  if (row(id).group == OptionGroup::kCheck) return Command::kCheck;
  if (row(id).group == OptionGroup::kPolicy) return Command::kPolicy;
  if (row(id).group == OptionGroup::kBatch) return Command::kBatch;
  if (row(id).group == OptionGroup::kStatus) return Command::kStatus;
  return std::nullopt;
}

bool applies_to(Command command, OptionId id) {
  if (const auto only = only_command_of(id)) return *only == command;
  const OptionGroup group = row(id).group;
  switch (command) {
    case Command::kProvision: return true;
    case Command::kCheck:
      return id == OptionId::kRemoveClaim || (group != OptionGroup::kPostInstall && id != OptionId::kOwner &&
                                              id != OptionId::kAttempts && id != OptionId::kSplay);
    case Command::kVerify:
      return is_common(id) || group == OptionGroup::kService || group == OptionGroup::kKeyDevices ||
             group == OptionGroup::kRun ||
             one_of(id, std::array{OptionId::kParameter, OptionId::kParameters, OptionId::kKey, OptionId::kStateDir,
                                   OptionId::kVerifyClientId});
    case Command::kStatus: return is_common(id) || id == OptionId::kStateDir;
    case Command::kPolicy:
      return is_common(id) || one_of(id, std::array{OptionId::kEndpoint, OptionId::kTemplate, OptionId::kClientId,
                                                    OptionId::kMethod, OptionId::kPayloadFormat});
    case Command::kRotate:
      return group != OptionGroup::kClaim && id != OptionId::kVerify && id != OptionId::kRemoveClaim;
    case Command::kBatch: return id != OptionId::kRemoveClaim && id != OptionId::kStateDir;
  }
  return true;
}

std::string_view help_of(Command command, const OptionRow& option) {
  if (command == Command::kCheck && option.id == OptionId::kRemoveClaim) {
    return "also check that claim certificate and key can be deleted; nothing is deleted";
  }
  if (command == Command::kPolicy && option.id == OptionId::kEndpoint) {
    return "AWS IoT data endpoint, which gives region and partition";
  }
  if (needs_identity(command) && option.id == OptionId::kEndpoint) {
    return "AWS IoT data endpoint, or any broker with the same API [default: endpoint of the identity]";
  }
  if (needs_identity(command) && option.id == OptionId::kTemplate) {
    return "name of the provisioning template [default: template of the identity]";
  }
  if (command == Command::kVerify && option.id == OptionId::kKey) {
    return "private key of the identity: a PEM file, handle:0x81... or pkcs11:...; required if the identity neither "
           "holds nor names it";
  }
  if (command == Command::kVerify && option.id == OptionId::kVerifyClientId) {
    return "MQTT client ID; {Name} is replaced by the template parameter Name [default: the thing name]";
  }
  if (command == Command::kRotate && option.id == OptionId::kForce) {
    return "discard an unfinished rotation that was started with other options";
  }
  return option.help;
}

std::string_view default_of(Command command, const OptionRow& option) {
  if (needs_identity(command) && option.id == OptionId::kPort) return "port of the identity, or 8883 with --endpoint";
  if (command == Command::kRotate && option.id == OptionId::kKeyStore) return "kind of store of the current key";
  return option.default_value;
}

}  // namespace fleet_provision
