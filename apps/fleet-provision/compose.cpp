#include "compose.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/keys/key_devices.hpp"
#include "adapters/keys/openssl_keysmith.hpp"
#include "adapters/mqtt/paho_transport.hpp"
#include "adapters/system/acting_user.hpp"
#include "adapters/system/posix_disk.hpp"
#include "adapters/system/posix_host_system.hpp"
#include "adapters/system/system_clock.hpp"
#include "config/claim_file.hpp"
#include "workflow/commands/check.hpp"
#include "workflow/commands/rotate.hpp"
#include "workflow/commands/verify.hpp"
#include "workflow/state/hardware_keys.hpp"

namespace fleet_provision {
namespace {

/// A transport that may have no claim: a provisioned gateway needs none, any other gets an error that names the missing
/// option. A claim in one file is read only when it is needed, so a provisioned gateway never waits for stdin.
class ClaimTransport final : public Transport {
 public:
  ClaimTransport(ConnectionOptions options, const Interrupt& interrupt, Observer& observer,
                 std::shared_ptr<KeyDevices> devices)
      : claim_file_(options.claim_file),
        passphrase_file_(options.key_passphrase_file),
        lacks_certificate_(options.certificate_file.empty()),
        lacks_key_(options.key_reference.empty()),
        transport_(std::move(options), interrupt, observer, std::move(devices)) {}

  [[nodiscard]] Result<CertificateFacts> load_credentials() override {
    if (claim_file_) return load_claim_file();
    if (!lacks_certificate_ && !lacks_key_) return transport_.load_credentials();
    constexpr const char* kRequired = " is required until this gateway is provisioned";
    if (lacks_certificate_ && lacks_key_) {
      return fail(ErrorKind::kUsage, std::string("--claim, or --claim-cert with --claim-key,") + kRequired,
                  "give --claim FILE or set " + environment_name(row(OptionId::kClaim)));
    }
    const OptionRow& option = row(lacks_certificate_ ? OptionId::kClaimCert : OptionId::kClaimKey);
    const std::string name = "--" + std::string(option.name);
    return fail(ErrorKind::kUsage, name + kRequired,
                "give " + name + " " + std::string(option.metavar) + " or set " + environment_name(option) +
                    ", or give certificate and key in one file with --claim");
  }
  [[nodiscard]] Result<ClaimProof> prove_claim() override {
    if (!claim_file_) return transport_.prove_claim();
    // A claim from stdin is in no file.
    if (*claim_file_ == "-") return ClaimProof{};
    std::vector<ClaimFile> files;
    const auto claim = read_claim_file(*claim_file_, passphrase_file_, &files);
    if (!claim && files.empty() && claim.error().kind == ErrorKind::kFileNotFound) return ClaimProof{};
    if (!claim) return fail(claim.error());
    FP_TRY_ASSIGN(ClaimProof proof, prove_claim_pem(claim->pem));
    if (proof.key_fits) proof.files = std::move(files);
    return proof;
  }
  [[nodiscard]] Result<void> load_roots() override { return transport_.load_roots(); }
  [[nodiscard]] Result<void> use_identity(const IssuedCredentials& issued) override {
    return transport_.use_identity(issued);
  }
  [[nodiscard]] std::unique_ptr<Session> connect(const ConnectRequest& request) override {
    return transport_.connect(request);
  }
  void forget_credentials() override { transport_.forget_credentials(); }

 private:
  [[nodiscard]] Result<CertificateFacts> load_claim_file() {
    auto claim = read_claim_file(*claim_file_, passphrase_file_);
    if (!claim) return fail(std::move(claim).error().in(Phase::kLoad));
    if (auto in_time = check_expiration(*claim, *claim_file_); !in_time) {
      return fail(std::move(in_time).error().in(Phase::kLoad));
    }
    FP_TRY_ASSIGN(CertificateFacts facts, transport_.use_credentials(claim->pem));
    if (claim->expiration) facts.not_after = std::min(facts.not_after, *claim->expiration);
    return facts;
  }

  std::optional<std::string> claim_file_;
  std::optional<std::string> passphrase_file_;
  bool lacks_certificate_;
  bool lacks_key_;
  PahoTransport transport_;
};

/// Declared before all that uses the devices, so that it is destroyed after them: their keys are then dropped, and with
/// the last of them the connection to a TPM is closed, which without a resource manager would keep the keys loaded.
class DeviceUse {
 public:
  explicit DeviceUse(std::shared_ptr<KeyDevices> devices) : devices_(std::move(devices)) {
#ifndef FLEET_PROVISION_SANITIZED
    // Not destroyed on purpose: a PKCS#11 module that crashes when it ends would take the result of the run with it.
    // The process ends soon.
    [[maybe_unused]] static const auto* never_destroyed = new std::shared_ptr<KeyDevices>(devices_);
#endif
  }
  DeviceUse(const DeviceUse&) = delete;
  DeviceUse& operator=(const DeviceUse&) = delete;
  ~DeviceUse() {
    devices_->forget();
  }

 private:
  std::shared_ptr<KeyDevices> devices_;
};

std::vector<std::string> as_texts(const Environment& environment) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
  return texts;
}

}  // namespace

Outcome run(Command command, Request request, const Environment& environment, const Interrupt& interrupt,
            Observer& observer) {
  SystemClock clock(interrupt);
  PhaseLog log(observer, clock);
  KeyDeviceSettings settings = std::move(request.devices);
  // The delay of --splay does not count towards --timeout.
  settings.deadline = clock.now() + request.plan.splay + request.plan.timeout;
  settings.foreign_owner = [state_dir = request.plan.state_dir] {
    PosixDisk state(state_dir);
    return foreign_owner(state, own_account().user);
  };
  const auto devices = std::make_shared<KeyDevices>(std::move(settings));
  const DeviceUse use(devices);
  ClaimTransport transport(std::move(request.connection), interrupt, log, devices);
  OpensslKeysmith keysmith(interrupt, devices);
  PosixDisk disk(request.plan.state_dir);
  PosixHostSystem host_system(as_texts(environment), interrupt);
  const Ports ports{transport, keysmith, disk, clock, log, &host_system};
  if (command == Command::kCheck) return check(request.plan, ports, log, request.probe);
  if (command == Command::kVerify) return verify_installed(request.plan, ports);
  return command == Command::kRotate ? rotate(request.plan, ports) : provision(request.plan, ports);
}

Result<State> read_state(const std::string& state_dir, Observer& observer) {
  const Interrupt never;
  OpensslKeysmith keysmith(never);
  PosixDisk disk(state_dir);
  return read_state(disk, keysmith, observer);
}

std::string absolute_path(const std::string& path) {
  const Interrupt never;
  return PosixHostSystem({}, never).absolute(path);
}

}  // namespace fleet_provision
