#include "adapters/keys/pkcs11/pkcs11_making.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/keys/pkcs11/pkcs11_error.hpp"
#include "adapters/keys/pkcs11/pkcs11_signature.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr CK_ULONG kRoomForKey = 256;
constexpr int kLabelsMax = 1000;

struct TypeRow {
  KeyType type;
  bool rsa;
  std::size_t bits;
};
constexpr std::array kTypes{
    TypeRow{KeyType::kEcP256, false, 256},  TypeRow{KeyType::kEcP384, false, 384},
    TypeRow{KeyType::kRsa2048, true, 2048}, TypeRow{KeyType::kRsa3072, true, 3072},
    TypeRow{KeyType::kRsa4096, true, 4096},
};

const TypeRow& type_row(KeyType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(), [type](const TypeRow& each) { return each.type == type; });
}

CK_MECHANISM_TYPE generation_of(const TypeRow& row) {
  return row.rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN;
}

/// Whether the token makes keys of this type, as far as it tells.
Result<bool> makes(const Pkcs11Token& token, const TypeRow& row) {
  CK_MECHANISM_INFO info{};
  const CK_RV code = token.module().call("C_GetMechanismInfo", &CK_FUNCTION_LIST::C_GetMechanismInfo, token.slot(),
                                         generation_of(row), &info);
  if (code == CKR_MECHANISM_INVALID) return false;
  if (code != CKR_OK) return token.failed("C_GetMechanismInfo", code);
  if ((info.flags & CKF_GENERATE_KEY_PAIR) == 0) return false;
  // A range of zeros says nothing.
  return info.ulMaxKeySize == 0 || (info.ulMinKeySize <= row.bits && row.bits <= info.ulMaxKeySize);
}

/// How much of the usual attributes a token gets: some refuse those that say what a key may not do.
enum class Detail : unsigned char { kAll, kNecessary };

Pkcs11Template public_half_of(const TypeRow& row, const std::string& label, const std::string& id) {
  Pkcs11Template wanted;
  wanted.flag(CKA_TOKEN, true).flag(CKA_VERIFY, true).bytes(CKA_LABEL, label).bytes(CKA_ID, id);
  if (row.rsa) {
    wanted.number(CKA_MODULUS_BITS, row.bits).bytes(CKA_PUBLIC_EXPONENT, std::string_view("\x01\x00\x01", 3));
  } else {
    wanted.bytes(CKA_EC_PARAMS, ec_parameters(row.bits));
  }
  return wanted;
}

Pkcs11Template private_half_of(const TypeRow& row, const std::string& label, const std::string& id, Detail detail) {
  Pkcs11Template wanted;
  wanted.flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true).flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  wanted.flag(CKA_SIGN, true).bytes(CKA_LABEL, label).bytes(CKA_ID, id);
  if (detail == Detail::kNecessary) return wanted;
  wanted.flag(CKA_SIGN_RECOVER, false).flag(CKA_DECRYPT, false).flag(CKA_UNWRAP, false);
  return row.rsa ? std::move(wanted) : std::move(wanted.flag(CKA_DERIVE, false));
}

/// A session for changes, closed when the scope ends.
class WriteSession {
 public:
  explicit WriteSession(Pkcs11Token& token) : token_(token) {}
  WriteSession(const WriteSession&) = delete;
  WriteSession& operator=(const WriteSession&) = delete;
  ~WriteSession() {
    if (session_ != CK_INVALID_HANDLE) token_.close(session_);
  }
  Result<CK_SESSION_HANDLE> open() {
    FP_TRY_ASSIGN(session_, token_.open_to_write());
    return session_;
  }

 private:
  Pkcs11Token& token_;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
};

Result<std::vector<CK_OBJECT_HANDLE>> private_keys_with(const Pkcs11Token& token, CK_ATTRIBUTE_TYPE type,
                                                        const std::string& value) {
  Pkcs11Template wanted;
  wanted.number(CKA_CLASS, CKO_PRIVATE_KEY).bytes(type, value);
  return find_objects(token, std::move(wanted));
}

bool is_own(const std::string& label, const std::string& id, const std::vector<Pkcs11Attributes>& own) {
  return std::any_of(own.begin(), own.end(), [&](const Pkcs11Attributes& each) {
    return (each.object || each.id) && (!each.object || *each.object == label) && (!each.id || *each.id == id);
  });
}

/// Whether the key signs. A process that ended in C_GenerateKeyPair may have left a private key with all its attributes
/// but the key itself (SoftHSM).
Result<bool> makes_signatures(Pkcs11Token& token, const Pkcs11Key& key) {
  const std::array<unsigned char, 32> digest{};
  const SignatureScheme scheme = key.is_rsa ? SignatureScheme::kRsaPkcs1 : SignatureScheme::kEcdsa;
  const auto signature = sign_in_token(token, signing_key(key), {scheme, HashAlgorithm::kSha256, digest});
  if (signature) return true;
  const ErrorKind kind = signature.error().kind;
  if (kind == ErrorKind::kKeyDeviceFailed || kind == ErrorKind::kKeyUnsuitable) return false;
  return fail(signature.error());
}

Result<void> require_protected(const Pkcs11Token& token, CK_OBJECT_HANDLE key) {
  FP_TRY_ASSIGN(const auto extractable, read_flag(token, key, CKA_EXTRACTABLE));
  FP_TRY_ASSIGN(const auto sensitive, read_flag(token, key, CKA_SENSITIVE));
  if (!extractable.value_or(false) && sensitive.value_or(true)) return {};
  return fail(ErrorKind::kKeyUnsuitable,
              token.name() + " made a key that can be read from it, although CKA_SENSITIVE was asked for",
              "use a token that protects its keys");
}

}  // namespace

Result<void> require_key_type(const Pkcs11Token& token, KeyType type) {
  FP_TRY_ASSIGN(const bool made, makes(token, type_row(type)));
  if (made) return {};
  std::vector<std::string> types;
  for (const TypeRow& each : kTypes) {
    FP_TRY_ASSIGN(const bool other, makes(token, each));
    if (other) types.emplace_back(word(each.type));
  }
  return fail(ErrorKind::kKeyTypeUnsupported,
              token.name() + " makes no keys of the type " + std::string(word(type)) +
                  (types.empty() ? ", and no keys of another type" : "; it makes " + listed(types)),
              types.empty() ? "make the key with the vendor's program, and give it with --key"
                            : "use --key-type " + types.front());
}

Result<void> require_room_in(const Pkcs11Token& token) {
  CK_TOKEN_INFO info{};
  const CK_RV code = token.module().call("C_GetTokenInfo", &CK_FUNCTION_LIST::C_GetTokenInfo, token.slot(), &info);
  if (code != CKR_OK) return token.failed("C_GetTokenInfo", code);
  if ((info.flags & CKF_WRITE_PROTECTED) != 0) {
    return fail(ErrorKind::kKeyDeviceFailed, token.name() + " is write-protected (CKF_WRITE_PROTECTED)",
                "remove the token's write protection, or use an existing key with --key");
  }
  // A total of 0 or ~0 means that the token does not tell.
  const bool tells = info.ulTotalPrivateMemory != 0 && info.ulTotalPrivateMemory != CK_UNAVAILABLE_INFORMATION &&
                     info.ulFreePrivateMemory != CK_UNAVAILABLE_INFORMATION;
  if (!tells || info.ulFreePrivateMemory >= kRoomForKey) return {};
  return fail(ErrorKind::kKeyStoreFull,
              token.name() + " has " + std::to_string(info.ulFreePrivateMemory) + " bytes left for private objects",
              token.hint(kDeleteUnneededKey));
}

Result<std::string> free_label(const Pkcs11Token& token, const std::string& name,
                               const std::vector<Pkcs11Attributes>& own) {
  FP_TRY_ASSIGN(const auto taken, private_keys_with(token, CKA_LABEL, name));
  for (const CK_OBJECT_HANDLE key : taken) {
    FP_TRY_ASSIGN(const auto id, read_attribute(token, key, CKA_ID));
    if (is_own(name, id.value_or(""), own)) continue;
    return fail(ErrorKind::kKeyExists,
                token.name() + " already has a private key with the label " + in_quotes(name) +
                    (id && !id->empty() ? " (id " + to_hex(*id) + ")" : ""),
                "use that key with --key, or give another object= name with --key-store");
  }
  if (taken.empty()) return name;
  for (int number = 2; number < kLabelsMax; ++number) {
    const std::string label = name + "-" + std::to_string(number);
    FP_TRY_ASSIGN(const auto others, private_keys_with(token, CKA_LABEL, label));
    if (others.empty()) return label;
  }
  return fail(ErrorKind::kKeyExists, token.name() + " has too many keys with labels like " + in_quotes(name),
              "delete the keys that are not needed, or give another object= name with --key-store");
}

Result<std::optional<Pkcs11Key>> find_made_key(Pkcs11Token& token, const std::string& id, KeyType type) {
  FP_TRY_ASSIGN(const auto keys, private_keys_with(token, CKA_ID, id));
  if (keys.size() != 1) return std::optional<Pkcs11Key>();
  auto key = read_key(token, keys.front());
  // Half a pair, or a private key that was not finished.
  if (!key && key.error().kind == ErrorKind::kKeyUnsuitable) return std::optional<Pkcs11Key>();
  if (!key) return fail(std::move(key).error());
  const TypeRow& row = type_row(type);
  if (key->is_rsa != row.rsa || key->bits != row.bits) return std::optional<Pkcs11Key>();
  FP_TRY_ASSIGN(const bool able, makes_signatures(token, *key));
  if (!able) return std::optional<Pkcs11Key>();
  return std::optional<Pkcs11Key>(std::move(*key));
}

Result<Pkcs11Key> generate_key(Pkcs11Token& token, const std::string& label, const std::string& id, KeyType type) {
  const TypeRow& row = type_row(type);
  CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
  {
    WriteSession writing(token);
    FP_TRY_ASSIGN(const CK_SESSION_HANDLE session, writing.open());
    CK_RV code = CKR_OK;
    for (const Detail detail : {Detail::kAll, Detail::kNecessary}) {
      CK_MECHANISM mechanism{generation_of(row), nullptr, 0};
      Pkcs11Template public_half = public_half_of(row, label, id);
      Pkcs11Template private_half = private_half_of(row, label, id, detail);
      code = token.module().call("C_GenerateKeyPair", &CK_FUNCTION_LIST::C_GenerateKeyPair, session, &mechanism,
                                 public_half.data(), public_half.size(), private_half.data(), private_half.size(),
                                 &public_key, &private_key);
      const bool disliked = code == CKR_ATTRIBUTE_TYPE_INVALID || code == CKR_TEMPLATE_INCONSISTENT ||
                            code == CKR_ATTRIBUTE_VALUE_INVALID || code == CKR_ATTRIBUTE_READ_ONLY;
      if (!disliked) break;
    }
    if (code != CKR_OK) return token.failed("C_GenerateKeyPair", code);
  }
  if (auto is_protected = require_protected(token, private_key); !is_protected) {
    // The reason why the key is of no use counts, not whether it could be removed.
    static_cast<void>(destroy_objects(token, id));
    return fail(std::move(is_protected).error());
  }
  return read_key(token, private_key);
}

Result<void> destroy_objects(Pkcs11Token& token, const std::string& id) {
  FP_TRY_ASSIGN(auto objects, private_keys_with(token, CKA_ID, id));
  Pkcs11Template all;
  all.bytes(CKA_ID, id);
  FP_TRY_ASSIGN(const auto others, find_objects(token, std::move(all)));
  for (const CK_OBJECT_HANDLE each : others) {
    if (std::find(objects.begin(), objects.end(), each) == objects.end()) objects.push_back(each);
  }
  if (objects.empty()) return {};
  WriteSession writing(token);
  FP_TRY_ASSIGN(const CK_SESSION_HANDLE session, writing.open());
  for (const CK_OBJECT_HANDLE each : objects) {
    const CK_RV code = token.module().call("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject, session, each);
    if (code != CKR_OK && code != CKR_OBJECT_HANDLE_INVALID) return token.failed("C_DestroyObject", code);
  }
  return {};
}

}  // namespace fleet_provision
