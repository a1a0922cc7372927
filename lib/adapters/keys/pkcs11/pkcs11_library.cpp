#include "adapters/keys/pkcs11/pkcs11_library.hpp"

#include <dlfcn.h>

#include <string>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr const char* kP11KitLibrary = "libp11-kit.so.0";

Failure without_p11_kit() {
  const char* const reason = ::dlerror();
  return fail(ErrorKind::kPkcs11ModuleMissing,
              std::string("cannot load ") + kP11KitLibrary +
                  ", which PKCS#11 tokens need: " + (reason == nullptr ? "no reason given" : printable(reason)),
              "install it: apt-get install libp11-kit0");
}

template <class Function>
bool find_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Result<P11Kit> load_p11_kit() {
  void* const library = ::dlopen(kP11KitLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return without_p11_kit();
  P11Kit kit;
  const bool whole = find_function(library, "p11_kit_be_quiet", kit.be_quiet) &&
                     find_function(library, "p11_kit_message", kit.message) &&
                     find_function(library, "p11_kit_module_load", kit.module_load) &&
                     find_function(library, "p11_kit_module_initialize", kit.module_initialize) &&
                     find_function(library, "p11_kit_module_finalize", kit.module_finalize) &&
                     find_function(library, "p11_kit_module_release", kit.module_release) &&
                     find_function(library, "p11_kit_modules_load", kit.modules_load) &&
                     find_function(library, "p11_kit_modules_release", kit.modules_release) &&
                     find_function(library, "p11_kit_module_get_name", kit.module_get_name) &&
                     find_function(library, "p11_kit_module_get_filename", kit.module_get_filename) &&
                     find_function(library, "p11_kit_module_get_flags", kit.module_get_flags);
  if (!whole) return without_p11_kit();
  // It would print to stderr what this program reports itself.
  kit.be_quiet();
  return kit;
}

}  // namespace

Result<const P11Kit*> p11_kit() {
  static const Result<P11Kit> loaded = load_p11_kit();
  if (!loaded) return fail(loaded.error());
  return &*loaded;
}

}  // namespace fleet_provision
