// The one connection of this process to a TPM.
//
// A TPM without a resource manager takes one connection, and has three slots for loaded keys: a second connection
// hangs, and a fourth key is refused. So each TCTI has one connection, used by one thread at a time; it stays open
// while a key needs it, keeps at most two keys loaded, and unloads them when it closes. The parent of a key is unloaded
// as soon as the key is loaded.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/keys/tpm2/tpm2_error.hpp"
#include "adapters/keys/tpm2/tss2_library.hpp"
#include "core/deadline.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// What the TPM tells about wrong PINs (TPM 2.0 Library, Part 2, section 6.13: TPM_PT_VAR).
struct TpmLockoutFacts {
  std::uint32_t failed_tries = 0;
  std::uint32_t tries_max = 0;
  /// The seconds after which one failed try is forgotten.
  std::uint32_t interval = 0;
};

/// Not thread-safe: see TpmAccess.
class TpmConnection {
 public:
  /// kTpmNotFound, kTpmBusy, kKeyDeviceFailed.
  [[nodiscard]] static Result<std::unique_ptr<TpmConnection>> open(const std::string& tcti);
  TpmConnection(const TpmConnection&) = delete;
  TpmConnection& operator=(const TpmConnection&) = delete;
  /// Unloads the keys.
  ~TpmConnection();

  [[nodiscard]] const Tss2Library& library() const { return *library_; }
  [[nodiscard]] ESYS_CONTEXT* esys() const { return esys_; }
  template <class Structure>
  [[nodiscard]] EsysMemory<Structure> own(Structure* memory) const {
    return EsysMemory<Structure>(memory, EsysFree{library_->free});
  }

  /// Manufacturer, model and firmware version; printable.
  [[nodiscard]] Result<std::string> description();
  [[nodiscard]] Result<TpmLockoutFacts> lockout_facts();
  /// The object of a persistent handle; asks the TPM only once, until it is forgotten.
  [[nodiscard]] TSS2_RC find(std::uint32_t handle, ESYS_TR& object);
  void forget(std::uint32_t handle);

  /// A key that was loaded under this name and still is; ESYS_TR_NONE if none is.
  [[nodiscard]] ESYS_TR loaded(const std::string& name);
  /// Keeps a loaded key under a name until its slot is needed.
  void keep(const std::string& name, ESYS_TR object);
  /// Unloads keys until two slots are free for a parent and what is loaded or made under it.
  void make_room();

 private:
  struct Slot {
    std::string name;
    ESYS_TR object = ESYS_TR_NONE;
  };

  explicit TpmConnection(const Tss2Library& library) : library_(&library) {}
  [[nodiscard]] Result<EsysMemory<TPMS_CAPABILITY_DATA>> properties(std::uint32_t first, std::uint32_t count);

  const Tss2Library* library_;
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
  /// The least recently used first.
  std::list<Slot> slots_;
  std::map<std::uint32_t, ESYS_TR> persistent_;
};

/// Whether a connection exists, from before it is opened until it is closed.
struct TpmPresence {
  Mutex mutex;
  Condition ended;
  bool open FP_GUARDED_BY(mutex) = false;
};

/// Who uses the TPM of a TCTI holds `mutex`, also to open it.
struct TpmAccess {
  explicit TpmAccess(std::string name) : tcti(std::move(name)) {}
  /// The open connection, or a new one, which closes with its last user; its keys are unloaded within a second. Waits
  /// until another thread has closed the connection before.
  [[nodiscard]] Result<std::shared_ptr<TpmConnection>> connection() FP_REQUIRES(mutex);

  const std::string tcti;
  Mutex mutex;

 private:
  std::weak_ptr<TpmConnection> current_ FP_GUARDED_BY(mutex);
  const std::shared_ptr<TpmPresence> presence_ = std::make_shared<TpmPresence>();
};

/// The access to the TPM of a TCTI, the same for all who ask in this process. An empty text means `device:/dev/tpmrm0`.
[[nodiscard]] std::shared_ptr<TpmAccess> tpm_access(const std::string& tcti);

}  // namespace fleet_provision
