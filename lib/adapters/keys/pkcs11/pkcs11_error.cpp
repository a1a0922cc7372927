#include "adapters/keys/pkcs11/pkcs11_error.hpp"

#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "core/file_format.hpp"

namespace fleet_provision {
namespace {

struct CodeRow {
  CK_RV code;
  std::string_view name;
  ErrorKind kind;
  std::string_view hint;
};

constexpr std::string_view kTool = "pkcs11-tool {module}";
constexpr std::string_view kRightPin = "write the token's user PIN to the PIN file; each wrong PIN costs one try";
constexpr std::string_view kGivePin = "write the token's user PIN to a private file and give it with --pin-file";
constexpr std::string_view kPlugIn =
    "connect the token, or start the daemon that serves it, and rerun the same command";
constexpr std::string_view kOtherKey =
    "use a private key with the usage sign; list the keys: pkcs11-tool {module} --login --list-objects";
constexpr std::string_view kOtherType = "use another --key-type; list what the token makes: pkcs11-tool {module} -M";
constexpr std::string_view kSeeModule =
    "read the log of the module, and test the token: pkcs11-tool {module} --login --test";
constexpr std::string_view kUnprotect = "remove the token's write protection, or use an existing key with --key";
constexpr std::string_view kCloseOthers = "end other programs that use the token, and rerun the same command";
constexpr std::string_view kEcKey = "use an EC key on P-256";

// clang-format off
constexpr std::array kCodes{
    CodeRow{CKR_CANCEL, "CKR_CANCEL", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_HOST_MEMORY, "CKR_HOST_MEMORY", ErrorKind::kOutOfResources, "end other programs, or raise the memory limit"},
    CodeRow{CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_CANT_LOCK, "CKR_CANT_LOCK", ErrorKind::kPkcs11ModuleInvalid, "use a module that supports threads"},
    CodeRow{CKR_ATTRIBUTE_READ_ONLY, "CKR_ATTRIBUTE_READ_ONLY", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_ATTRIBUTE_SENSITIVE, "CKR_ATTRIBUTE_SENSITIVE", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID", ErrorKind::kKeyTypeUnsupported, kOtherType},
    CodeRow{CKR_ACTION_PROHIBITED, "CKR_ACTION_PROHIBITED", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_DATA_INVALID, "CKR_DATA_INVALID", ErrorKind::kKeyUnsuitable, kOtherKey},
    CodeRow{CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE", ErrorKind::kKeyUnsuitable, kOtherKey},
    CodeRow{CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", ErrorKind::kKeyStoreFull, kDeleteUnneededKey},
    CodeRow{CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", ErrorKind::kKeyUnsuitable, "use a token whose module supports the function"},
    CodeRow{CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_KEY_SIZE_RANGE, "CKR_KEY_SIZE_RANGE", ErrorKind::kKeyTypeUnsupported, kOtherType},
    CodeRow{CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", ErrorKind::kKeyUnsuitable, kOtherKey},
    CodeRow{CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED", ErrorKind::kKeyUnsuitable, kOtherKey},
    CodeRow{CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", ErrorKind::kKeyUnsuitable, kEcKey},
    CodeRow{CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID", ErrorKind::kKeyUnsuitable, kEcKey},
    CodeRow{CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_OPERATION_ACTIVE, "CKR_OPERATION_ACTIVE", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_OPERATION_NOT_INITIALIZED, "CKR_OPERATION_NOT_INITIALIZED", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", ErrorKind::kPinWrong, kRightPin},
    CodeRow{CKR_PIN_INVALID, "CKR_PIN_INVALID", ErrorKind::kPinWrong, kRightPin},
    CodeRow{CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", ErrorKind::kPinWrong, kRightPin},
    CodeRow{CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED", ErrorKind::kPinWrong, "set a new user PIN: pkcs11-tool {module} --login --change-pin"},
    CodeRow{CKR_PIN_LOCKED, "CKR_PIN_LOCKED", ErrorKind::kPinLocked, kSetNewUserPin},
    CodeRow{CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_SESSION_COUNT, "CKR_SESSION_COUNT", ErrorKind::kKeyDeviceFailed, kCloseOthers},
    CodeRow{CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_SESSION_READ_ONLY, "CKR_SESSION_READ_ONLY", ErrorKind::kKeyDeviceFailed, kUnprotect},
    CodeRow{CKR_SESSION_READ_WRITE_SO_EXISTS, "CKR_SESSION_READ_WRITE_SO_EXISTS", ErrorKind::kKeyDeviceFailed, kCloseOthers},
    CodeRow{CKR_TEMPLATE_INCOMPLETE, "CKR_TEMPLATE_INCOMPLETE", ErrorKind::kKeyTypeUnsupported, kOtherType},
    CodeRow{CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", ErrorKind::kKeyTypeUnsupported, kOtherType},
    CodeRow{CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED", ErrorKind::kTokenRemoved, kPlugIn},
    CodeRow{CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", ErrorKind::kKeyDeviceFailed, kUnprotect},
    CodeRow{CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", ErrorKind::kPinRequired, kGivePin},
    CodeRow{CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED", ErrorKind::kPinRequired, kSetNewUserPin},
    CodeRow{CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", ErrorKind::kKeyDeviceFailed, kCloseOthers},
    CodeRow{CKR_USER_TOO_MANY_TYPES, "CKR_USER_TOO_MANY_TYPES", ErrorKind::kKeyDeviceFailed, kCloseOthers},
    CodeRow{CKR_DOMAIN_PARAMS_INVALID, "CKR_DOMAIN_PARAMS_INVALID", ErrorKind::kKeyTypeUnsupported, kOtherType},
    CodeRow{CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED", ErrorKind::kKeyTypeUnsupported, kOtherType},
    CodeRow{CKR_RANDOM_NO_RNG, "CKR_RANDOM_NO_RNG", ErrorKind::kKeyUnsuitable, kSeeModule},
    CodeRow{CKR_BUFFER_TOO_SMALL, "CKR_BUFFER_TOO_SMALL", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_FIPS_SELF_TEST_FAILED, "CKR_FIPS_SELF_TEST_FAILED", ErrorKind::kKeyDeviceFailed, kSeeModule},
    CodeRow{CKR_LIBRARY_LOAD_FAILED, "CKR_LIBRARY_LOAD_FAILED", ErrorKind::kPkcs11ModuleInvalid, "install the libraries that the module needs"},
    CodeRow{CKR_FUNCTION_REJECTED, "CKR_FUNCTION_REJECTED", ErrorKind::kKeyDeviceFailed, kSeeModule},
};
// clang-format on

const CodeRow* code_row(unsigned long code) {
  const auto* const row =
      std::find_if(kCodes.begin(), kCodes.end(), [code](const CodeRow& each) { return each.code == code; });
  return row == kCodes.end() ? nullptr : row;
}

}  // namespace

std::string pkcs11_code_text(unsigned long code) {
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "0x%lx", code);
  const CodeRow* const row = code_row(code);
  if (row == nullptr) return std::string("the code ") + number.data();
  return std::string(row->name) + " (" + number.data() + ")";
}

std::string hint_for(const Pkcs11Place& place, std::string_view hint) {
  const std::size_t at = hint.find(kTool);
  if (at == std::string_view::npos) return std::string(hint);
  std::string command =
      "pkcs11-tool --module " + (place.module_path.empty() ? "MODULE" : shell_word(place.module_path));
  if (!place.token_label.empty()) command += " --token-label " + shell_word(place.token_label);
  return std::string(hint.substr(0, at)) + command + std::string(hint.substr(at + kTool.size()));
}

Error pkcs11_error(unsigned long code, const std::string& what, const Pkcs11Place& place) {
  const CodeRow* const row = code_row(code);
  Error error;
  error.kind = row == nullptr ? ErrorKind::kKeyDeviceFailed : row->kind;
  error.message = what + " failed with " + pkcs11_code_text(code);
  error.hint = hint_for(place, row == nullptr ? kSeeModule : row->hint);
  return error;
}

}  // namespace fleet_provision
