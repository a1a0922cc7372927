// Objects of a token: templates, searches, attributes.
#pragma once

#include <p11-kit/pkcs11.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/keys/pkcs11/pkcs11_token.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// A template; it owns the values.
class Pkcs11Template {
 public:
  Pkcs11Template() = default;
  // The list points into the values, which a move leaves where they are.
  Pkcs11Template(Pkcs11Template&&) = default;
  Pkcs11Template& operator=(Pkcs11Template&&) = default;
  Pkcs11Template& bytes(CK_ATTRIBUTE_TYPE type, std::string_view value);
  Pkcs11Template& flag(CK_ATTRIBUTE_TYPE type, bool value);
  Pkcs11Template& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  [[nodiscard]] CK_ATTRIBUTE* data() { return list_.data(); }
  [[nodiscard]] CK_ULONG size() const { return list_.size(); }

 private:
  /// References into a deque stay valid when it grows.
  std::deque<std::string> values_;
  std::vector<CK_ATTRIBUTE> list_;
};

/// At most 64 objects.
[[nodiscard]] Result<std::vector<CK_OBJECT_HANDLE>> find_objects(const Pkcs11Token& token, Pkcs11Template wanted);
/// Nothing if the object does not have the attribute, or does not reveal it.
[[nodiscard]] Result<std::optional<std::string>> read_attribute(const Pkcs11Token& token, CK_OBJECT_HANDLE object,
                                                                CK_ATTRIBUTE_TYPE type);
/// As above; nothing also if the value has another size.
[[nodiscard]] Result<std::optional<bool>> read_flag(const Pkcs11Token& token, CK_OBJECT_HANDLE object,
                                                    CK_ATTRIBUTE_TYPE type);
[[nodiscard]] Result<std::optional<CK_ULONG>> read_number(const Pkcs11Token& token, CK_OBJECT_HANDLE object,
                                                          CK_ATTRIBUTE_TYPE type);

/// The one private key of the URI; logs in if that is needed to see it. kKeyNotFound, which lists the labels of the
/// keys that are there, kKeyAmbiguous, errors of Pkcs11Token::log_in.
[[nodiscard]] Result<CK_OBJECT_HANDLE> find_private_key(Pkcs11Token& token, const Pkcs11Attributes& uri,
                                                        PinFiles& pins);

}  // namespace fleet_provision
