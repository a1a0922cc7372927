// SoftHSM as the PKCS#11 token of a test: with a directory and a configuration of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {

/// The path of SoftHSM's module; nothing if libsofthsm2, softhsm2-util or libp11-kit0 is not installed.
[[nodiscard]] std::optional<std::string> software_token_module();
inline constexpr const char* kNoSoftwareToken = "not tested: softhsm2 and libp11-kit0 are not installed";

/// Initialises a token, and sets SOFTHSM2_CONF for this process and its children while the object lives. One at a time.
class SoftwareToken {
 public:
  explicit SoftwareToken(const std::string& label = "fleet");
  SoftwareToken(const SoftwareToken&) = delete;
  SoftwareToken& operator=(const SoftwareToken&) = delete;
  ~SoftwareToken();

  /// Another token beside the first one, with the same PIN.
  void add_token(const std::string& label) const;
  /// Imports a private key (PKCS#8 PEM) and its public half; `id` in hexadecimal digits.
  void import_key(const std::string& pem, const std::string& label, const std::string& id) const;

  /// A file with the right PIN.
  [[nodiscard]] const std::string& pin_file() const { return pin_file_; }
  /// `pkcs11:token=fleet;object=NAME`.
  [[nodiscard]] std::string uri(const std::string& object) const;
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }
  /// The number of objects in all tokens: a key pair is two.
  [[nodiscard]] std::size_t objects() const;
  /// The output of OpenSC's pkcs11-tool, logged in to the token.
  // Some commands are given for what they do.
  std::string pkcs11_tool(const std::vector<std::string>& arguments) const;  // NOLINT(modernize-use-nodiscard)

 private:
  void softhsm2_util(std::vector<std::string> arguments) const;

  TemporaryDirectory directory_;
  std::string label_;
  std::string pin_file_;
};

}  // namespace fleet_provision::test
