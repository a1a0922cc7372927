// mosquitto as a child process.
//
// Its port cannot be taken by another process: the simulator binds it first and keeps it bound without listening, and
// both processes set SO_REUSEADDR. The plugin reports through an inherited descriptor that the broker is ready. The
// broker never outlives the simulator, because it asks the kernel for a signal at its parent's end (PR_SET_PDEATHSIG).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"
#include "pki/pki.hpp"
#include "service/configuration.hpp"

namespace fleet_provision::simulator {

/// A port that is bound as long as the object lives.
struct ReservedPort {
  Descriptor socket;
  std::uint16_t port = 0;
};
/// `port` 0 stands for a free one. kUsage when `address` is not an IP address, kInternal when it cannot be bound.
[[nodiscard]] Result<ReservedPort> reserve_port(const std::string& address, std::uint16_t port);

struct BrokerSettings {
  std::string listen;
  std::uint16_t port = 0;
  std::string plugin;
  /// The directory for the broker's configuration files and log.
  std::string run_dir;
  /// The hint when the broker does not start: how to read its log.
  std::string log_hint;
};

class Broker {
 public:
  /// Starts mosquitto and waits until it accepts connections. The plugin gets `configuration` with the PKI filled in.
  /// kFileNotFound when mosquitto is not installed, kInternal when it does not start.
  [[nodiscard]] static Result<Broker> start(const BrokerSettings& settings, const Pki& pki, Configuration configuration,
                                            std::chrono::milliseconds timeout);
  Broker(Broker&& other) noexcept : pid_(other.pid_), warnings_(std::move(other.warnings_)) { other.pid_ = -1; }
  Broker& operator=(Broker&&) = delete;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  ~Broker() { end(); }

  /// Ends the broker and waits for its end. Does nothing when it has ended.
  void end();
  /// The warnings of the model since the last call, oldest first (EventLog::warn). Does not wait.
  [[nodiscard]] std::vector<std::string> take_warnings();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// For a broker whose end waitpid has already reported.
  void forget() { pid_ = -1; }

 private:
  Broker(pid_t pid, Descriptor warnings) : pid_(pid), warnings_(std::move(warnings)) {}
  pid_t pid_ = -1;
  /// The end to read of a pipe, not blocking.
  Descriptor warnings_;
};

}  // namespace fleet_provision::simulator
