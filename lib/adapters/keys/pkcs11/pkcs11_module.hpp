// PKCS#11 modules: which one a URI means, loaded and initialised by p11-kit.
//
// A module is named by its path (`module-path` of the URI, else --pkcs11-module), or it is one of those that are
// registered with p11-kit. Of the registered ones only those are initialised that the URI may mean, because a module
// may be slow, or broken and of no concern. All calls into a module go through Pkcs11Module::call, which notes the call
// in progress, so that a call that never returns can be named. Nothing here is safe for threads; Pkcs11 holds a lock.
#pragma once

#include <p11-kit/pkcs11.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/keys/device/device_settings.hpp"
#include "adapters/keys/openssl_handles.hpp"
#include "adapters/keys/pkcs11/pkcs11_library.hpp"
#include "core/mutex.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The call that has not returned yet; read by another thread.
class CallInProgress {
 public:
  void set(const std::string& object, const char* function);
  /// `the PKCS#11 module /usr/lib/x.so: C_Login`.
  [[nodiscard]] std::string text();

 private:
  Mutex mutex_;
  std::string object_ FP_GUARDED_BY(mutex_) = "the library libp11-kit.so.0";
  const char* function_ FP_GUARDED_BY(mutex_) = "loading";
};

class Pkcs11Module {
 public:
  Pkcs11Module(CK_FUNCTION_LIST* functions, std::string name, std::string path, CallInProgress& progress)
      : functions_(functions), name_(std::move(name)), path_(std::move(path)), progress_(progress) {}

  /// `the PKCS#11 module /usr/lib/x.so`.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Empty if p11-kit does not know it.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] CK_FUNCTION_LIST* functions() const { return functions_; }

  /// Calls `function`, whose name is for messages. A module that uses OpenSSL may leave errors in this thread's queue;
  /// they are removed.
  template <class... Parameters, class... Arguments>
  [[nodiscard]] CK_RV call(const char* name, CK_RV (*CK_FUNCTION_LIST::*function)(Parameters...),
                           Arguments... arguments) const {
    const CleanErrorQueue clean;
    progress_.set(name_, name);
    if (functions_->*function == nullptr) return CKR_FUNCTION_NOT_SUPPORTED;
    return (functions_->*function)(arguments...);
  }

 private:
  CK_FUNCTION_LIST* functions_;
  std::string name_;
  std::string path_;
  CallInProgress& progress_;
};

/// The modules that one URI may mean, and what is wrong with the registered ones that could not be initialised.
struct ModuleChoice {
  std::vector<const Pkcs11Module*> modules;
  std::vector<std::string> failures;
};

class Pkcs11Modules {
 public:
  Pkcs11Modules(KeyDeviceSettings settings, CallInProgress& progress)
      : settings_(std::move(settings)), progress_(progress) {}
  Pkcs11Modules(const Pkcs11Modules&) = delete;
  Pkcs11Modules& operator=(const Pkcs11Modules&) = delete;
  /// Finalises and unloads them.
  ~Pkcs11Modules();

  /// Whether no module was loaded.
  [[nodiscard]] bool empty() const { return by_path_.empty() && registered_list_ == nullptr; }
  /// At least one module. kKeyUri (relative module-path), kPkcs11ModuleMissing, kPkcs11ModuleInvalid.
  [[nodiscard]] Result<ModuleChoice> of(const Pkcs11Attributes& uri);

 private:
  struct Loaded {
    std::unique_ptr<Pkcs11Module> module;
    bool released_alone = false;
    bool trust_only = false;
    std::string registered_name = {};
    /// Absent until it was initialised.
    std::optional<Result<void>> initialised = {};
  };

  [[nodiscard]] Result<const Pkcs11Module*> at_path(const std::string& path);
  [[nodiscard]] Result<ModuleChoice> registered(const Pkcs11Attributes& uri);
  [[nodiscard]] Result<void> load_registered(const P11Kit& kit);
  [[nodiscard]] Result<void> initialise(const P11Kit& kit, Loaded& loaded);

  KeyDeviceSettings settings_;
  CallInProgress& progress_;
  std::map<std::string, Loaded> by_path_;
  std::deque<Loaded> registered_;
  CK_FUNCTION_LIST** registered_list_ = nullptr;
};

}  // namespace fleet_provision
