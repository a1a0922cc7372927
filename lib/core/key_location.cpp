#include "core/key_location.hpp"

namespace fleet_provision {

KeyLocation parse_key_location(std::string_view text) {
  if (text.empty()) return ExternalKey{};
  if (text.starts_with("handle:") || text.starts_with("tpm2:")) return TpmHandle{std::string(text)};
  if (text.starts_with("pkcs11:")) return Pkcs11Uri{std::string(text)};
  return PemFile{std::string(text)};
}

std::string text_of(const KeyLocation& location) {
  struct Text {
    std::string operator()(const ExternalKey&) const { return {}; }
    std::string operator()(const PemFile& at) const { return at.path; }
    std::string operator()(const TpmWrappedPem& at) const { return at.path; }
    std::string operator()(const TpmHandle& at) const { return at.uri; }
    std::string operator()(const Pkcs11Uri& at) const { return at.uri; }
  };
  return std::visit(Text{}, location);
}

bool is_file(const KeyLocation& location) {
  return std::holds_alternative<PemFile>(location) || std::holds_alternative<TpmWrappedPem>(location);
}

bool is_in_hardware(const KeyLocation& location) {
  return std::holds_alternative<TpmHandle>(location) || std::holds_alternative<Pkcs11Uri>(location);
}

}  // namespace fleet_provision
