#include "adapters/keys/pkcs11/pkcs11_token.hpp"

#include <utility>

#include "adapters/keys/device/secret_file.hpp"
#include "adapters/keys/pkcs11/pkcs11_error.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kGivePinFile =
    "write the token's user PIN to a private file and give it with --pin-file, or as pin-source in the key URI";

bool is_rejection(CK_RV code) {
  return code == CKR_PIN_INCORRECT || code == CKR_PIN_INVALID || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_EXPIRED ||
         code == CKR_PIN_LOCKED;
}

}  // namespace

Result<Secret> PinFiles::read(const Pkcs11Attributes& uri) {
  const std::string& path = uri.pin_source ? *uri.pin_source : *pin_file_;
  auto known = by_path_.find(path);
  if (known == by_path_.end()) {
    FP_TRY_ASSIGN(Secret pin, read_secret_file(path, "PIN file", ErrorKind::kFileUnreadable));
    if (pin.empty()) {
      return fail(ErrorKind::kPinRequired, "the PIN file " + printable(path) + " is empty",
                  "write the token's user PIN to it");
    }
    known = by_path_.emplace(path, std::move(pin)).first;
  }
  return known->second.duplicate();
}

Pkcs11Token::Pkcs11Token(const Pkcs11Module& module, CK_SLOT_ID slot, const CK_TOKEN_INFO& info)
    : module_(module), slot_(slot), info_(info) {}

Pkcs11Token::~Pkcs11Token() {
  forget_session();
}

std::string Pkcs11Token::name() const {
  return "the token " + in_quotes(padded_text(info_.label));
}

std::string Pkcs11Token::description() const {
  return in_quotes(padded_text(info_.label)) + " (" + printable(padded_text(info_.model)) + ", serial number " +
         printable(padded_text(info_.serialNumber)) + ")";
}

Failure Pkcs11Token::failed(const char* function, CK_RV code) const {
  return fail(pkcs11_error(code, name() + ": " + function, {module_.path(), padded_text(info_.label)}));
}

std::string Pkcs11Token::hint(std::string_view hint) const {
  return hint_for({module_.path(), padded_text(info_.label)}, hint);
}

Result<void> Pkcs11Token::open() {
  if (session_ != CK_INVALID_HANDLE) return {};
  const CK_RV code = module_.call("C_OpenSession", &CK_FUNCTION_LIST::C_OpenSession, slot_,
                                  CK_FLAGS{CKF_SERIAL_SESSION}, nullptr, nullptr, &session_);
  if (code == CKR_OK) return {};
  session_ = CK_INVALID_HANDLE;
  return failed("C_OpenSession", code);
}

Result<CK_SESSION_HANDLE> Pkcs11Token::open_to_write() {
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  const CK_RV code = module_.call("C_OpenSession", &CK_FUNCTION_LIST::C_OpenSession, slot_,
                                  CK_FLAGS{CKF_SERIAL_SESSION | CKF_RW_SESSION}, nullptr, nullptr, &session);
  if (code != CKR_OK) return failed("C_OpenSession", code);
  return session;
}

void Pkcs11Token::close(CK_SESSION_HANDLE session) const {
  static_cast<void>(module_.call("C_CloseSession", &CK_FUNCTION_LIST::C_CloseSession, session));
}

void Pkcs11Token::forget_session() {
  if (session_ != CK_INVALID_HANDLE) close(std::exchange(session_, CK_INVALID_HANDLE));
}

Result<bool> Pkcs11Token::is_logged_in() const {
  CK_SESSION_INFO info{};
  const CK_RV code = module_.call("C_GetSessionInfo", &CK_FUNCTION_LIST::C_GetSessionInfo, session_, &info);
  if (code != CKR_OK) return failed("C_GetSessionInfo", code);
  return info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS;
}

Result<CK_TOKEN_INFO> Pkcs11Token::read_info() const {
  CK_TOKEN_INFO info{};
  const CK_RV code = module_.call("C_GetTokenInfo", &CK_FUNCTION_LIST::C_GetTokenInfo, slot_, &info);
  if (code != CKR_OK) return failed("C_GetTokenInfo", code);
  return info;
}

Result<void> Pkcs11Token::log_in(const Pkcs11Attributes& uri, PinFiles& pins) {
  FP_TRY_ASSIGN(const bool done, is_logged_in());
  if (done) return {};
  if (rejected_) return fail(*rejected_);
  if (!pin_) {
    if (!pins.has(uri)) {
      const bool keypad = (info_.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
      return fail(ErrorKind::kPinRequired,
                  name() + (keypad ? " takes its PIN from its own keypad, which this program does not wait for"
                                   : " requires a PIN, and none was given"),
                  std::string(kGivePinFile));
    }
    FP_TRY_ASSIGN(pin_, pins.read(uri));
  }
  FP_TRY_ASSIGN(const CK_TOKEN_INFO now, read_info());
  FP_TRY(may_send_pin(now));
  return send_pin(CKU_USER);
}

Result<void> Pkcs11Token::may_send_pin(const CK_TOKEN_INFO& info) const {
  if ((info.flags & CKF_USER_PIN_LOCKED) != 0) {
    return fail(ErrorKind::kPinLocked,
                "the user PIN of " + name() + " is locked (CKF_USER_PIN_LOCKED); the PIN was not sent",
                hint(kSetNewUserPin));
  }
  if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    return fail(ErrorKind::kPinWrong,
                name() +
                    " has one try left for its user PIN (CKF_USER_PIN_FINAL_TRY); the PIN was not sent, because a "
                    "wrong one would lock the token",
                hint("check the PIN, and log in with it once, which restores the tries: pkcs11-tool {module} --login "
                     "--list-objects"));
  }
  return {};
}

Result<void> Pkcs11Token::send_pin(CK_USER_TYPE user) {
  // PKCS#11 takes the PIN without const and does not change it.
  auto* const pin = reinterpret_cast<CK_UTF8CHAR*>(const_cast<char*>(pin_->reveal().data()));
  const CK_RV code = module_.call("C_Login", &CK_FUNCTION_LIST::C_Login, session_, user, pin, CK_ULONG{pin_->size()});
  if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) return {};
  Error error = std::move(failed("C_Login", code)).value();
  if (is_rejection(code)) {
    error.message += tries_left();
    rejected_ = error;
    pin_.reset();
  }
  return fail(std::move(error));
}

std::string Pkcs11Token::tries_left() const {
  const auto now = read_info();
  if (!now) return {};
  if ((now->flags & CKF_USER_PIN_LOCKED) != 0) return "; the user PIN is now locked";
  if ((now->flags & CKF_USER_PIN_FINAL_TRY) != 0) return "; one try left";
  if ((now->flags & CKF_USER_PIN_COUNT_LOW) != 0) return "; few tries are left";
  return {};
}

Result<void> Pkcs11Token::log_in_for_signature() {
  if (rejected_) return fail(*rejected_);
  if (!pin_) {
    return fail(ErrorKind::kPinRequired, name() + " requires the PIN for each signature of this key",
                std::string(kGivePinFile));
  }
  FP_TRY_ASSIGN(const CK_TOKEN_INFO now, read_info());
  FP_TRY(may_send_pin(now));
  return send_pin(CKU_CONTEXT_SPECIFIC);
}

}  // namespace fleet_provision
