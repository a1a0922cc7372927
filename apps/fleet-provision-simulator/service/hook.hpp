// The pre-provisioning hook (docs/simulator.md, "The hook"): asked once for each RegisterThing, answered when it likes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fleet_provision::simulator {

struct HookEvent {
  std::string claim_certificate_id;
  std::string certificate_id;
  std::string certificate_pem;
  std::string template_name;
  std::string client_id;
  std::map<std::string, std::string> parameters;
};

struct HookAnswer {
  /// The number that `ask` was given.
  std::uint64_t question = 0;
  bool allowed = false;
  std::map<std::string, std::string> parameter_overrides;
  /// For the event log: why it did not allow.
  std::string reason;
};

class Hook {
 public:
  Hook() = default;
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;
  virtual ~Hook() = default;

  virtual void ask(std::uint64_t question, const HookEvent& event) = 0;
  /// Answers that have come since the last call; never waits.
  [[nodiscard]] virtual std::vector<HookAnswer> answers() = 0;
};

}  // namespace fleet_provision::simulator
