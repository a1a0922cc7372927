// Provisions a gateway from a program of one's own and tells the progress in its own way:
//   fleet-provision-simulator -- own-observer SERIAL STATE-DIR
#include <adapters/keys/openssl_keysmith.hpp>
#include <adapters/mqtt/paho_transport.hpp>
#include <adapters/system/posix_disk.hpp>
#include <adapters/system/system_clock.hpp>
#include <aws/endpoint_parser.hpp>
#include <ports/silent_observer.hpp>
#include <workflow/commands/provision.hpp>

#include <cstdlib>
#include <iostream>
#include <mutex>

namespace fp = fleet_provision;

class Progress : public fp::SilentObserver {
 public:
  void attempt_failed(const fp::Error& error, unsigned, std::optional<fp::Milliseconds>) override {
    say(error.message);
  }
  void reached(const std::string& what) override { say(what); }

 private:
  void say(const std::string& text) {
    const std::lock_guard lock(mutex_);  // calls may come from several threads
    std::cout << "progress: " << text << std::endl;
  }
  std::mutex mutex_;
};

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const auto port = static_cast<std::uint16_t>(std::stoi(std::getenv("FLEET_PROVISION_PORT")));
  const auto endpoint = fp::parse_endpoint(std::getenv("FLEET_PROVISION_ENDPOINT"), port);
  if (!endpoint) return static_cast<int>(fp::exit_code(endpoint.error().kind));

  fp::Plan plan;
  plan.endpoint = *endpoint;
  plan.template_name = std::getenv("FLEET_PROVISION_TEMPLATE");
  plan.parameters = {{"SerialNumber", argv[1]}};
  plan.state_dir = argv[2];
  fp::ConnectionOptions connection;
  connection.endpoint = *endpoint;
  connection.ca_file = std::getenv("FLEET_PROVISION_CA_FILE");
  connection.certificate_file = std::getenv("FLEET_PROVISION_CLAIM_CERT");
  connection.key_reference = std::getenv("FLEET_PROVISION_CLAIM_KEY");

  Progress observer;
  fp::Interrupt interrupt;
  fp::PahoTransport transport(std::move(connection), interrupt, observer);
  fp::OpensslKeysmith keysmith(interrupt);
  fp::PosixDisk disk(plan.state_dir);
  fp::SystemClock clock(interrupt);
  const fp::Outcome outcome = fp::provision(plan, {transport, keysmith, disk, clock, observer});
  if (outcome.error) return static_cast<int>(fp::exit_code(outcome.error->kind));
  std::cout << "thingName: " << outcome.identity->thing_name.value_or("") << std::endl;
}
