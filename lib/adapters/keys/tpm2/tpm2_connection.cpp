#include "adapters/keys/tpm2/tpm2_connection.hpp"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "adapters/keys/device/device_call.hpp"
#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kDefaultTcti = "device:/dev/tpmrm0";
constexpr std::string_view kDefaultDevice = "/dev/tpmrm0";
/// Of three slots, one is for a parent and one for what is loaded or made under it.
constexpr std::size_t kSlotsKept = 1;
constexpr auto kClosingTime = std::chrono::seconds(1);

Failure device_error(int number, const std::string& device) {
  const std::string failed = "cannot open the TPM " + printable(device);
  if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
  if (number == ENOENT || number == ENXIO || number == ENODEV) {
    if (device != kDefaultDevice) {
      return fail(ErrorKind::kTpmNotFound, failed + ": the device does not exist",
                  "correct TPM2OPENSSL_TCTI or TCTI, for example device:/dev/tpmrm0");
    }
    return fail(ErrorKind::kTpmNotFound, "this machine has no TPM: " + printable(device) + " does not exist",
                "enable the TPM in the firmware's setup, load its kernel driver, or keep the key in a file");
  }
  if (number == EACCES || number == EPERM) {
    return fail(ErrorKind::kTpmNotFound, failed + ": " + words(number),
                "add the user to the group tss, which may use /dev/tpmrm0; in a systemd unit also set "
                "DeviceAllow=/dev/tpmrm0 rw and SupplementaryGroups=tss");
  }
  if (number == EBUSY) {
    return fail(ErrorKind::kTpmBusy, failed + ": another program uses it",
                "end the other program, or use the resource manager /dev/tpmrm0");
  }
  return fail(ErrorKind::kTpmNotFound, failed + ": " + words(number), "check the device and its kernel driver");
}

/// Opens the device of a `device:` TCTI once: the library gives the same code whatever is wrong with it.
Result<void> try_device(const std::string& tcti) {
  const std::size_t colon = tcti.find(':');
  const std::string name = tcti.substr(0, colon);
  if (name.empty()) {
    return fail(ErrorKind::kTpmNotFound, "the TCTI " + in_quotes(tcti) + " names no library",
                "correct TPM2OPENSSL_TCTI or TCTI, for example device:/dev/tpmrm0");
  }
  if (name != "device") return {};
  std::string device = colon == std::string::npos ? std::string() : tcti.substr(colon + 1);
  if (device.empty()) device = kDefaultDevice;
  const Descriptor opened(::open(device.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!opened) return device_error(errno, device);
  return {};
}

/// The last user of a connection may be another thread than the one that opens the next: two connections at a time
/// would block each other.
void await_end(TpmPresence& presence) {
  const Lock lock(presence.mutex);
  while (presence.open) presence.ended.wait(presence.mutex);
}

void set_open(TpmPresence& presence, bool open) {
  const Lock lock(presence.mutex);
  presence.open = open;
  presence.ended.notify_all();
}

/// Unloading keys can hang like every other call, so the last user does not wait for it for long.
void close_in_time(TpmConnection* connection, const std::shared_ptr<TpmPresence>& presence) {
  const auto close = [connection, presence] {
    delete connection;
    set_open(*presence, false);
    return true;
  };
  if (!call_device(std::chrono::steady_clock::now() + kClosingTime, close)) close();
}

/// The characters of a property that holds text, without padding.
void append_characters(std::string& text, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    const char each = static_cast<char>(value >> shift & 0xFFU);
    if (each != '\0') text += each;
  }
}

}  // namespace

Result<std::unique_ptr<TpmConnection>> TpmConnection::open(const std::string& tcti) {
  FP_TRY(try_device(tcti));
  FP_TRY_ASSIGN(const Tss2Library* library, tss2_library());
  std::unique_ptr<TpmConnection> connection(new TpmConnection(*library));
  const TpmCall call{TpmUse::kConnect, "cannot use the TPM " + printable(tcti)};
  TSS2_RC code = library->tcti_initialize(tcti.c_str(), &connection->tcti_);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, call));
  code = library->initialize(&connection->esys_, connection->tcti_, nullptr);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, call));
  return connection;
}

TpmConnection::~TpmConnection() {
  for (const Slot& each : slots_) library_->flush_context(esys_, each.object);
  if (esys_ != nullptr) library_->finalize(&esys_);
  if (tcti_ != nullptr) library_->tcti_finalize(&tcti_);
}

Result<EsysMemory<TPMS_CAPABILITY_DATA>> TpmConnection::properties(std::uint32_t first, std::uint32_t count) {
  TPMS_CAPABILITY_DATA* data = nullptr;
  TPMI_YES_NO more = 0;
  const TSS2_RC code = library_->get_capability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                                TPM2_CAP_TPM_PROPERTIES, first, count, &more, &data);
  if (code != TSS2_RC_SUCCESS)
    return fail(tpm_error(code, {TpmUse::kConnect, "cannot ask the TPM for its properties"}));
  return own(data);
}

Result<std::string> TpmConnection::description() {
  FP_TRY_ASSIGN(const auto data, properties(TPM2_PT_MANUFACTURER, 8));
  std::string manufacturer;
  std::string model;
  std::uint32_t version[2] = {};
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  for (std::uint32_t i = 0; i < list.count; ++i) {
    const auto& [property, value] = list.tpmProperty[i];
    if (property == TPM2_PT_MANUFACTURER) append_characters(manufacturer, value);
    if (property >= TPM2_PT_VENDOR_STRING_1 && property <= TPM2_PT_VENDOR_STRING_4) append_characters(model, value);
    if (property == TPM2_PT_FIRMWARE_VERSION_1) version[0] = value;
    if (property == TPM2_PT_FIRMWARE_VERSION_2) version[1] = value;
  }
  std::string text = "TPM 2.0 of " + std::string(trimmed(manufacturer, " \t\r\n"));
  if (!trimmed(model).empty()) text += " (" + std::string(trimmed(model)) + ")";
  text += ", firmware " + std::to_string(version[0] >> 16U) + "." + std::to_string(version[0] & 0xFFFFU) + "." +
          std::to_string(version[1] >> 16U) + "." + std::to_string(version[1] & 0xFFFFU);
  return printable(text);
}

Result<TpmLockoutFacts> TpmConnection::lockout_facts() {
  FP_TRY_ASSIGN(const auto data, properties(TPM2_PT_LOCKOUT_COUNTER, 3));
  TpmLockoutFacts facts;
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  for (std::uint32_t i = 0; i < list.count; ++i) {
    const auto& [property, value] = list.tpmProperty[i];
    if (property == TPM2_PT_LOCKOUT_COUNTER) facts.failed_tries = value;
    if (property == TPM2_PT_MAX_AUTH_FAIL) facts.tries_max = value;
    if (property == TPM2_PT_LOCKOUT_INTERVAL) facts.interval = value;
  }
  return facts;
}

TSS2_RC TpmConnection::find(std::uint32_t handle, ESYS_TR& object) {
  if (const auto known = persistent_.find(handle); known != persistent_.end()) {
    object = known->second;
    return TSS2_RC_SUCCESS;
  }
  const TSS2_RC code = library_->tr_from_tpm_public(esys_, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);
  if (code == TSS2_RC_SUCCESS) persistent_.emplace(handle, object);
  return code;
}

void TpmConnection::forget(std::uint32_t handle) {
  const auto known = persistent_.find(handle);
  if (known == persistent_.end()) return;
  library_->tr_close(esys_, &known->second);
  persistent_.erase(known);
}

ESYS_TR TpmConnection::loaded(const std::string& name) {
  for (auto each = slots_.begin(); each != slots_.end(); ++each) {
    if (each->name != name) continue;
    slots_.splice(slots_.end(), slots_, each);
    return slots_.back().object;
  }
  return ESYS_TR_NONE;
}

void TpmConnection::keep(const std::string& name, ESYS_TR object) {
  slots_.push_back({name, object});
}

void TpmConnection::make_room() {
  while (slots_.size() > kSlotsKept) {
    library_->flush_context(esys_, slots_.front().object);
    slots_.pop_front();
  }
}

Result<std::shared_ptr<TpmConnection>> TpmAccess::connection() {
  if (auto open = current_.lock()) return open;
  await_end(*presence_);
  FP_TRY_ASSIGN(auto opened, TpmConnection::open(tcti));
  set_open(*presence_, true);
  std::shared_ptr<TpmConnection> shared(
      opened.release(), [presence = presence_](TpmConnection* connection) { close_in_time(connection, presence); });
  current_ = shared;
  return shared;
}

std::shared_ptr<TpmAccess> tpm_access(const std::string& tcti) {
  static Mutex mutex;
  static std::map<std::string, std::shared_ptr<TpmAccess>> all;
  const std::string name = tcti.empty() ? std::string(kDefaultTcti) : tcti;
  const Lock lock(mutex);
  std::shared_ptr<TpmAccess>& access = all[name];
  if (!access) access = std::make_shared<TpmAccess>(name);
  return access;
}

}  // namespace fleet_provision
