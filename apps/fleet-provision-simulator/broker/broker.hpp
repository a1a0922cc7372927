// mosquitto as our child.
//
// It listens on a port that nobody else can take: we bind it first and keep it bound (without listening), and both
// sides set SO_REUSEADDR. It says that it is ready through an inherited descriptor. It ends when we end, however that
// is: it asked the kernel to be killed at its parent's end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"
#include "pki/pki.hpp"
#include "service/configuration.hpp"

namespace fleet_provision::simulator {

/// A port that is ours as long as the object lives.
struct ReservedPort {
  Descriptor socket;
  std::uint16_t port = 0;
};
/// `port` 0: any free one. kUsage for an address that is none, kInternal when it cannot be bound.
[[nodiscard]] Result<ReservedPort> reserve_port(const std::string& address, std::uint16_t port);

struct BrokerSettings {
  std::string listen;
  std::uint16_t port = 0;
  std::string plugin;
  /// Where its configuration and its own log go.
  std::string run_dir;
};

class Broker {
 public:
  /// Starts mosquitto and waits until it accepts connections. `configuration` is completed and handed to the plugin.
  [[nodiscard]] static Result<Broker> start(const BrokerSettings& settings, const Pki& pki, Configuration configuration,
                                            std::chrono::milliseconds patience);
  Broker(Broker&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  Broker& operator=(Broker&&) = delete;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  /// Ends it and waits for its end.
  ~Broker();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// To be called when its end was already seen by waitpid.
  void forget() { pid_ = -1; }

 private:
  explicit Broker(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
};

}  // namespace fleet_provision::simulator
