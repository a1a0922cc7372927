// The functions of tpm2-tss, loaded when the first TPM is used: a run without a TPM needs none of its libraries.
#pragma once

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#include <array>
#include <memory>

#include "core/result.hpp"

namespace fleet_provision {

/// The shared objects, in the order of the fields of Tss2Library.
struct Tss2Names {
  const char* esys = "libtss2-esys.so.0";
  const char* tctildr = "libtss2-tctildr.so.0";
  const char* mu = "libtss2-mu.so.0";
};

/// Pointers to the functions, named as they are.
struct Tss2Library {
  decltype(&::Esys_Initialize) initialize = nullptr;
  decltype(&::Esys_Finalize) finalize = nullptr;
  decltype(&::Esys_Free) free = nullptr;
  decltype(&::Esys_Create) create = nullptr;
  decltype(&::Esys_CreatePrimary) create_primary = nullptr;
  decltype(&::Esys_Load) load = nullptr;
  decltype(&::Esys_ReadPublic) read_public = nullptr;
  decltype(&::Esys_Sign) sign = nullptr;
  decltype(&::Esys_RSA_Decrypt) rsa_decrypt = nullptr;
  decltype(&::Esys_FlushContext) flush_context = nullptr;
  decltype(&::Esys_EvictControl) evict_control = nullptr;
  decltype(&::Esys_GetCapability) get_capability = nullptr;
  decltype(&::Esys_TestParms) test_parms = nullptr;
  decltype(&::Esys_TR_FromTPMPublic) tr_from_tpm_public = nullptr;
  decltype(&::Esys_TR_SetAuth) tr_set_auth = nullptr;
  decltype(&::Esys_TR_Close) tr_close = nullptr;
  decltype(&::Tss2_TctiLdr_Initialize) tcti_initialize = nullptr;
  decltype(&::Tss2_TctiLdr_Finalize) tcti_finalize = nullptr;
  decltype(&::Tss2_MU_TPM2B_PUBLIC_Marshal) marshal_public = nullptr;
  decltype(&::Tss2_MU_TPM2B_PUBLIC_Unmarshal) unmarshal_public = nullptr;
  decltype(&::Tss2_MU_TPM2B_PRIVATE_Marshal) marshal_private = nullptr;
  decltype(&::Tss2_MU_TPM2B_PRIVATE_Unmarshal) unmarshal_private = nullptr;
};

/// kTpmNotFound, naming the library that is missing.
[[nodiscard]] Result<Tss2Library> open_tss2(const Tss2Names& names);
/// The library of this process, loaded once and never unloaded. kTpmNotFound.
[[nodiscard]] Result<const Tss2Library*> tss2_library();

/// Memory of the library's functions.
struct EsysFree {
  decltype(&::Esys_Free) free = nullptr;
  void operator()(void* memory) const noexcept { free(memory); }
};
template <class Structure>
using EsysMemory = std::unique_ptr<Structure, EsysFree>;

}  // namespace fleet_provision
