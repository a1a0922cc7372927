// A PKCS#11 module that forwards to SoftHSM's and misbehaves as it is told: for what SoftHSM cannot show.
//
//   PKCS11_SHIM_MODULE  the module it forwards to
//   PKCS11_SHIM         words, separated by blanks; read at each call, so that a test can change them in between
//   PKCS11_SHIM_FILE    a file with more of them
//   PKCS11_SHIM_LOG     a file to which each call appends the name of its function and a line end
//
// Words: `C_Sign=0x32` (the function returns this code instead), `C_Sign=crash`, `C_Sign=hang`; what the token says
// of itself: locked, final-try, count-low, write-protected, keypad, no-login, no-room; what it lacks: no-pss,
// no-raw-rsa, no-ec, no-public (no public key objects); what it is strict about: always-authenticate,
// plain-templates (an attribute that says what a key may not do is CKR_TEMPLATE_INCONSISTENT), readable-keys (what it
// makes can be extracted).
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace {

CK_FUNCTION_LIST* real = nullptr;
/// With always-authenticate: a signature was begun, and its login has not come yet.
bool awaits_login = false;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string all_words() {
  std::ifstream file(variable("PKCS11_SHIM_FILE"));
  return variable("PKCS11_SHIM") + " " + std::string(std::istreambuf_iterator<char>(file), {});
}

/// What follows `begin` in the word that begins so.
std::optional<std::string> word_after(std::string_view begin) {
  std::istringstream words(all_words());
  for (std::string word; words >> word;) {
    if (word.starts_with(begin)) return word.substr(begin.size());
  }
  return std::nullopt;
}

bool told(std::string_view wanted) {
  const auto rest = word_after(wanted);
  return rest && rest->empty();
}

/// Notes the call, and misbehaves if that is wanted.
std::optional<CK_RV> interfered(const char* function) {
  const std::string log = variable("PKCS11_SHIM_LOG");
  if (!log.empty()) std::ofstream(log, std::ios::app) << function << '\n';
  const auto behaviour = word_after(std::string(function) + "=");
  if (!behaviour) return std::nullopt;
  if (*behaviour == "crash") ::raise(SIGSEGV);
  while (*behaviour == "hang") ::pause();
  return std::strtoul(behaviour->c_str(), nullptr, 16);
}

#define SHIM_FORWARD(name, parameters, arguments)          \
  CK_RV shim_##name parameters {                           \
    if (const auto code = interfered(#name)) return *code; \
    return real->name arguments;                           \
  }

SHIM_FORWARD(C_Initialize, (void* arguments), (arguments))
SHIM_FORWARD(C_Finalize, (void* reserved), (reserved))
SHIM_FORWARD(C_GetSlotList, (CK_BBOOL present, CK_SLOT_ID* slots, CK_ULONG* count), (present, slots, count))
SHIM_FORWARD(C_OpenSession,
             (CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify, CK_SESSION_HANDLE* session),
             (slot, flags, application, notify, session))
SHIM_FORWARD(C_CloseSession, (CK_SESSION_HANDLE session), (session))
SHIM_FORWARD(C_GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO* info), (session, info))
SHIM_FORWARD(C_FindObjectsFinal, (CK_SESSION_HANDLE session), (session))
SHIM_FORWARD(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), (session, object))
SHIM_FORWARD(C_FindObjects, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count),
             (session, objects, most, count))

CK_RV shim_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  if (const auto code = interfered("C_GetTokenInfo")) return *code;
  const CK_RV code = real->C_GetTokenInfo(slot, info);
  if (code != CKR_OK) return code;
  if (told("locked")) info->flags |= CKF_USER_PIN_LOCKED;
  if (told("final-try")) info->flags |= CKF_USER_PIN_FINAL_TRY;
  if (told("count-low")) info->flags |= CKF_USER_PIN_COUNT_LOW;
  if (told("write-protected")) info->flags |= CKF_WRITE_PROTECTED;
  if (told("keypad")) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  if (told("no-login")) info->flags &= ~CK_FLAGS{CKF_LOGIN_REQUIRED};
  if (told("no-room")) {
    info->ulTotalPrivateMemory = 4096;
    info->ulFreePrivateMemory = 12;
  }
  return code;
}

bool lacks(CK_MECHANISM_TYPE type) {
  return (type == CKM_RSA_PKCS_PSS && told("no-pss")) || (type == CKM_RSA_X_509 && told("no-raw-rsa")) ||
         (type == CKM_EC_KEY_PAIR_GEN && told("no-ec"));
}

CK_RV shim_C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  if (const auto code = interfered("C_GetMechanismInfo")) return *code;
  return lacks(type) ? CKR_MECHANISM_INVALID : real->C_GetMechanismInfo(slot, type, info);
}

CK_RV shim_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  if (const auto code = interfered("C_Login")) return *code;
  if (user != CKU_CONTEXT_SPECIFIC) return real->C_Login(session, user, pin, size);
  if (!awaits_login) return CKR_OPERATION_NOT_INITIALIZED;
  awaits_login = false;
  return CKR_OK;
}

CK_RV shim_C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  if (const auto code = interfered("C_FindObjectsInit")) return *code;
  CK_OBJECT_CLASS none = CKO_VENDOR_DEFINED;
  CK_ATTRIBUTE nothing{CKA_CLASS, &none, sizeof none};
  for (CK_ULONG at = 0; at < count && told("no-public"); ++at) {
    const bool is_public =
        wanted[at].type == CKA_CLASS && *static_cast<CK_OBJECT_CLASS*>(wanted[at].pValue) == CKO_PUBLIC_KEY;
    if (is_public) return real->C_FindObjectsInit(session, &nothing, 1);
  }
  return real->C_FindObjectsInit(session, wanted, count);
}

CK_RV shim_C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                               CK_ULONG count) {
  if (const auto code = interfered("C_GetAttributeValue")) return *code;
  if (count == 1 && wanted->type == CKA_ALWAYS_AUTHENTICATE && told("always-authenticate")) {
    if (wanted->pValue != nullptr) *static_cast<CK_BBOOL*>(wanted->pValue) = CK_TRUE;
    wanted->ulValueLen = sizeof(CK_BBOOL);
    return CKR_OK;
  }
  return real->C_GetAttributeValue(session, object, wanted, count);
}

CK_RV shim_C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (const auto code = interfered("C_SignInit")) return *code;
  if (lacks(mechanism->mechanism)) return CKR_MECHANISM_INVALID;
  awaits_login = told("always-authenticate");
  return real->C_SignInit(session, mechanism, key);
}

CK_RV shim_C_Sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature,
                  CK_ULONG* signature_size) {
  if (const auto code = interfered("C_Sign")) {
    // Also a signature that fails ends the operation (PKCS#11 section 5.13).
    real->C_Sign(session, data, size, signature, signature_size);
    return *code;
  }
  if (awaits_login) return CKR_USER_NOT_LOGGED_IN;
  return real->C_Sign(session, data, size, signature, signature_size);
}

CK_RV shim_C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* public_half,
                             CK_ULONG public_count, CK_ATTRIBUTE* private_half, CK_ULONG private_count,
                             CK_OBJECT_HANDLE* public_key, CK_OBJECT_HANDLE* private_key) {
  if (const auto code = interfered("C_GenerateKeyPair")) return *code;
  for (CK_ULONG at = 0; at < private_count; ++at) {
    if (private_half[at].type == CKA_DECRYPT && told("plain-templates")) return CKR_TEMPLATE_INCONSISTENT;
    if (private_half[at].type == CKA_EXTRACTABLE && told("readable-keys")) {
      *static_cast<CK_BBOOL*>(private_half[at].pValue) = CK_TRUE;
    }
  }
  return real->C_GenerateKeyPair(session, mechanism, public_half, public_count, private_half, private_count, public_key,
                                 private_key);
}

bool load_real() {
  void* const library = ::dlopen(variable("PKCS11_SHIM_MODULE").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  const auto list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  return list != nullptr && list(&real) == CKR_OK;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST shim;
  if (real == nullptr && !load_real()) return CKR_GENERAL_ERROR;
  shim = *real;
  shim.C_Initialize = shim_C_Initialize;
  shim.C_Finalize = shim_C_Finalize;
  shim.C_GetFunctionList = C_GetFunctionList;
  shim.C_GetSlotList = shim_C_GetSlotList;
  shim.C_GetTokenInfo = shim_C_GetTokenInfo;
  shim.C_GetMechanismInfo = shim_C_GetMechanismInfo;
  shim.C_OpenSession = shim_C_OpenSession;
  shim.C_CloseSession = shim_C_CloseSession;
  shim.C_GetSessionInfo = shim_C_GetSessionInfo;
  shim.C_Login = shim_C_Login;
  shim.C_FindObjectsInit = shim_C_FindObjectsInit;
  shim.C_FindObjects = shim_C_FindObjects;
  shim.C_FindObjectsFinal = shim_C_FindObjectsFinal;
  shim.C_GetAttributeValue = shim_C_GetAttributeValue;
  shim.C_DestroyObject = shim_C_DestroyObject;
  shim.C_SignInit = shim_C_SignInit;
  shim.C_Sign = shim_C_Sign;
  shim.C_GenerateKeyPair = shim_C_GenerateKeyPair;
  *list = &shim;
  return CKR_OK;
}
