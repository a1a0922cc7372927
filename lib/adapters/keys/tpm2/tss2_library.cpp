#include "adapters/keys/tpm2/tss2_library.hpp"

#include <dlfcn.h>

#include <string>
#include <string_view>

#include "core/mutex.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kInstallTss2 =
    "install tpm2-tss: apt-get install libtss2-esys-3.0.2-0 libtss2-tctildr0 (Debian 13: libtss2-esys-3.0.2-0t64 "
    "libtss2-tctildr0t64)";

/// One shared object, and whether all that was looked up in it was there.
class Tss2Object {
 public:
  explicit Tss2Object(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) { note_failure(); }

  template <class Function>
  void find(Function& function, const char* name) {
    if (!failure_.empty()) return;
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
    if (function == nullptr) note_failure();
  }
  /// What the dynamic linker says; empty if everything was found.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void note_failure() {
    const char* text = ::dlerror();
    if (text != nullptr) failure_ = text;
  }

  void* handle_;
  std::string failure_;
};

void find_esys(Tss2Object& object, Tss2Library& library) {
  object.find(library.initialize, "Esys_Initialize");
  object.find(library.finalize, "Esys_Finalize");
  object.find(library.free, "Esys_Free");
  object.find(library.create, "Esys_Create");
  object.find(library.create_primary, "Esys_CreatePrimary");
  object.find(library.load, "Esys_Load");
  object.find(library.read_public, "Esys_ReadPublic");
  object.find(library.sign, "Esys_Sign");
  object.find(library.rsa_decrypt, "Esys_RSA_Decrypt");
  object.find(library.flush_context, "Esys_FlushContext");
  object.find(library.evict_control, "Esys_EvictControl");
  object.find(library.get_capability, "Esys_GetCapability");
  object.find(library.test_parms, "Esys_TestParms");
  object.find(library.tr_from_tpm_public, "Esys_TR_FromTPMPublic");
  object.find(library.tr_set_auth, "Esys_TR_SetAuth");
  object.find(library.tr_close, "Esys_TR_Close");
}

}  // namespace

Result<Tss2Library> open_tss2(const Tss2Names& names) {
  Tss2Library library;
  Tss2Object esys(names.esys);
  find_esys(esys, library);
  Tss2Object tctildr(names.tctildr);
  tctildr.find(library.tcti_initialize, "Tss2_TctiLdr_Initialize");
  tctildr.find(library.tcti_finalize, "Tss2_TctiLdr_Finalize");
  Tss2Object mu(names.mu);
  mu.find(library.marshal_public, "Tss2_MU_TPM2B_PUBLIC_Marshal");
  mu.find(library.unmarshal_public, "Tss2_MU_TPM2B_PUBLIC_Unmarshal");
  mu.find(library.marshal_private, "Tss2_MU_TPM2B_PRIVATE_Marshal");
  mu.find(library.unmarshal_private, "Tss2_MU_TPM2B_PRIVATE_Unmarshal");
  for (const Tss2Object* each : {&esys, &tctildr, &mu}) {
    if (each->failure().empty()) continue;
    return fail(ErrorKind::kTpmNotFound, "cannot load the TPM's library: " + printable(each->failure()),
                std::string(kInstallTss2));
  }
  return library;
}

Result<const Tss2Library*> tss2_library() {
  static Mutex mutex;
  static Tss2Library library;
  const Lock lock(mutex);
  if (library.initialize == nullptr) {
    FP_TRY_ASSIGN(library, open_tss2({}));
  }
  return &library;
}

}  // namespace fleet_provision
