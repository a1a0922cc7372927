// The pre-provisioning hook (AWS IoT developer guide, "Pre-provisioning hooks"; docs/simulator.md, "The hook"): asked
// once for each RegisterThing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::simulator {

/// The reason of a hook that has decided so. Any other one is a hook that failed.
inline constexpr std::string_view kHookDenies = "the hook denies";

struct HookEvent {
  std::string claim_certificate_id;
  std::string certificate_id;
  std::string certificate_pem;
  std::string template_name;
  std::string client_id;
  std::map<std::string, std::string> parameters;
};

struct HookResponse {
  /// The number that `ask` was given.
  std::uint64_t question = 0;
  bool allowed = false;
  /// Parameters that replace those of the device or are added to them.
  std::map<std::string, std::string> parameter_overrides;
  /// Why it did not allow, for the event log.
  std::string reason;
};

class Hook {
 public:
  Hook() = default;
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;
  virtual ~Hook() = default;

  /// Starts to ask; does not wait for the response. `question` is a number that was not used before.
  virtual void ask(std::uint64_t question, const HookEvent& event) = 0;
  /// The responses that arrived since the last call. Each question gets one, at the latest after a timeout. Does not
  /// wait.
  [[nodiscard]] virtual std::vector<HookResponse> responses() = 0;
};

}  // namespace fleet_provision::simulator
