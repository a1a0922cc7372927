#include "tests/model/gateway.hpp"

#include <map>
#include <utility>

#include "tests/fakes/run_recorder.hpp"
#include "tests/support/plan.hpp"
#include "workflow/commands/provision.hpp"
#include "workflow/commands/rotate.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision::model {
namespace {

using fakes::Reaction;

char digit(std::size_t number) {
  return static_cast<char>('0' + number);
}

/// The letters of the files of pending/ and previous/.
const std::map<std::string, char> kFiles{
    {"certificate.pem", 'c'}, {"device-configuration.json", 'f'},
    {"identity.json", 'i'},   {"identity.json.new", 'n'},
    {"journal", 'j'},         {"journal.new", 'J'},
    {"private-key.pem", 'k'}, {"probe", 'q'},
    {"thing-name", 't'},
};

/// Operations that are not about one file.
const std::map<std::string, std::string> kOperations{
    {"make_root", "M."},
    {"lock", "L."},
    {"make_directory pending", "dp"},
    {"set_mode pending", "mp"},
    {"sync_directory pending", "Sp"},
    {"sync_directory ", "S/"},
    {"rename pending/journal.new pending/journal", "rj"},
    {"rename pending/identity.json.new pending/identity.json", "ri"},
    {"rename identity/identity.json.new identity/identity.json", "rv"},
    {"sync_directory identity", "Si"},
    {"rename pending identity", "rc"},
    {"rename pending previous", "rp"},
    {"rename identity previous", "ro"},
    {"exchange pending identity", "xx"},
    {"remove_directory pending", "Rp"},
    {"remove_directory previous", "Ro"},
};

/// Operations on one file, by their words up to its name.
const std::map<std::string, char> kFileOperations{
    {"write_new pending/", 'w'},   {"sync_file pending/", 's'},    {"set_mode pending/", 'm'},
    {"remove_file pending/", 'u'}, {"remove_file previous/", 'v'}, {"remove_file identity/", 'h'},
    {"write_new identity/", 'y'},  {"set_mode identity/", 'o'},    {"sync_file identity/", 'z'},
};

struct OutcomeRow {
  char letter;
  OutcomeKind kind;
  std::optional<ErrorKind> error;
  ExitCode exit_code;
};

const std::vector<OutcomeRow> kOutcomes{
    {'I', OutcomeKind::kProvisioned, {}, ExitCode::kOk},
    {'A', OutcomeKind::kAlreadyProvisioned, {}, ExitCode::kOk},
    {'T', OutcomeKind::kRotated, {}, ExitCode::kOk},
    {'O', OutcomeKind::kFailed, ErrorKind::kOtherIdentity, ExitCode::kDataError},
    {'N', OutcomeKind::kFailed, ErrorKind::kNotProvisioned, ExitCode::kNoInput},
    {'B', OutcomeKind::kFailed, ErrorKind::kLocked, ExitCode::kTemporaryFailure},
    {'U', OutcomeKind::kFailed, ErrorKind::kUsage, ExitCode::kUsage},
    {'L', OutcomeKind::kFailed, ErrorKind::kCertificateLimit, ExitCode::kTemporaryFailure},
    {'C', OutcomeKind::kFailed, ErrorKind::kConnectionLost, ExitCode::kTemporaryFailure},
    {'X', OutcomeKind::kFailed, ErrorKind::kRejected, ExitCode::kUnavailable},
};

char letter_of(const Outcome& outcome) {
  for (const OutcomeRow& row : kOutcomes) {
    if (row.kind != outcome.kind) continue;
    if (row.error && row.error != outcome.error->kind) continue;
    if (row.error && exit_code(*row.error) != row.exit_code) break;
    return row.letter;
  }
  const std::string what =
      outcome.error ? std::string(word(outcome.error->kind)) + ", " + outcome.error->message : "a kind of success";
  throw Differs{"the model has no such outcome: " + what};
}

}  // namespace

std::string token_of(const std::string& operation) {
  if (const auto found = kOperations.find(operation); found != kOperations.end()) return found->second;
  for (const auto& [words, letter] : kFileOperations) {
    if (operation.rfind(words, 0) != 0) continue;
    const auto file = kFiles.find(operation.substr(words.size()));
    if (file != kFiles.end()) return {letter, file->second};
  }
  throw Differs{"the model has no operation '" + operation + "' (docs/model.md, 'When the code changes')"};
}

class Gateway::SecondDisk final : public crash::MutatingDisk {
 public:
  explicit SecondDisk(Gateway& gateway)
      : crash::MutatingDisk(gateway.disk_, crash::Mutation::kNone), gateway_(gateway) {}
  Result<void> lock() override {
    if (!gateway_.processes_[0].has_lock) return gateway_.disk_.lock();
    gateway_.operation(token_of("lock"));
    return fail(ErrorKind::kLocked, "locked by process 0");
  }

 private:
  Gateway& gateway_;
};

Gateway::Gateway(const World& world, Script& script, crash::Mutation mutation, unsigned nth)
    : world_(world), script_(script) {
  disk_.can_exchange = world.exchanges;
  service_.takes_token_again = world.reuses_tokens;
  processes_[0].disk = std::make_unique<crash::MutatingDisk>(disk_, mutation, nth);
  processes_[1].disk = std::make_unique<SecondDisk>(*this);
  make_first_identities(world.identities);
  scripted_ = true;
  disk_.before = [this](const std::string& each) -> Result<void> {
    operation(token_of(each));
    return {};
  };
  keysmith_.devices.around = [this] {
    device_changed_ = !device_changed_;
    operation(device_changed_ ? "D." : "E.");
  };
  service_.react = [this](Operation each, unsigned /*nth*/) { return react(each); };
  for (Process& process : processes_) {
    process.transport.around_publish = [this, &process] {
      process.published = !process.published;
      operation(process.published ? "P." : "Q.");
    };
  }
}

void Gateway::make_first_identities(unsigned count) {
  for (unsigned n = 0; n < count; ++n) {
    RunOptions options;
    options.command = n == 0 ? 'p' : 'f';
    if (start(0, options).kind != OutcomeKind::kProvisioned) throw Differs{"a run before the first failed"};
    disk_.release_lock();
    disk_.cut({fakes::Survival::Names::kKept, fakes::Survival::Data::kKept});
  }
}

Plan Gateway::plan_of(const RunOptions& options) const {
  Plan plan = test::gateway_plan();
  plan.attempts = 2;
  plan.force = options.command == 'f';
  plan.method = world_.keys == 2 ? Method::kKeys : Method::kCsr;
  KeyStore store = FileStore{};
  if (world_.keys == 1) store = TokenStore{"pkcs11:token=fleet;object=device"};
  plan.key_source = MakeKey{options.other_key ? KeyType::kEcP384 : KeyType::kEcP256, store};
  if (options.other_request) plan.parameters = {{"SerialNumber", "4712"}};
  return plan;
}

Outcome Gateway::start(unsigned process, const RunOptions& options) {
  Process& at = processes_[process];
  at.transport.claim_fingerprint = std::string(64, options.other_claim ? 'd' : 'c');
  fakes::RunRecorder observer;
  const Ports ports{at.transport, keysmith_, *at.disk, clock_, observer, nullptr};
  const Plan plan = plan_of(options);
  return options.command == 'r' ? rotate(plan, ports) : provision(plan, ports);
}

std::optional<char> Gateway::run(unsigned process, const RunOptions& options) {
  const unsigned outer = std::exchange(current_, process);
  std::optional<char> letter;
  bool cut = false;
  try {
    letter = letter_of(start(process, options));
  } catch (const fakes::PowerCut&) {
    cut = true;
  }
  if (processes_[process].has_lock) disk_.release_lock();
  processes_[process].has_lock = false;
  processes_[process].published = false;
  if (cut) device_changed_ = false;
  current_ = outer;
  return letter;
}

void Gateway::operation(const std::string& token) {
  const unsigned process = current_;
  if (script_.operation(token) == Fate::kEnds) throw fakes::PowerCut{};
  const bool other_has_lock = processes_[1 - process].has_lock;
  if (token == "L." && !other_has_lock) processes_[process].has_lock = true;
}

fakes::Reaction Gateway::react(Operation operation) {
  Reaction reaction;
  if (!scripted_) return reaction;
  const char letter = script_.reaction(operation == Operation::kRegisterThing ? 'r' : 'c');
  service_.tokens_to_refuse = letter == 't' ? 1'000'000 : 0;
  if (letter == 'l') reaction.kind = Reaction::Kind::kClose;
  if (letter == 'w') reaction.kind = Reaction::Kind::kCloseAfterWork;
  if (letter == 'j') {
    reaction.kind = Reaction::Kind::kReject;
    reaction.words = {400, "BadRequest", "rejected"};
  }
  return reaction;
}

void Gateway::cut(const fakes::Survival& survival) {
  disk_.cut(survival);
  clock_.reboot();
}

void Gateway::pass_an_hour() {
  clock_.pass(kTokenLife);
  for (auto& each : service_.certificates) each.token_refused = true;
}

char Gateway::pending_letter(unsigned& count) {
  count = 0;
  const auto present = disk_.inspect(kPendingDirectory);
  if (!*present) return '-';
  fakes::RunRecorder observer;
  const auto journal = Vault(disk_, keysmith_, observer).peek();
  if (!journal) return 'b';
  if (!*journal) {
    const auto identity = read_undamaged_identity(disk_, keysmith_, kPendingDirectory);
    return *identity ? 'w' : 'i';
  }
  count = (*journal)->count.requested;
  switch (milestone((*journal)->progress)) {
    case Milestone::kFresh: return 'F';
    case Milestone::kKeyPlanned: return 'P';
    case Milestone::kKeyMade: return 'K';
    case Milestone::kCertified: return 'C';
    case Milestone::kEnrolled: return 'E';
    case Milestone::kVerified: return 'V';
    case Milestone::kInstalled: break;
  }
  return '?';
}

char Gateway::certificate_letter(const std::string& directory) {
  const auto identity = read_identity_in(disk_, keysmith_, directory);
  if (!identity) return '!';
  if (!*identity) return '0';
  for (std::size_t i = 0; i < service_.certificates.size(); ++i) {
    if (fakes::fake_digest(service_.certificates[i].pem) == (*identity)->certificate_fingerprint) return digit(i + 1);
  }
  return '?';
}

std::string Gateway::state() {
  unsigned count = 0;
  const char pending = pending_letter(count);
  std::size_t used = 0;
  for (const auto& each : service_.certificates) used += each.token_used ? 1 : 0;
  return {'#',
          pending,
          digit(count),
          certificate_letter(kIdentityDirectory),
          certificate_letter(kPreviousDirectory),
          digit(service_.certificates.size()),
          digit(used)};
}

}  // namespace fleet_provision::model
