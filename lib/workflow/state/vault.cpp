#include "workflow/state/vault.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/journal_codec.hpp"
#include "core/text.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

const std::string kPending = kPendingDirectory;
const std::string kPlace = kIdentityDirectory;
const std::string kPrevious = kPreviousDirectory;
const std::string kJournal = "pending/journal";
const std::string kNewJournal = "pending/journal.new";
const std::string kProbe = "pending/probe";
const std::string kKey = path_in(kPendingDirectory, kPrivateKeyFile);
/// The fingerprint of the identity that a program of --on-success is still owed for.
const std::string kOwed = "on-success-owed";
/// The state directory itself.
const std::string kRoot;

// An answer has at most 128 KiB; escaped in JSON, each byte of its certificate may take six. The CSR is the caller's.
constexpr std::size_t kJournalBytesMax = 2 * 1024 * 1024;
// What key and journal take in the least; a disk that has this and no more is found full later, and that is told as
// well.
constexpr std::size_t kProbeBytes = 8 * 1024;
constexpr std::size_t kKeyBytesMax = 64 * 1024;
constexpr std::size_t kOwedBytesMax = 1024;
constexpr unsigned kOthersMay = 077;
constexpr unsigned kOthersMayWrite = 022;
constexpr unsigned kEnterableByAll = 0755;

/// The key a milestone needs in private-key.pem; none when it lives elsewhere.
struct KeyOf {
  const KeyMade* operator()(const Fresh&) const { return nullptr; }
  const KeyMade* operator()(const KeyMade& at) const { return &at; }
  const KeyMade* operator()(const Certified& at) const { return &at.made; }
  const KeyMade* operator()(const Enrolled& at) const { return &at.certified.made; }
  const KeyMade* operator()(const Verified& at) const { return &at.enrolled.certified.made; }
  const KeyMade* operator()(const Installed&) const { return nullptr; }
};

bool key_is_a_file(const KeyMade& made) {
  return made.key.uri.empty() && !made.origin.source.starts_with("csr ");
}

}  // namespace

Result<std::optional<Identity>> Vault::look() {
  FP_TRY_ASSIGN(std::optional<Identity> identity, read_identity(disk_, keysmith_, kPlace));
  if (identity && identity->key == kPrivateKeyFile) {
    FP_TRY_ASSIGN(const std::optional<EntryFacts> key, disk_.inspect(path_in(kPlace, kPrivateKeyFile)));
    if (key && (key->mode & kOthersMay) != 0) {
      observer_.warned(disk_.root() + "/identity/private-key.pem can be read by others; its mode should be 0600");
    }
  }
  return identity;
}

Result<bool> Vault::has_pending() {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk_.inspect(kPending));
  return facts.has_value();
}

Result<bool> Vault::open() {
  FP_TRY(disk_.make_root());
  FP_TRY(require_sole_writer());
  FP_TRY(disk_.lock());
  return recover();
}

Result<void> Vault::require_sole_writer() {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> root, disk_.inspect(kRoot));
  if (!root || (root->mode & kOthersMayWrite) == 0) return {};
  return fail(
      ErrorKind::kStateNotPrivate, disk_.root() + " can be written to by others",
      "chmod go-w " + printable(disk_.root()) + "; on a file system without modes (FAT) choose another --state-dir");
}

Result<bool> Vault::recover() {
  FP_TRY_ASSIGN(const bool pending, has_pending());
  if (!pending) return false;
  FP_TRY(require_private(kPending, EntryType::kDirectory));
  FP_TRY_ASSIGN(const std::optional<EntryFacts> journal, disk_.inspect(kJournal));
  if (journal) return false;
  FP_TRY_ASSIGN(const std::optional<Identity> left, read_if_whole(disk_, keysmith_, kPending));
  if (!left) {
    // The first save did not come to its end, so nothing of it was sent.
    FP_TRY(clear(kPending));
    return false;
  }
  FP_TRY_ASSIGN(const std::optional<Identity> present, read_if_whole(disk_, keysmith_, kPlace));
  if (present && present->replaces == left->certificate_fingerprint) {
    FP_TRY(clear(kPrevious));
    // The exchange may still be in memory only, if the run that made it was killed.
    FP_TRY(disk_.sync_directory(kRoot));
    keep_as_previous();
    // Here a new pending/ may follow at once: its name must not outlive this rename.
    FP_TRY(disk_.sync_directory(kRoot));
    return false;
  }
  observer_.reached("finishing a commit that was cut off");
  FP_TRY(place(*left));
  return true;
}

Result<void> Vault::require_private(const std::string& path, EntryType type) {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk_.inspect(path));
  if (!facts) return {};
  std::string why;
  if (facts->type != type) {
    why = type == EntryType::kFile ? "is not a file" : "is not a directory";
  } else if (!facts->owned_by_us && !is_being_given_away(*facts, type)) {
    why = "belongs to another user";
  } else if ((facts->mode & kOthersMay) != 0) {
    // The commit opens the directory up, and nothing else, before it renames it.
    FP_TRY_ASSIGN(const std::optional<EntryFacts> committing, disk_.inspect(path_in(kPending, kIdentityFile)));
    if (type == EntryType::kDirectory && committing && (facts->mode & kOthersMayWrite) == 0) return {};
    why = "is open to others";
  }
  if (why.empty()) return {};
  return fail(ErrorKind::kStateNotPrivate, disk_.root() + "/" + path + " " + why,
              facts->type != type
                  ? "move it away; this program did not make it"
                  : "keep the state directory on a file system with owners and modes, and let nobody else write to it");
}

Result<void> Vault::prepare() {
  if (prepared_) return {};
  FP_TRY_ASSIGN(const bool exists, has_pending());
  if (!exists) FP_TRY(disk_.make_directory(kPending));
  // Also of a directory made just now: FAT gives every file the same mode, whatever it was made with.
  FP_TRY(require_private(kPending, EntryType::kDirectory));
  FP_TRY(require_private(kJournal, EntryType::kFile));
  FP_TRY(require_private(kKey, EntryType::kFile));
  // A full disk may still take a directory; that it takes no bytes is better known before the network hears of us.
  FP_TRY(disk_.remove_file(kProbe));
  const auto probed = disk_.write_new(kProbe, std::string(kProbeBytes, '\0'));
  // Whether files may be given away as well: the commit would be late to learn it.
  const auto given = probed && duties_.owner ? disk_.set_owner(kProbe, *duties_.owner) : Result<void>();
  FP_TRY(disk_.remove_file(kProbe));
  FP_TRY(probed);
  FP_TRY(given);
  prepared_ = true;
  return {};
}

Result<std::optional<Journal>> Vault::peek() {
  FP_TRY(require_private(kPending, EntryType::kDirectory));
  FP_TRY(require_private(kJournal, EntryType::kFile));
  FP_TRY(require_private(kKey, EntryType::kFile));
  FP_TRY_ASSIGN(const std::optional<Secret> bytes, disk_.read(kJournal, kJournalBytesMax));
  if (!bytes) return std::optional<Journal>();
  auto decoded = decode_journal(bytes->reveal());
  if (!decoded) {
    Error error = std::move(decoded).error().within(disk_.root() + "/" + kJournal + " is damaged");
    if (error.hint.empty()) error.hint = "what it knew is lost; remove " + disk_.root() + "/pending and rerun";
    return fail(std::move(error));
  }
  Journal journal = std::move(*decoded);
  FP_TRY(load_key(journal));
  FP_TRY(recognize_enrolled(journal));
  return std::optional<Journal>(std::move(journal));
}

Result<std::optional<Journal>> Vault::load() {
  FP_TRY_ASSIGN(std::optional<Journal> journal, peek());
  if (journal) FP_TRY(settle(*journal));
  return journal;
}

Result<void> Vault::load_key(Journal& journal) {
  const KeyMade* made = std::visit(KeyOf{}, journal.progress);
  if (made == nullptr || !key_is_a_file(*made)) return {};
  FP_TRY_ASSIGN(std::optional<Secret> pem, disk_.read(kKey, kKeyBytesMax));
  if (pem) {
    auto key = keysmith_.read_key(*pem);
    if (key && key->public_key_sha256 == made->key.public_key_sha256) {
      key_on_disk_ = key->public_key_sha256;
      DeviceKey& target = std::holds_alternative<KeyMade>(journal.progress)
                              ? std::get<KeyMade>(journal.progress).key
                              : std::get<Certified>(journal.progress).made.key;
      target = std::move(*key);
      return {};
    }
  }
  // Key and journal are saved together: one without the other was never acted upon.
  journal.progress = Fresh{};
  return {};
}

Result<void> Vault::recognize_enrolled(Journal& journal) {
  if (!std::holds_alternative<Certified>(journal.progress)) return {};
  FP_TRY_ASSIGN(std::optional<Identity> identity, read_if_whole(disk_, keysmith_, kPending));
  if (!identity) return {};
  auto& certified = std::get<Certified>(journal.progress);
  const auto certificate = keysmith_.read_certificate(certified.certificate_pem);
  if (!certificate || certificate->fingerprint != identity->certificate_fingerprint) return {};
  const bool verified = identity->verified_at.has_value();
  Enrolled enrolled{std::move(certified), std::move(*identity)};
  journal.progress = verified ? Progress{Verified{std::move(enrolled)}} : Progress{std::move(enrolled)};
  return {};
}

Result<void> Vault::settle(const Journal& journal) {
  // A run that was killed, not cut off from power, may have left in memory what it was about to make durable.
  // What is read here is acted upon next, so it is made durable first.
  // Every other file was synced before the next one was written; identity.json is the last.
  if (milestone(journal.progress) >= Milestone::kEnrolled) {
    FP_TRY(disk_.sync_file(path_in(kPending, kIdentityFile)));
  }
  FP_TRY(disk_.sync_directory(kPending));
  FP_TRY(disk_.sync_directory(kRoot));
  name_durable_ = true;
  return {};
}

Result<void> Vault::save(const Journal& journal) {
  if (const auto* enrolled = std::get_if<Enrolled>(&journal.progress)) {
    return write_identity(disk_, kPending, enrolled->identity, enrolled->certified.certificate_pem);
  }
  if (const auto* verified = std::get_if<Verified>(&journal.progress)) {
    // Its name need not be durable: what is lost is proved once more.
    return replace_identity_file(disk_, kPending, verified->enrolled.identity);
  }
  if (std::holds_alternative<Installed>(journal.progress)) return {};
  FP_TRY(prepare());
  const KeyMade* made = std::visit(KeyOf{}, journal.progress);
  if (made != nullptr && key_is_a_file(*made)) FP_TRY(write_key(made->key));
  FP_TRY(write_journal(journal));
  if (made == nullptr) key_on_disk_.clear();
  return {};
}

Result<void> Vault::write_key(const DeviceKey& key) {
  if (key_on_disk_ == key.public_key_sha256) return {};
  FP_TRY(disk_.remove_file(kKey));
  FP_TRY(disk_.write_new(kKey, key.pem.reveal()));
  // The key before the journal that speaks of it, and so before the CSR leaves. Its name follows with the journal's.
  FP_TRY(disk_.sync_file(kKey));
  key_on_disk_ = key.public_key_sha256;
  return {};
}

Result<void> Vault::write_journal(const Journal& journal) {
  const Secret bytes = encode_journal(journal);
  FP_TRY(disk_.remove_file(kNewJournal));
  FP_TRY(disk_.write_new(kNewJournal, bytes.reveal()));
  // The bytes before the name: a rename may become durable ahead of what was written.
  FP_TRY(disk_.sync_file(kNewJournal));
  FP_TRY(disk_.rename(kNewJournal, kJournal));
  // The names of journal and key before the next request leaves.
  FP_TRY(disk_.sync_directory(kPending));
  if (name_durable_) return {};
  // The name of pending/ itself, once: without it all of the above is out of reach after a power cut.
  FP_TRY(disk_.sync_directory(kRoot));
  name_durable_ = true;
  return {};
}

Result<void> Vault::withdraw() {
  FP_TRY(disk_.remove_file(path_in(kPending, kIdentityFile)));
  // Before the journal changes: a whole identity whose journal is gone would be committed.
  return disk_.sync_directory(kPending);
}

Result<void> Vault::install() {
  // Read back from the disk: the last proof that the certificate fits the key that will be installed.
  auto read_back = read_identity(disk_, keysmith_, kPending);
  if (!read_back && read_back.error().kind == ErrorKind::kIdentityDamaged) {
    return fail(ErrorKind::kDiskError, "what was written does not read back: " + read_back.error().message,
                "check the disk; the next run goes on from here");
  }
  FP_TRY_ASSIGN(const std::optional<Identity> identity, std::move(read_back));
  if (!identity) return fail(ErrorKind::kInternal, "there is no " + disk_.root() + "/pending to install");
  return place(*identity);
}

bool Vault::is_being_given_away(const EntryFacts& facts, EntryType type) {
  if (!duties_.owner || facts.user != duties_.owner->user || type != EntryType::kDirectory) return false;
  // The commit gives the directory away last, and the journal is gone by then.
  const auto journal = disk_.inspect(kJournal);
  return journal && !*journal;
}

Result<void> Vault::owe_on_success(const Identity& identity) {
  FP_TRY(disk_.remove_file(kOwed));
  FP_TRY(disk_.write_new(kOwed, identity.certificate_fingerprint + "\n"));
  // Before the commit, so that whoever finds the identity in its place finds this too.
  FP_TRY(disk_.sync_file(kOwed));
  return disk_.sync_directory(kRoot);
}

Result<bool> Vault::owes_on_success(const Identity& identity) {
  FP_TRY_ASSIGN(const std::optional<Secret> owed, disk_.read(kOwed, kOwedBytesMax));
  return owed && owed->reveal() == identity.certificate_fingerprint + "\n";
}

Result<void> Vault::on_success_is_done() {
  FP_TRY(disk_.remove_file(kOwed));
  // Else the program would run again after a power cut.
  return disk_.sync_directory(kRoot);
}

Result<void> Vault::store_verified(const Identity& identity) {
  FP_TRY(replace_identity_file(disk_, kPlace, identity));
  return disk_.sync_directory(kPlace);
}

Result<void> Vault::give_away(const std::vector<std::string>& names) {
  // The journal must be gone for good first: it is never anybody else's.
  FP_TRY(disk_.sync_directory(kPending));
  for (const std::string& name : names) {
    FP_TRY(disk_.set_owner(path_in(kPending, name), *duties_.owner));
    FP_TRY(disk_.sync_file(path_in(kPending, name)));
  }
  return disk_.set_owner(kPending, *duties_.owner);
}

Result<void> Vault::place(const Identity& identity) {
  if (duties_.owes_on_success) FP_TRY(owe_on_success(identity));
  const std::vector<std::string> wanted = files_of(identity);
  FP_TRY_ASSIGN(const std::vector<std::string> present, disk_.list(kPending));
  for (const std::string& name : present) {
    const bool stays = std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (!stays) FP_TRY(disk_.remove_file(path_in(kPending, name)));
  }
  // The directory is given away last. Its names are chosen by whoever owns it, and ours no longer to open up or to
  // give.
  FP_TRY_ASSIGN(const std::optional<EntryFacts> pending, disk_.inspect(kPending));
  if (!pending || pending->owned_by_us) {
    FP_TRY(open_up(disk_, kPending, identity));
    FP_TRY(disk_.set_mode(kPending, kEnterableByAll));
    if (duties_.owner) FP_TRY(give_away(wanted));
  }
  // Journal and token are gone for good, and the mode is set, before the name identity/ can appear.
  FP_TRY(disk_.sync_directory(kPending));
  FP_TRY_ASSIGN(const std::optional<EntryFacts> in_place, disk_.inspect(kPlace));
  if (in_place) {
    FP_TRY(replace(identity));
  } else {
    FP_TRY(disk_.rename(kPending, kPlace));
    // The commit is durable before success is told.
    FP_TRY(disk_.sync_directory(kRoot));
  }
  prepared_ = false;
  key_on_disk_.clear();
  return {};
}

Result<void> Vault::replace(const Identity& identity) {
  FP_TRY(clear(kPrevious));
  FP_TRY_ASSIGN(const std::optional<Identity> old, read_if_whole(disk_, keysmith_, kPlace));
  // Only where `replaces` can tell the two apart afterwards may they be swapped.
  if (old && identity.replaces == old->certificate_fingerprint) {
    FP_TRY_ASSIGN(const bool exchanged, disk_.exchange(kPending, kPlace));
    if (exchanged) {
      // The exchange before the next rename: the other way round the new identity would become previous/.
      FP_TRY(disk_.sync_directory(kRoot));
      keep_as_previous();
      return {};
    }
  }
  FP_TRY(disk_.rename(kPlace, kPrevious));
  // The old name before the new one takes its place, else the old identity could lose both.
  FP_TRY(disk_.sync_directory(kRoot));
  FP_TRY(disk_.rename(kPending, kPlace));
  // The commit is durable before success is told.
  return disk_.sync_directory(kRoot);
}

void Vault::keep_as_previous() {
  // Not synced: if the rename is lost, the next run that opens the vault finds the same two directories and repeats it.
  const auto kept = disk_.rename(kPending, kPrevious);
  if (!kept) observer_.warned("the old identity stays in " + disk_.root() + "/pending: " + kept.error().message);
}

Result<void> Vault::clear(const std::string& directory) {
  FP_TRY_ASSIGN(const std::vector<std::string> names, disk_.list(directory));
  for (const std::string& name : names) FP_TRY(disk_.remove_file(path_in(directory, name)));
  return disk_.remove_directory(directory);
}

}  // namespace fleet_provision
