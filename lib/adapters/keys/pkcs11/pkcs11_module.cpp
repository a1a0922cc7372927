#include "adapters/keys/pkcs11/pkcs11_module.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "adapters/keys/pkcs11/pkcs11_error.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kVendorsModule =
    "give the path of the PKCS#11 module of the token's vendor with --pkcs11-module";

std::string p11_kit_reason(const P11Kit& kit) {
  const char* const reason = kit.message();
  return reason == nullptr ? "no reason given" : printable(reason);
}

/// The text of a string that p11-kit allocated, which is freed; empty for none.
std::string taken(char* allocated) {
  const std::unique_ptr<char, decltype(&std::free)> owner(allocated, std::free);
  return owner ? std::string(owner.get()) : std::string();
}

/// p11-kit reports a file that is not there like one that is no module.
Result<void> require_module_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file >= 0) {
    ::close(file);
    return {};
  }
  return fail(ErrorKind::kPkcs11ModuleMissing,
              "cannot open the PKCS#11 module " + printable(path) + ": " + std::generic_category().message(errno),
              "install the package of the module, or give its path with --pkcs11-module");
}

}  // namespace

void CallInProgress::set(const std::string& object, const char* function) {
  const Lock lock(mutex_);
  object_ = object;
  function_ = function;
}

std::string CallInProgress::text() {
  const Lock lock(mutex_);
  return object_ + ": " + function_;
}

Pkcs11Modules::~Pkcs11Modules() {
  const auto kit = p11_kit();
  if (!kit) return;
  const CleanErrorQueue clean;
  const auto finalise = [&kit, this](const Loaded& loaded) {
    progress_.set(loaded.module->name(), "C_Finalize");
    if (loaded.initialised && *loaded.initialised) (*kit)->module_finalize(loaded.module->functions());
    if (loaded.released_alone) (*kit)->module_release(loaded.module->functions());
  };
  for (const auto& [path, loaded] : by_path_) finalise(loaded);
  for (const Loaded& loaded : registered_) finalise(loaded);
  if (registered_list_ != nullptr) (*kit)->modules_release(registered_list_);
}

Result<ModuleChoice> Pkcs11Modules::of(const Pkcs11Attributes& uri) {
  if (uri.module_path) {
    if (!uri.module_path->starts_with('/')) {
      return fail(ErrorKind::kKeyUri, "the module-path " + in_quotes(*uri.module_path) + " of the key URI is relative",
                  "give the absolute path of the module");
    }
    FP_TRY_ASSIGN(const Pkcs11Module* module, at_path(*uri.module_path));
    return ModuleChoice{{module}, {}};
  }
  if (settings_.pkcs11_module && !uri.module_name) {
    std::error_code failed;
    const std::string path = std::filesystem::absolute(*settings_.pkcs11_module, failed).string();
    FP_TRY_ASSIGN(const Pkcs11Module* module, at_path(failed ? *settings_.pkcs11_module : path));
    return ModuleChoice{{module}, {}};
  }
  return registered(uri);
}

Result<const Pkcs11Module*> Pkcs11Modules::at_path(const std::string& path) {
  FP_TRY_ASSIGN(const P11Kit* kit, p11_kit());
  auto known = by_path_.find(path);
  if (known == by_path_.end()) {
    FP_TRY(require_module_file(path));
    const std::string name = "the PKCS#11 module " + printable(path);
    progress_.set(name, "loading");
    CK_FUNCTION_LIST* const functions = kit->module_load(path.c_str(), 0);
    if (functions == nullptr) {
      return fail(ErrorKind::kPkcs11ModuleInvalid, name + " cannot be loaded: " + p11_kit_reason(*kit),
                  std::string(kVendorsModule));
    }
    Loaded loaded{std::make_unique<Pkcs11Module>(functions, name, path, progress_), true};
    known = by_path_.emplace(path, std::move(loaded)).first;
  }
  FP_TRY(initialise(*kit, known->second));
  return known->second.module.get();
}

Result<void> Pkcs11Modules::initialise(const P11Kit& kit, Loaded& loaded) {
  if (loaded.initialised) return *loaded.initialised;
  progress_.set(loaded.module->name(), "C_Initialize");
  const CleanErrorQueue clean;
  const CK_RV code = kit.module_initialize(loaded.module->functions());
  if (code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    loaded.initialised.emplace();
    return {};
  }
  loaded.initialised.emplace(
      fail(ErrorKind::kPkcs11ModuleInvalid,
           loaded.module->name() + " does not start: C_Initialize failed with " + pkcs11_code_text(code),
           "check that the configuration file of the module exists and that this user may read it"));
  return *loaded.initialised;
}

Result<void> Pkcs11Modules::load_registered(const P11Kit& kit) {
  if (registered_list_ != nullptr) return {};
  progress_.set("the PKCS#11 modules that are registered with p11-kit", "loading");
  const CleanErrorQueue clean;
  registered_list_ = kit.modules_load(nullptr, 0);
  if (registered_list_ == nullptr) {
    return fail(ErrorKind::kPkcs11ModuleInvalid,
                "p11-kit cannot load the registered PKCS#11 modules: " + p11_kit_reason(kit),
                "correct the files in /etc/pkcs11 and /usr/share/p11-kit/modules, or give --pkcs11-module");
  }
  for (CK_FUNCTION_LIST** each = registered_list_; *each != nullptr; ++each) {
    Loaded loaded;
    loaded.registered_name = taken(kit.module_get_name(*each));
    const std::string words = "the PKCS#11 module " + in_quotes(loaded.registered_name);
    loaded.module = std::make_unique<Pkcs11Module>(*each, words, taken(kit.module_get_filename(*each)), progress_);
    loaded.trust_only = (kit.module_get_flags(*each) & P11_KIT_MODULE_TRUSTED) != 0;
    registered_.push_back(std::move(loaded));
  }
  return {};
}

Result<ModuleChoice> Pkcs11Modules::registered(const Pkcs11Attributes& uri) {
  FP_TRY_ASSIGN(const P11Kit* kit, p11_kit());
  FP_TRY(load_registered(*kit));
  ModuleChoice choice;
  std::vector<std::string> names;
  for (Loaded& each : registered_) {
    names.push_back(each.registered_name);
    // Modules of the system's trust store hold no private keys, and reading the store takes time.
    const bool meant = uri.module_name ? each.registered_name == *uri.module_name : !each.trust_only;
    if (!meant) continue;
    if (const auto ready = initialise(*kit, each); !ready) {
      if (uri.module_name) return fail(ready.error());
      choice.failures.push_back(ready.error().message);
      continue;
    }
    choice.modules.push_back(each.module.get());
  }
  if (!choice.modules.empty()) return choice;
  if (!choice.failures.empty()) {
    return fail(ErrorKind::kPkcs11ModuleInvalid, choice.failures.front(), std::string(kVendorsModule));
  }
  const std::string wanted = uri.module_name ? " by the name " + in_quotes(*uri.module_name) : "";
  return fail(ErrorKind::kPkcs11ModuleMissing,
              "no PKCS#11 module is registered with p11-kit" + wanted +
                  (wanted.empty() || names.empty() ? "" : "; registered: " + listed(names)),
              std::string(kVendorsModule));
}

}  // namespace fleet_provision
