// Provisions a gateway over another MQTT client than the library's own; keys, files and time are the library's.
//   fleet-provision-simulator -- own-transport SERIAL STATE-DIR
#include <adapters/keys/openssl_keysmith.hpp>
#include <adapters/system/posix_disk.hpp>
#include <adapters/system/system_clock.hpp>
#include <ports/silent_observer.hpp>
#include <workflow/commands/provision.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

#include "mosquitto_transport.hpp"

class MosquittoTransport : public fp::Transport {
 public:
  explicit MosquittoTransport(fp::Keysmith& keysmith) : keysmith_(keysmith) { mosquitto_lib_init(); }
  ~MosquittoTransport() override { mosquitto_lib_cleanup(); }

  fp::Result<fp::CertificateFacts> load_credentials() override {
    std::ifstream file(std::getenv("FLEET_PROVISION_CLAIM_CERT"));
    return keysmith_.read_certificate(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  fp::Result<void> use_identity(const fp::IssuedCredentials&) override {
    return fp::fail(fp::ErrorKind::kUsage, "this transport speaks as the claim only");  // asked for by --verify alone
  }
  std::unique_ptr<fp::Session> connect(const fp::ConnectRequest& request) override {
    return std::make_unique<MosquittoSession>(request);
  }

 private:
  fp::Keysmith& keysmith_;
};

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  fp::Plan plan;
  plan.endpoint = {std::getenv("FLEET_PROVISION_ENDPOINT"), fp::kDefaultPort};
  plan.template_name = std::getenv("FLEET_PROVISION_TEMPLATE");
  plan.parameters = {{"SerialNumber", argv[1]}};
  plan.state_dir = argv[2];

  fp::SilentObserver observer;
  fp::Interrupt interrupt;
  fp::OpensslKeysmith keysmith(interrupt);
  MosquittoTransport transport(keysmith);
  fp::PosixDisk disk(plan.state_dir);
  fp::SystemClock clock(interrupt);
  const fp::Outcome outcome = fp::provision(plan, {transport, keysmith, disk, clock, observer});
  if (outcome.error) {
    std::cerr << outcome.error->message << std::endl;
    return static_cast<int>(fp::exit_code(outcome.error->kind));
  }
  std::cout << "thingName: " << outcome.identity->thing_name.value_or("") << std::endl;
}
