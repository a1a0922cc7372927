#include "compose.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/openssl_keysmith.hpp"
#include "adapters/paho_transport.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/posix_outside.hpp"
#include "adapters/system_clock.hpp"
#include "workflow/check.hpp"
#include "workflow/rotate.hpp"
#include "workflow/verify.hpp"

namespace fleet_provision {
namespace {

/// Where no claim was given: a provisioned gateway needs none, any other is told what is missing.
class MayLackClaim final : public Transport {
 public:
  MayLackClaim(ConnectionOptions options, const Interrupt& interrupt, Observer& observer)
      : missing_(missing_of(options)), transport_(std::move(options), interrupt, observer) {}

  [[nodiscard]] Result<CertificateFacts> load_credentials() override {
    if (!missing_) return transport_.load_credentials();
    const OptionRow& option = row(*missing_);
    const std::string name = "--" + std::string(option.name);
    return fail(ErrorKind::kUsage, name + " is required as long as this gateway is not provisioned",
                "give " + name + " " + std::string(option.metavar) + " or set " + environment_name(option));
  }
  [[nodiscard]] Result<void> load_roots() override { return transport_.load_roots(); }
  [[nodiscard]] Result<void> speak_as(const IssuedCredentials& issued) override { return transport_.speak_as(issued); }
  [[nodiscard]] std::unique_ptr<Session> connect(const ConnectRequest& request) override {
    return transport_.connect(request);
  }
  void forget_credentials() override { transport_.forget_credentials(); }

 private:
  static std::optional<OptionId> missing_of(const ConnectionOptions& options) {
    if (options.certificate_file.empty()) return OptionId::kClaimCert;
    if (options.key_reference.empty()) return OptionId::kClaimKey;
    return std::nullopt;
  }

  std::optional<OptionId> missing_;
  PahoTransport transport_;
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
  MayLackClaim transport(std::move(request.connection), interrupt, log);
  OpensslKeysmith keysmith(interrupt);
  PosixDisk disk(request.plan.state_dir);
  PosixOutside outside(as_texts(environment), interrupt);
  const Ports ports{transport, keysmith, disk, clock, log, &outside};
  if (command == Command::kCheck) return check(request.plan, ports, log, request.probe);
  if (command == Command::kVerify) return verify_installed(request.plan, ports);
  return command == Command::kRotate ? rotate(request.plan, ports) : provision(request.plan, ports);
}

Result<State> look_around(const std::string& state_dir, Observer& observer) {
  const Interrupt never;
  OpensslKeysmith keysmith(never);
  PosixDisk disk(state_dir);
  return look_at_state(disk, keysmith, observer);
}

std::string whole_path(const std::string& path) {
  const Interrupt never;
  return PosixOutside({}, never).absolute(path);
}

}  // namespace fleet_provision
