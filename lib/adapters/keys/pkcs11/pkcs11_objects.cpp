#include "adapters/keys/pkcs11/pkcs11_objects.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kObjectsMax = 64;
constexpr std::size_t kNamesListedMax = 8;
constexpr CK_ULONG kAttributeBytesMax = 64 * 1024;

/// `label "gateway", id 01`.
Result<std::string> named_key(const Pkcs11Token& token, CK_OBJECT_HANDLE key) {
  FP_TRY_ASSIGN(const auto label, read_attribute(token, key, CKA_LABEL));
  FP_TRY_ASSIGN(const auto id, read_attribute(token, key, CKA_ID));
  return "label " + in_quotes(label.value_or("")) + (id && !id->empty() ? ", id " + to_hex(*id) : "");
}

Result<std::string> named_keys(const Pkcs11Token& token, const std::vector<CK_OBJECT_HANDLE>& keys) {
  std::string text;
  for (std::size_t at = 0; at < keys.size() && at < kNamesListedMax; ++at) {
    FP_TRY_ASSIGN(const std::string one, named_key(token, keys[at]));
    text += (at == 0 ? "" : "; ") + one;
  }
  return keys.size() > kNamesListedMax ? text + "; …" : text;
}

std::string wanted_key(const Pkcs11Attributes& uri) {
  std::string text;
  if (uri.object) text += " with the label " + in_quotes(*uri.object);
  if (uri.id) text += (text.empty() ? " with the id " : " and the id ") + to_hex(*uri.id);
  return text;
}

Pkcs11Template private_keys(const Pkcs11Attributes& uri) {
  Pkcs11Template wanted;
  wanted.number(CKA_CLASS, CKO_PRIVATE_KEY);
  if (uri.object) wanted.bytes(CKA_LABEL, *uri.object);
  if (uri.id) wanted.bytes(CKA_ID, *uri.id);
  return wanted;
}

Failure no_such_key(const Pkcs11Token& token, const Pkcs11Attributes& uri) {
  auto all = find_objects(token, private_keys({}));
  if (!all) return fail(std::move(all).error());
  auto names = named_keys(token, *all);
  if (!names) return fail(std::move(names).error());
  return fail(ErrorKind::kKeyNotFound,
              token.name() + " has no private key" + wanted_key(uri) +
                  (all->empty() ? "; it has no private key at all" : "; private keys: " + *names),
              all->empty() ? "make or import the key, or choose another token" : "correct object= or id= in the URI");
}

}  // namespace

Pkcs11Template& Pkcs11Template::bytes(CK_ATTRIBUTE_TYPE type, std::string_view value) {
  std::string& kept = values_.emplace_back(value);
  list_.push_back({type, kept.data(), CK_ULONG{kept.size()}});
  return *this;
}

Pkcs11Template& Pkcs11Template::flag(CK_ATTRIBUTE_TYPE type, bool value) {
  const char byte = value ? CK_TRUE : CK_FALSE;
  return bytes(type, {&byte, 1});
}

Pkcs11Template& Pkcs11Template::number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  return bytes(type, {reinterpret_cast<const char*>(&value), sizeof value});
}

Result<std::vector<CK_OBJECT_HANDLE>> find_objects(const Pkcs11Token& token, Pkcs11Template wanted) {
  const Pkcs11Module& module = token.module();
  const CK_SESSION_HANDLE session = token.session();
  CK_RV code =
      module.call("C_FindObjectsInit", &CK_FUNCTION_LIST::C_FindObjectsInit, session, wanted.data(), wanted.size());
  if (code != CKR_OK) return token.failed("C_FindObjectsInit", code);
  std::vector<CK_OBJECT_HANDLE> found;
  std::array<CK_OBJECT_HANDLE, 16> some{};
  CK_ULONG count = 0;
  do {
    count = 0;
    code = module.call("C_FindObjects", &CK_FUNCTION_LIST::C_FindObjects, session, some.data(), CK_ULONG{some.size()},
                       &count);
    count = std::min<CK_ULONG>(count, some.size());
    if (code == CKR_OK) found.insert(found.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  } while (code == CKR_OK && count > 0 && found.size() < kObjectsMax);
  // The error of the search counts, not that of its end.
  static_cast<void>(module.call("C_FindObjectsFinal", &CK_FUNCTION_LIST::C_FindObjectsFinal, session));
  if (code != CKR_OK) return token.failed("C_FindObjects", code);
  return found;
}

Result<std::optional<std::string>> read_attribute(const Pkcs11Token& token, CK_OBJECT_HANDLE object,
                                                  CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  const auto read = [&] {
    return token.module().call("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue, token.session(), object,
                               &attribute, CK_ULONG{1});
  };
  CK_RV code = read();
  if (code == CKR_ATTRIBUTE_TYPE_INVALID || code == CKR_ATTRIBUTE_SENSITIVE) return std::optional<std::string>();
  if (code != CKR_OK) return token.failed("C_GetAttributeValue", code);
  if (attribute.ulValueLen > kAttributeBytesMax) return std::optional<std::string>();
  std::string value(attribute.ulValueLen, '\0');
  if (value.empty()) return std::optional<std::string>(value);
  attribute.pValue = value.data();
  code = read();
  if (code != CKR_OK) return token.failed("C_GetAttributeValue", code);
  value.resize(std::min<std::size_t>(value.size(), attribute.ulValueLen));
  return std::optional<std::string>(std::move(value));
}

Result<std::optional<bool>> read_flag(const Pkcs11Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  FP_TRY_ASSIGN(const auto value, read_attribute(token, object, type));
  if (!value || value->size() != sizeof(CK_BBOOL)) return std::optional<bool>();
  return std::optional<bool>(value->front() != CK_FALSE);
}

Result<std::optional<CK_ULONG>> read_number(const Pkcs11Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  FP_TRY_ASSIGN(const auto value, read_attribute(token, object, type));
  CK_ULONG number = 0;
  if (!value || value->size() != sizeof number) return std::optional<CK_ULONG>();
  std::memcpy(&number, value->data(), sizeof number);
  return std::optional<CK_ULONG>(number);
}

Result<CK_OBJECT_HANDLE> find_private_key(Pkcs11Token& token, const Pkcs11Attributes& uri, PinFiles& pins) {
  const bool can_log_in = pins.has(uri);
  if (token.wants_login() && can_log_in) FP_TRY(token.log_in(uri, pins));
  FP_TRY_ASSIGN(auto keys, find_objects(token, private_keys(uri)));
  if (keys.empty()) {
    FP_TRY_ASSIGN(const bool logged_in, token.is_logged_in());
    const bool has_user_pin = token.wants_login() || (token.info().flags & CKF_USER_PIN_INITIALIZED) != 0;
    if (!logged_in && has_user_pin) {
      // A private key is invisible without a login; kPinRequired where there is no PIN.
      FP_TRY(token.log_in(uri, pins));
      FP_TRY_ASSIGN(keys, find_objects(token, private_keys(uri)));
    }
  }
  if (keys.empty()) return no_such_key(token, uri);
  if (keys.size() == 1) return keys.front();
  FP_TRY_ASSIGN(const std::string names, named_keys(token, keys));
  return fail(ErrorKind::kKeyAmbiguous,
              token.name() + " has " + std::to_string(keys.size()) + " private keys" + wanted_key(uri) + ": " + names,
              "add id=%XX to the URI, each byte of the id as % and two hexadecimal digits");
}

}  // namespace fleet_provision
