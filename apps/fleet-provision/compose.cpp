#include "compose.hpp"

#include <memory>
#include <utility>

#include "adapters/openssl_keysmith.hpp"
#include "adapters/paho_transport.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/system_clock.hpp"

namespace fleet_provision {
namespace {

/// Stands where no claim was given: a provisioned gateway needs none, any other is told what is missing.
class NoClaim final : public Transport {
 public:
  explicit NoClaim(OptionId missing) : missing_(missing) {}

  [[nodiscard]] Result<CertificateFacts> load_credentials() override {
    const OptionRow& option = row(missing_);
    const std::string name = "--" + std::string(option.name);
    return fail(ErrorKind::kUsage, name + " is required as long as this gateway is not provisioned",
                "give " + name + " " + std::string(option.metavar) + " or set " + environment_name(option));
  }
  [[nodiscard]] std::unique_ptr<Session> connect(const ConnectRequest& /*request*/) override { return nullptr; }

 private:
  OptionId missing_;
};

std::unique_ptr<Transport> make_transport(ConnectionOptions options, const Interrupt& interrupt, Observer& observer) {
  if (options.certificate_file.empty()) return std::make_unique<NoClaim>(OptionId::kClaimCert);
  if (options.key_reference.empty()) return std::make_unique<NoClaim>(OptionId::kClaimKey);
  return std::make_unique<PahoTransport>(std::move(options), interrupt, observer);
}

}  // namespace

Outcome run(Request request, const Interrupt& interrupt, Observer& observer) {
  const auto transport = make_transport(std::move(request.connection), interrupt, observer);
  OpensslKeysmith keysmith(interrupt);
  PosixDisk disk(request.plan.state_dir);
  SystemClock clock(interrupt);
  return provision(request.plan, Ports{*transport, keysmith, disk, clock, observer});
}

Result<State> look_around(const std::string& state_dir, Observer& observer) {
  const Interrupt never;
  OpensslKeysmith keysmith(never);
  PosixDisk disk(state_dir);
  return look_at_state(disk, keysmith, observer);
}

}  // namespace fleet_provision
