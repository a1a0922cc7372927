#include "adapters/keys/tpm2/tpm2.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/tpm2/tpm2_session.hpp"
#include "adapters/keys/tpm2/tpm2_signer.hpp"
#include "core/key_location.hpp"
#include "core/text.hpp"

namespace fleet_provision {

struct Tpm2::State {
  std::shared_ptr<TpmSession> session;
};

namespace {

using TpmPointer = std::shared_ptr<TpmConnection>;

/// The digest of the names of our keys, which bounds their authorization values.
constexpr std::size_t kOwnPinMax = 32;
/// The name of the owner password among the refused secrets.
constexpr const char* kOwnerSecretName = "owner";

std::string at_handle(std::uint32_t handle) {
  return "the TPM key " + text_of(KeyLocation(TpmHandle{handle}));
}

std::string listed_types(TpmConnection& tpm) {
  std::vector<std::string> names;
  for (const KeyType each : types_of(tpm)) names.emplace_back(word(each));
  return names.empty() ? "no type of this program" : listed(names);
}

Error with_types(TpmConnection& tpm, KeyType type, Error error) {
  if (error.kind != ErrorKind::kKeyTypeUnsupported) return error;
  const std::string types = listed_types(tpm);
  error.message += "; " + std::string(word(type)) + " was asked for, and it has " + types;
  error.hint = "choose one of these with --key-type: " + types;
  return error;
}

/// The owner password is sent once if it is wrong, like a PIN.
template <class Value, class Work>
Result<Value> run_as_owner(TpmSession& session, Work work) {
  if (auto refused = session.refusal(kOwnerSecretName)) return fail(std::move(*refused));
  FP_TRY_ASSIGN(OwnerSecret owner, session.owner());
  auto result = session.run<Value>(
      [work = std::move(work), owner = std::move(owner)](const TpmPointer& tpm) mutable { return work(tpm, owner); });
  if (!result && (result.error().kind == ErrorKind::kPinWrong || result.error().kind == ErrorKind::kPinRequired)) {
    session.remember(kOwnerSecretName, result.error());
  }
  return result;
}

/// The key at a handle; nothing if there is none.
Result<std::optional<std::string>> public_at(TpmConnection& tpm, std::uint32_t handle, const std::string& subject) {
  tpm.forget(handle);
  ESYS_TR object = ESYS_TR_NONE;
  const TSS2_RC code = tpm.find(handle, object);
  if (tpm_base_code(code) == kTpmRcHandle) return std::optional<std::string>();
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kHandle, subject}));
  FP_TRY_ASSIGN(std::string found, read_public(tpm, object, subject));
  return std::optional<std::string>(std::move(found));
}

Failure occupied(const std::string& subject) {
  return fail(ErrorKind::kTpmHandleOccupied, subject + ": the handle holds another key",
              "give another handle, or use that key with --key; list the handles that are taken: tpm2_getcap "
              "handles-persistent");
}

/// Succeeds if the handle now holds this key.
Result<bool> persist_at(TpmConnection& tpm, const Tss2Key& key, std::uint32_t handle, const OwnerSecret& owner) {
  const std::string subject = at_handle(handle);
  FP_TRY_ASSIGN(const auto found, public_at(tpm, handle, subject));
  if (found && *found == key.public_area) return true;
  if (found) return occupied(subject);
  FP_TRY_ASSIGN(const ESYS_TR object, load_key(tpm, key, owner, subject));
  FP_TRY(evict_control(tpm, object, handle, owner, subject));
  return true;
}

/// Returns whether the handle held the key.
Result<bool> evict_from(TpmConnection& tpm, std::uint32_t handle, const std::string& digest, const OwnerSecret& owner) {
  const std::string subject = at_handle(handle);
  FP_TRY_ASSIGN(const auto found, public_at(tpm, handle, subject));
  if (!found) return false;
  const auto area = parse_signing_key(*found);
  if (!area) return false;
  const auto key = public_key_of(*area);
  if (!key || (!digest.empty() && public_key_sha256(**key) != digest)) return false;
  ESYS_TR object = ESYS_TR_NONE;
  if (const TSS2_RC code = tpm.find(handle, object); code != TSS2_RC_SUCCESS) {
    return fail(tpm_error(code, {TpmUse::kHandle, subject}));
  }
  FP_TRY(evict_control(tpm, object, handle, owner, subject));
  tpm.forget(handle);
  return true;
}

/// A key that says that it has a PIN is opened without one only if a wrong try costs nothing.
Result<void> require_pin(const TpmSession& session, const TpmKey& key) {
  const bool tells_nothing = !key.wrapped;
  if (tells_nothing || key.wrapped->empty_auth || session.has_pin() || key.area.never_locked()) return {};
  return fail(ErrorKind::kPinRequired, key.subject + ": the key needs a PIN, as its file says",
              "give its PIN in a file with --pin-file; if the key has no PIN, give an empty file");
}

Result<DeviceSigner> opened(const std::shared_ptr<TpmSession>& session, std::shared_ptr<const TpmKey> key) {
  auto half = public_key_of(key->area);
  if (!half) return fail(std::move(half).error().within(key->subject));
  FP_TRY(require_pin(*session, *key));
  FP_TRY_ASSIGN(
      TpmPointer connection,
      run_as_owner<TpmPointer>(*session, [key](const TpmPointer& tpm, const OwnerSecret& owner) -> Result<TpmPointer> {
        FP_TRY(object_of(*tpm, *key, owner));
        return tpm;
      }));
  return DeviceSigner{std::move(*half), make_tpm_signer(session, std::move(connection), std::move(key))};
}

}  // namespace

Tpm2::Tpm2(KeyDeviceSettings settings)
    : state_(std::make_shared<State>(State{std::make_shared<TpmSession>(std::move(settings))})) {}
Tpm2::~Tpm2() = default;

Result<std::string> Tpm2::connect() {
  return state_->session->run<std::string>([](const TpmPointer& tpm) { return tpm->description(); });
}

Result<void> Tpm2::require_type(KeyType type) {
  FP_TRY(state_->session->run<bool>([type](const TpmPointer& tpm) -> Result<bool> {
    const TSS2_RC code = test_type(*tpm, type);
    if (code == TSS2_RC_SUCCESS) return true;
    return fail(with_types(*tpm, type, tpm_error(code, {TpmUse::kMake, "cannot make a key in the TPM"})));
  }));
  return {};
}

Result<Secret> Tpm2::make_key(KeyType type) {
  FP_TRY_ASSIGN(Secret pin, state_->session->pin(kOwnPinMax));
  return run_as_owner<Secret>(
      *state_->session,
      [type, pin = std::move(pin)](const TpmPointer& tpm, const OwnerSecret& owner) -> Result<Secret> {
        auto key = create_key(*tpm, type, pin, owner);
        if (!key) return fail(with_types(*tpm, type, std::move(key).error()));
        return to_tss2_pem(*key);
      });
}

Result<DeviceSigner> Tpm2::open_wrapped(std::string_view pem, const std::string& name) {
  auto wrapped = parse_tss2_pem(pem);
  if (!wrapped) return fail(std::move(wrapped).error().within(name));
  auto area = parse_signing_key(wrapped->public_area);
  if (!area) return fail(std::move(area).error().within(name));
  return opened(state_->session, std::make_shared<const TpmKey>(TpmKey{name, std::move(*area), std::move(*wrapped)}));
}

Result<DeviceSigner> Tpm2::open_handle(std::uint32_t handle, const std::string& name) {
  FP_TRY_ASSIGN(const std::string found,
                state_->session->run<std::string>([handle, name](const TpmPointer& tpm) -> Result<std::string> {
                  tpm->forget(handle);
                  FP_TRY_ASSIGN(const ESYS_TR object, object_of(*tpm, TpmKey{name, {}, {}, handle}, {}));
                  return read_public(*tpm, object, name);
                }));
  auto area = parse_signing_key(found);
  if (!area) return fail(std::move(area).error().within(name));
  return opened(state_->session, std::make_shared<const TpmKey>(TpmKey{name, std::move(*area), std::nullopt, handle}));
}

Result<void> Tpm2::require_free(std::uint32_t handle) {
  FP_TRY(state_->session->run<bool>([handle](const TpmPointer& tpm) -> Result<bool> {
    FP_TRY_ASSIGN(const auto found, public_at(*tpm, handle, at_handle(handle)));
    if (found) return occupied(at_handle(handle));
    return true;
  }));
  return {};
}

Result<void> Tpm2::persist(std::string_view pem, std::uint32_t handle) {
  auto key = parse_tss2_pem(pem);
  if (!key) return fail(std::move(key).error().within(at_handle(handle)));
  FP_TRY(run_as_owner<bool>(*state_->session,
                            [key = std::move(*key), handle](const TpmPointer& tpm, const OwnerSecret& owner) {
                              return persist_at(*tpm, key, handle, owner);
                            }));
  return {};
}

Result<void> Tpm2::evict(std::uint32_t handle, const std::string& public_key_sha256) {
  FP_TRY(run_as_owner<bool>(*state_->session,
                            [handle, digest = public_key_sha256](const TpmPointer& tpm, const OwnerSecret& owner) {
                              return evict_from(*tpm, handle, digest, owner);
                            }));
  return {};
}

}  // namespace fleet_provision
