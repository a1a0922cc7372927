// One token: its session, its login, and the rules that protect its PIN.
//
// C_Login counts: a token locks itself after a few wrong PINs. A PIN is therefore sent only when a private key needs
// it, after a look at the token's flags, and once: after a rejection every later login fails with the same error.
// C_Login is per process and token; the session's state tells whether it was done. The session stays open, because
// closing the last one logs out.
#pragma once

#include <p11-kit/pkcs11.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/keys/pkcs11/pkcs11_module.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// A text of CK_TOKEN_INFO, which is padded with blanks.
template <std::size_t Size>
[[nodiscard]] std::string padded_text(const CK_UTF8CHAR (&text)[Size]) {
  std::string bytes(reinterpret_cast<const char*>(text), Size);
  bytes.erase(bytes.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return bytes;
}

/// The PINs of a run. A file is read once, because it may be a pipe.
class PinFiles {
 public:
  explicit PinFiles(std::optional<std::string> pin_file) : pin_file_(std::move(pin_file)) {}

  /// Whether a PIN file is named for the token of `uri`: by its pin-source, else for all tokens.
  [[nodiscard]] bool has(const Pkcs11Attributes& uri) const { return uri.pin_source || pin_file_; }
  /// kFileNotFound, kFileUnreadable, kPinRequired for an empty file. Only where `has` says so.
  [[nodiscard]] Result<Secret> read(const Pkcs11Attributes& uri);

 private:
  std::optional<std::string> pin_file_;
  std::map<std::string, Secret> by_path_;
};

class Pkcs11Token {
 public:
  Pkcs11Token(const Pkcs11Module& module, CK_SLOT_ID slot, const CK_TOKEN_INFO& info);
  Pkcs11Token(const Pkcs11Token&) = delete;
  Pkcs11Token& operator=(const Pkcs11Token&) = delete;
  /// Closes the session.
  ~Pkcs11Token();

  [[nodiscard]] const Pkcs11Module& module() const { return module_; }
  [[nodiscard]] CK_SLOT_ID slot() const { return slot_; }
  /// As it was when the token was found.
  [[nodiscard]] const CK_TOKEN_INFO& info() const { return info_; }
  /// `the token "fleet"`.
  [[nodiscard]] std::string name() const;
  /// `"fleet" (SoftHSM v2, serial number 1234)`.
  [[nodiscard]] std::string description() const;
  [[nodiscard]] CK_SESSION_HANDLE session() const { return session_; }
  /// The error of a call that returned `code`.
  [[nodiscard]] Failure failed(const char* function, CK_RV code) const;
  /// A hint with the commands for this token (hint_for).
  [[nodiscard]] std::string hint(std::string_view hint) const;
  [[nodiscard]] bool wants_login() const { return (info_.flags & CKF_LOGIN_REQUIRED) != 0; }

  /// Opens the read-only session; does nothing if it is open.
  [[nodiscard]] Result<void> open();
  /// Opens another session for changes of objects; the caller closes it.
  [[nodiscard]] Result<CK_SESSION_HANDLE> open_to_write();
  void close(CK_SESSION_HANDLE session) const;
  /// After the module lost the token: the next open() opens another session.
  void forget_session();

  [[nodiscard]] Result<bool> is_logged_in() const;
  /// Logs in with the PIN of `uri`, unless that is done. kPinRequired, kPinWrong, kPinLocked, errors
  /// of the PIN file.
  [[nodiscard]] Result<void> log_in(const Pkcs11Attributes& uri, PinFiles& pins);
  /// C_Login for one signature, after C_SignInit (CKA_ALWAYS_AUTHENTICATE).
  [[nodiscard]] Result<void> log_in_for_signature();

 private:
  [[nodiscard]] Result<CK_TOKEN_INFO> read_info() const;
  /// Refuses where sending a PIN could do harm.
  [[nodiscard]] Result<void> may_send_pin(const CK_TOKEN_INFO& info) const;
  [[nodiscard]] Result<void> send_pin(CK_USER_TYPE user);
  [[nodiscard]] std::string tries_left() const;

  const Pkcs11Module& module_;
  CK_SLOT_ID slot_;
  CK_TOKEN_INFO info_;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
  std::optional<Secret> pin_;
  /// The rejection of the PIN, which is not sent again.
  std::optional<Error> rejected_;
};

/// The one initialised token that `uri` names in these modules. kTokenNotFound, which lists the tokens that are there,
/// kTokenAmbiguous.
struct FoundToken {
  const Pkcs11Module* module;
  CK_SLOT_ID slot;
  CK_TOKEN_INFO info;
};
[[nodiscard]] Result<FoundToken> find_pkcs11_token(const ModuleChoice& choice, const Pkcs11Attributes& uri);

}  // namespace fleet_provision
