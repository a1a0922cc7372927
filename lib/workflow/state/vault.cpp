#include "workflow/state/vault.hpp"

#include <utility>

#include "codec/journal_codec.hpp"
#include "core/text.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

const std::string kJournal = path_in(kPendingDirectory, kJournalFile);
const std::string kNewJournal = kJournal + ".new";
const std::string kProbe = "pending/probe";
const std::string kKey = path_in(kPendingDirectory, kPrivateKeyFile);

// A response has at most 128 KiB; escaped in JSON, each byte of its certificate may take six. The CSR may be the
// user's.
constexpr std::size_t kJournalBytesMax = 2 * 1024 * 1024;
// Key and journal need at least this space; a disk that fills up later is reported by later writes.
constexpr std::size_t kProbeBytes = 8 * 1024;
constexpr std::size_t kKeyBytesMax = 64 * 1024;
constexpr unsigned kOthersMay = 077;
constexpr unsigned kOnlyForUs = 0700;
constexpr unsigned kOthersMayWrite = 022;

}  // namespace

Failure not_provisioned(const Disk& disk) {
  return fail(ErrorKind::kNotProvisioned, disk.root() + " holds no identity",
              "provision this gateway first, or give its --state-dir");
}

Result<std::optional<Identity>> Vault::read_identity() {
  FP_TRY_ASSIGN(std::optional<Identity> identity, read_identity_in(disk_, keysmith_, kIdentityDirectory));
  if (identity && has_key_file(*identity)) {
    FP_TRY_ASSIGN(const auto key, disk_.inspect(path_in(kIdentityDirectory, kPrivateKeyFile)));
    if (key && (key->mode & kOthersMay) != 0) {
      observer_.warned(disk_.root() + "/identity/private-key.pem is readable by other users; set its mode to 0600");
    }
  }
  return identity;
}

Result<bool> Vault::has_pending() {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk_.inspect(kPendingDirectory));
  return facts.has_value();
}

Result<bool> Vault::open() {
  FP_TRY(disk_.make_root());
  FP_TRY(require_sole_writer());
  FP_TRY(disk_.lock());
  FP_TRY_ASSIGN(const bool pending, has_pending());
  if (!pending) return false;
  FP_TRY(require_private(kPendingDirectory, EntryType::kDirectory));
  return commit_.recover();
}

Result<void> Vault::require_sole_writer() {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> root, disk_.inspect(kStateDirectory));
  if (!root || (root->mode & kOthersMayWrite) == 0) return {};
  return fail(
      ErrorKind::kStateNotPrivate, disk_.root() + " is writable by other users",
      "chmod go-w " + printable(disk_.root()) + "; on a file system without modes (FAT) choose another --state-dir");
}

Result<void> Vault::require_private(const std::string& path, EntryType type) {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk_.inspect(path));
  if (!facts) return {};
  FP_TRY_ASSIGN(const std::string why, objection_to(*facts, type));
  if (why.empty()) return {};
  return fail(ErrorKind::kStateNotPrivate, disk_.root() + "/" + path + " " + why,
              facts->type != type
                  ? "move it elsewhere; this program did not create it"
                  : "choose a --state-dir that only this user can write to, on a file system with owners and modes");
}

/// Why an entry of pending/, or pending/ itself, is not private; empty if it is private.
Result<std::string> Vault::objection_to(const EntryFacts& facts, EntryType type) {
  if (facts.type != type) return type == EntryType::kFile ? "is not a file" : "is not a directory";
  if (!facts.owned_by_us && !is_being_given_away(facts, type)) return "belongs to another user";
  if ((facts.mode & kOthersMay) == 0) return "";
  // Before the rename, the commit makes the directory readable, but not writable, for other users.
  FP_TRY_ASSIGN(const auto committing, disk_.inspect(path_in(kPendingDirectory, kIdentityFile)));
  if (type == EntryType::kDirectory && committing && (facts.mode & kOthersMayWrite) == 0) return "";
  return "is accessible to other users";
}

bool Vault::is_being_given_away(const EntryFacts& facts, EntryType type) {
  if (!owner_ || facts.user != owner_->user || type != EntryType::kDirectory) return false;
  // The commit changes the owner of the directory last, after it has removed the journal.
  const auto journal = disk_.inspect(kJournal);
  return journal && !*journal;
}

Result<void> Vault::prepare() {
  if (prepared_) return {};
  FP_TRY_ASSIGN(const bool exists, has_pending());
  if (!exists) FP_TRY(make_pending());
  // Checked for a new directory too, because FAT has the same mode for all files, whatever mode was requested.
  FP_TRY(require_private(kPendingDirectory, EntryType::kDirectory));
  FP_TRY(require_private(kJournal, EntryType::kFile));
  FP_TRY(require_private(kKey, EntryType::kFile));
  FP_TRY(probe_disk());
  prepared_ = true;
  return {};
}

/// The run before may have renamed pending/ to identity/ or to previous/ and not synced it, because it was killed or
/// had no reason to wait. That rename must be durable before a new pending/ takes the name; otherwise a power cut could
/// leave the identity without any name.
Result<void> Vault::make_pending() {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> identity, disk_.inspect(kIdentityDirectory));
  FP_TRY_ASSIGN(const std::optional<EntryFacts> previous, disk_.inspect(kPreviousDirectory));
  if (identity || previous) FP_TRY(disk_.sync_directory(kStateDirectory));
  return disk_.make_directory(kPendingDirectory);
}

/// A full disk may still accept a directory but no bytes; this detects that before a certificate is requested.
Result<void> Vault::probe_disk() {
  FP_TRY(disk_.remove_file(kProbe));
  const auto written = disk_.write_new(kProbe, std::string(kProbeBytes, '\0'));
  // Detects before the request, not only in the commit, that the owner of files cannot be changed.
  auto given = written && owner_ ? disk_.set_owner(kProbe, *owner_) : Result<void>();
  FP_TRY(disk_.remove_file(kProbe));
  FP_TRY(written);
  return given;
}

Result<std::optional<Journal>> Vault::peek() {
  FP_TRY(require_private(kPendingDirectory, EntryType::kDirectory));
  FP_TRY(require_private(kJournal, EntryType::kFile));
  FP_TRY(require_private(kKey, EntryType::kFile));
  FP_TRY_ASSIGN(const std::optional<Secret> bytes, disk_.read(kJournal, kJournalBytesMax));
  if (!bytes) return std::optional<Journal>();
  auto decoded = decode_journal(bytes->reveal());
  if (!decoded) {
    Error error = std::move(decoded).error().within(disk_.root() + "/" + kJournal + " is damaged");
    if (error.hint.empty()) error.hint = "remove " + disk_.root() + "/pending and rerun; the run then starts over";
    return fail(std::move(error));
  }
  Journal journal = std::move(*decoded);
  FP_TRY(load_key(journal));
  FP_TRY(recognize_enrolled(journal));
  return std::optional<Journal>(std::move(journal));
}

Result<std::optional<Journal>> Vault::load() {
  FP_TRY_ASSIGN(std::optional<Journal> journal, peek());
  if (journal) FP_TRY(make_durable(*journal));
  return journal;
}

Result<void> Vault::load_key(Journal& journal) {
  const KeyMade* made = key_made_of(journal.progress);
  if (made == nullptr || !has_pending_file(*made)) return {};
  const DeviceKey& stored = made->key;
  FP_TRY_ASSIGN(std::optional<Secret> pem, disk_.read(kKey, kKeyBytesMax));
  if (pem) {
    auto key = keysmith_.read_key(*pem);
    if (key && key->public_key_sha256 == stored.public_key_sha256) {
      key_on_disk_ = key->public_key_sha256;
      // The content of the file shows whether a TPM wrapped the key. Only the journal knows a handle.
      if (!is_file(stored.location)) key->location = stored.location;
      DeviceKey& target = std::holds_alternative<KeyMade>(journal.progress)
                              ? std::get<KeyMade>(journal.progress).key
                              : std::get<Certified>(journal.progress).made.key;
      target = std::move(*key);
      return {};
    }
  }
  // Key and journal are saved together: a run never uses one without the other.
  journal.progress = Fresh{left_in_hardware(journal.progress)};
  return {};
}

Result<void> Vault::recognize_enrolled(Journal& journal) {
  if (!std::holds_alternative<Certified>(journal.progress)) return {};
  FP_TRY_ASSIGN(std::optional<Identity> identity, read_undamaged_identity(disk_, keysmith_, kPendingDirectory));
  if (!identity) return {};
  auto& certified = std::get<Certified>(journal.progress);
  const auto certificate = keysmith_.read_certificate(certified.certificate_pem);
  if (!certificate || certificate->fingerprint != identity->certificate_fingerprint) return {};
  const bool verified = identity->verified_at.has_value();
  Enrolled enrolled{std::move(certified), std::move(*identity)};
  journal.progress = verified ? Progress{Verified{std::move(enrolled)}} : Progress{std::move(enrolled)};
  return {};
}

/// A killed run may have left changes that are not durable yet. This run continues from what it has read, so it makes
/// that durable first.
Result<void> Vault::make_durable(const Journal& journal) {
  // Every other file was synced before the next one was written; identity.json is the last.
  if (milestone(journal.progress) >= Milestone::kEnrolled) {
    FP_TRY(disk_.sync_file(path_in(kPendingDirectory, kIdentityFile)));
  }
  FP_TRY(disk_.sync_directory(kPendingDirectory));
  FP_TRY(disk_.sync_directory(kStateDirectory));
  name_durable_ = true;
  return {};
}

Result<void> Vault::save(const Journal& journal) {
  if (const auto* enrolled = std::get_if<Enrolled>(&journal.progress)) {
    return write_identity(disk_, kPendingDirectory, enrolled->identity, enrolled->certified.certificate_pem);
  }
  if (const auto* verified = std::get_if<Verified>(&journal.progress)) {
    // Its name need not be durable: if it is lost, the identity is verified once more.
    return replace_identity_file(disk_, kPendingDirectory, verified->enrolled.identity);
  }
  if (std::holds_alternative<Installed>(journal.progress)) return {};
  FP_TRY(prepare());
  const KeyMade* made = key_made_of(journal.progress);
  if (made != nullptr && has_pending_file(*made)) FP_TRY(write_key(made->key));
  FP_TRY(write_journal(journal));
  if (made == nullptr) key_on_disk_.clear();
  return {};
}

Result<void> Vault::write_key(const DeviceKey& key) {
  if (key_on_disk_ == key.public_key_sha256) return {};
  FP_TRY(disk_.remove_file(kKey));
  FP_TRY(disk_.write_new(kKey, key.pem.reveal()));
  // The key must be durable before the journal that refers to it, and so before the CSR is sent. Its name becomes
  // durable together with that of the journal.
  FP_TRY(disk_.sync_file(kKey));
  key_on_disk_ = key.public_key_sha256;
  return {};
}

Result<void> Vault::write_journal(const Journal& journal) {
  const Secret bytes = encode_journal(journal);
  FP_TRY(disk_.remove_file(kNewJournal));
  FP_TRY(disk_.write_new(kNewJournal, bytes.reveal()));
  // The bytes must be durable before the name, because a rename may become durable before the written bytes.
  FP_TRY(disk_.sync_file(kNewJournal));
  FP_TRY(disk_.rename(kNewJournal, kJournal));
  // The names of journal and key must be durable before the next request is sent.
  FP_TRY(disk_.sync_directory(kPendingDirectory));
  if (name_durable_) return {};
  // The name of pending/ itself must be synced once; without it all of the above would be lost after a power cut.
  FP_TRY(disk_.sync_directory(kStateDirectory));
  name_durable_ = true;
  return {};
}

Result<void> Vault::withdraw() {
  // An interrupted commit may have opened the directory for other users, which only identity.json explains.
  FP_TRY_ASSIGN(const auto pending, disk_.inspect(kPendingDirectory));
  if (pending && (pending->mode & kOthersMay) != 0) FP_TRY(disk_.set_mode(kPendingDirectory, kOnlyForUs));
  FP_TRY(disk_.remove_file(path_in(kPendingDirectory, kIdentityFile)));
  // The removal must be durable before the journal changes, because a complete identity without a journal would be
  // committed.
  return disk_.sync_directory(kPendingDirectory);
}

Result<void> Vault::install() {
  // Read back from the disk: the last check that the certificate belongs to the key that will be installed.
  auto read_back = read_identity_in(disk_, keysmith_, kPendingDirectory);
  if (!read_back && read_back.error().kind == ErrorKind::kIdentityDamaged) {
    return fail(ErrorKind::kDiskError, "the written identity cannot be read back: " + read_back.error().message,
                "check the disk, then rerun the same command to resume");
  }
  FP_TRY_ASSIGN(const std::optional<Identity> identity, std::move(read_back));
  if (!identity) return fail(ErrorKind::kInternal, "there is no " + disk_.root() + "/pending to install");
  FP_TRY(commit_.install(*identity));
  prepared_ = false;
  key_on_disk_.clear();
  return {};
}

Result<void> Vault::store_verified(const Identity& identity) {
  FP_TRY(replace_identity_file(disk_, kIdentityDirectory, identity));
  return disk_.sync_directory(kIdentityDirectory);
}

}  // namespace fleet_provision
