// p11-kit, loaded at the first use of a token, so that a run without tokens does not pay for it.
#pragma once

#include <p11-kit/p11-kit.h>

#include "core/result.hpp"

namespace fleet_provision {

/// The functions of libp11-kit.so.0 that this program calls.
struct P11Kit {
  decltype(&::p11_kit_be_quiet) be_quiet = nullptr;
  decltype(&::p11_kit_message) message = nullptr;
  decltype(&::p11_kit_module_load) module_load = nullptr;
  decltype(&::p11_kit_module_initialize) module_initialize = nullptr;
  decltype(&::p11_kit_module_finalize) module_finalize = nullptr;
  decltype(&::p11_kit_module_release) module_release = nullptr;
  decltype(&::p11_kit_modules_load) modules_load = nullptr;
  decltype(&::p11_kit_modules_release) modules_release = nullptr;
  decltype(&::p11_kit_module_get_name) module_get_name = nullptr;
  decltype(&::p11_kit_module_get_filename) module_get_filename = nullptr;
  decltype(&::p11_kit_module_get_flags) module_get_flags = nullptr;
};

/// Loads the library once per process; it stays loaded. kPkcs11ModuleMissing.
[[nodiscard]] Result<const P11Kit*> p11_kit();

}  // namespace fleet_provision
