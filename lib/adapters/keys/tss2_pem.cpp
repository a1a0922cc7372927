#include "adapters/keys/tss2_pem.hpp"

namespace fleet_provision {

bool is_tss2_pem(std::string_view pem) {
  return pem.find("-----BEGIN TSS2 PRIVATE KEY-----") != std::string_view::npos;
}
Result<Tss2Key> parse_tss2_pem(std::string_view /*pem*/) {
  return fail(ErrorKind::kInternal, "not supported yet");
}
Secret to_tss2_pem(const Tss2Key& /*key*/) {
  return {};
}
Result<OpensslHandle<evp_pkey_st>> public_half_of(const Tss2Key& /*key*/) {
  return fail(ErrorKind::kInternal, "not supported yet");
}

}  // namespace fleet_provision
