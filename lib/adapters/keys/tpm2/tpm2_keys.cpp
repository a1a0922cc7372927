#include "adapters/keys/tpm2/tpm2_keys.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr TPMA_OBJECT kOwnKey =
    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH;
constexpr std::string_view kMaking = "cannot make a key in the TPM";

/// A structure of the library with the bytes of a text; a longer text is cut, so the caller checks its size.
template <class Sized>
void fill(Sized& structure, std::string_view bytes) {
  structure.size = static_cast<UINT16>(std::min(bytes.size(), sizeof structure.buffer));
  std::copy_n(bytes.begin(), structure.size, structure.buffer);
}

/// Authorization values are wiped when the call that needs them is over.
class AuthorizationValue {
 public:
  explicit AuthorizationValue(const Secret& secret) { fill(value_, secret.reveal()); }
  AuthorizationValue(const AuthorizationValue&) = delete;
  AuthorizationValue& operator=(const AuthorizationValue&) = delete;
  ~AuthorizationValue() { wipe(&value_, sizeof value_); }
  [[nodiscard]] const TPM2B_AUTH& get() const { return value_; }

 private:
  TPM2B_AUTH value_{};
};

/// The storage key that the ECC template of tpm2-tools and tpm2-openssl derives, always the same for one owner seed
/// (TCG TPM v2.0 Provisioning Guidance, section 7.5.1).
TPM2B_PUBLIC storage_key() {
  TPM2B_PUBLIC wanted{};
  TPMT_PUBLIC& area = wanted.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kOwnKey | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
  TPMS_ECC_PARMS& parameters = area.parameters.eccDetail;
  parameters.symmetric.algorithm = TPM2_ALG_AES;
  parameters.symmetric.keyBits.aes = 128;
  parameters.symmetric.mode.aes = TPM2_ALG_CFB;
  parameters.scheme.scheme = TPM2_ALG_NULL;
  parameters.curveID = TPM2_ECC_NIST_P256;
  parameters.kdf.scheme = TPM2_ALG_NULL;
  return wanted;
}

UINT16 rsa_bits(KeyType type) {
  if (type == KeyType::kRsa2048) return 2048;
  return type == KeyType::kRsa3072 ? 3072 : 4096;
}

bool is_rsa(KeyType type) {
  return type != KeyType::kEcP256 && type != KeyType::kEcP384;
}

TPM2B_PUBLIC signing_key(KeyType type, bool with_pin) {
  TPM2B_PUBLIC wanted{};
  TPMT_PUBLIC& area = wanted.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kOwnKey | TPMA_OBJECT_SIGN_ENCRYPT;
  // Without a PIN there is nothing to guess, and a lockout that another program causes must not stop the key.
  if (!with_pin) area.objectAttributes |= TPMA_OBJECT_NODA;
  if (is_rsa(type)) {
    area.type = TPM2_ALG_RSA;
    // RSASSA-PSS as TLS 1.3 wants it is computed by TPM2_RSA_Decrypt.
    area.objectAttributes |= TPMA_OBJECT_DECRYPT;
    area.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
    area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
    area.parameters.rsaDetail.keyBits = rsa_bits(type);
    return wanted;
  }
  area.type = TPM2_ALG_ECC;
  area.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
  area.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
  area.parameters.eccDetail.curveID = type == KeyType::kEcP256 ? TPM2_ECC_NIST_P256 : TPM2_ECC_NIST_P384;
  area.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
  return wanted;
}

TSS2_RC authorize_owner(TpmConnection& tpm, const OwnerSecret& owner) {
  const AuthorizationValue password(owner.password);
  return tpm.library().tr_set_auth(tpm.esys(), ESYS_TR_RH_OWNER, &password.get());
}

/// The parent of a key; a storage key that was derived for it is unloaded at once.
class Parent {
 public:
  explicit Parent(TpmConnection& tpm) : tpm_(tpm) {}
  Parent(const Parent&) = delete;
  Parent& operator=(const Parent&) = delete;
  ~Parent() {
    if (derived_) tpm_.library().flush_context(tpm_.esys(), object_);
  }

  TSS2_RC derive(const OwnerSecret& owner) {
    if (const TSS2_RC code = authorize_owner(tpm_, owner); code != TSS2_RC_SUCCESS) return code;
    const TPM2B_SENSITIVE_CREATE sensitive{};
    const TPM2B_PUBLIC wanted = storage_key();
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION registers{};
    const TSS2_RC code = tpm_.library().create_primary(tpm_.esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                                       ESYS_TR_NONE, &sensitive, &wanted, &outside, &registers,
                                                       &object_, nullptr, nullptr, nullptr, nullptr);
    derived_ = code == TSS2_RC_SUCCESS;
    return code;
  }
  TSS2_RC find(std::uint32_t handle) { return tpm_.find(handle, object_); }
  [[nodiscard]] ESYS_TR get() const { return object_; }

 private:
  TpmConnection& tpm_;
  ESYS_TR object_ = ESYS_TR_NONE;
  bool derived_ = false;
};

Result<void> open_parent(Parent& parent, std::uint32_t handle, const OwnerSecret& owner, const std::string& subject) {
  constexpr std::uint32_t kTypeMask = 0xFF00'0000;
  constexpr std::uint32_t kPersistent = 0x8100'0000;
  if (handle == kOwnerHierarchy) {
    const TSS2_RC code = parent.derive(owner);
    if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kOwner, subject, owner.given}));
    return {};
  }
  if ((handle & kTypeMask) != kPersistent) {
    return fail(ErrorKind::kKeyUnsuitable, subject + ": its parent is not in the owner hierarchy",
                "make the key under the owner hierarchy or under a persistent storage key");
  }
  const TSS2_RC code = parent.find(handle);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kParent, subject}));
  return {};
}

template <class Structure, class Marshal>
Result<std::string> marshalled(const Structure& structure, Marshal marshal) {
  std::string bytes(sizeof structure + 2, '\0');
  std::size_t size = 0;
  const TSS2_RC code = marshal(&structure, reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), &size);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kMake, "cannot encode a TPM key"}));
  bytes.resize(size);
  return bytes;
}

/// Whether the bytes are this structure and nothing more.
template <class Structure, class Unmarshal>
bool unmarshalled(const std::string& bytes, Unmarshal unmarshal, Structure& structure) {
  std::size_t offset = 0;
  return unmarshal(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &offset, &structure) ==
             TSS2_RC_SUCCESS &&
         offset == bytes.size();
}

}  // namespace

TSS2_RC test_type(TpmConnection& tpm, KeyType type) {
  const TPMT_PUBLIC area = signing_key(type, false).publicArea;
  const TPMT_PUBLIC_PARMS wanted{area.type, area.parameters};
  return tpm.library().test_parms(tpm.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted);
}

std::vector<KeyType> types_of(TpmConnection& tpm) {
  std::vector<KeyType> types;
  for (const KeyType each :
       {KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa2048, KeyType::kRsa3072, KeyType::kRsa4096}) {
    if (test_type(tpm, each) == TSS2_RC_SUCCESS) types.push_back(each);
  }
  return types;
}

Result<Tss2Key> create_key(TpmConnection& tpm, KeyType type, const Secret& pin, const OwnerSecret& owner) {
  const std::string subject(kMaking);
  tpm.make_room();
  Parent parent(tpm);
  FP_TRY(open_parent(parent, kOwnerHierarchy, owner, subject));
  TPM2B_SENSITIVE_CREATE sensitive{};
  fill(sensitive.sensitive.userAuth, pin.reveal());
  const TPM2B_PUBLIC wanted = signing_key(type, !pin.empty());
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION registers{};
  TPM2B_PRIVATE* made_private = nullptr;
  TPM2B_PUBLIC* made_public = nullptr;
  const TSS2_RC code =
      tpm.library().create(tpm.esys(), parent.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &wanted,
                           &outside, &registers, &made_private, &made_public, nullptr, nullptr, nullptr);
  wipe(&sensitive, sizeof sensitive);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kMake, subject}));
  const auto own_private = tpm.own(made_private);
  const auto own_public = tpm.own(made_public);
  Tss2Key key;
  key.empty_auth = pin.empty();
  key.parent = kOwnerHierarchy;
  FP_TRY_ASSIGN(key.private_area, marshalled(*own_private, tpm.library().marshal_private));
  FP_TRY_ASSIGN(key.public_area, marshalled(*own_public, tpm.library().marshal_public));
  return key;
}

Result<ESYS_TR> load_key(TpmConnection& tpm, const Tss2Key& key, const OwnerSecret& owner, const std::string& subject) {
  const std::string name = std::to_string(key.parent) + key.public_area + key.private_area;
  if (const ESYS_TR loaded = tpm.loaded(name); loaded != ESYS_TR_NONE) return loaded;
  TPM2B_PUBLIC public_part{};
  TPM2B_PRIVATE private_part{};
  if (!unmarshalled(key.public_area, tpm.library().unmarshal_public, public_part) ||
      !unmarshalled(key.private_area, tpm.library().unmarshal_private, private_part)) {
    return fail(ErrorKind::kDeviceKeyUnusable, subject + ": the wrapped key is damaged",
                "copy the key again; the file may be damaged");
  }
  tpm.make_room();
  Parent parent(tpm);
  FP_TRY(open_parent(parent, key.parent, owner, subject));
  ESYS_TR object = ESYS_TR_NONE;
  const TSS2_RC code = tpm.library().load(tpm.esys(), parent.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                          &private_part, &public_part, &object);
  if (code != TSS2_RC_SUCCESS) {
    const std::uint32_t base = tpm_base_code(code);
    const bool parent_refused = base == kTpmRcAuthFail || base == kTpmRcBadAuth;
    return fail(tpm_error(code, {parent_refused ? TpmUse::kParent : TpmUse::kLoad, subject}));
  }
  tpm.keep(name, object);
  return object;
}

Result<std::string> read_public(TpmConnection& tpm, ESYS_TR object, const std::string& subject) {
  TPM2B_PUBLIC* found = nullptr;
  const TSS2_RC code =
      tpm.library().read_public(tpm.esys(), object, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found, nullptr, nullptr);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kHandle, subject}));
  const auto own = tpm.own(found);
  return marshalled(*own, tpm.library().marshal_public);
}

Result<void> evict_control(TpmConnection& tpm, ESYS_TR object, std::uint32_t handle, const OwnerSecret& owner,
                           const std::string& subject) {
  ESYS_TR persistent = ESYS_TR_NONE;
  TSS2_RC code = authorize_owner(tpm, owner);
  if (code == TSS2_RC_SUCCESS) {
    code = tpm.library().evict_control(tpm.esys(), ESYS_TR_RH_OWNER, object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                       ESYS_TR_NONE, handle, &persistent);
  }
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kPersist, subject, owner.given}));
  if (persistent != ESYS_TR_NONE) tpm.library().tr_close(tpm.esys(), &persistent);
  return {};
}

}  // namespace fleet_provision
