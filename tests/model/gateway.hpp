// A gateway over fakes, driven by the tokens of docs/model.md: each of its operations is told to a script as a token,
// which decides what happens to the run.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "core/plan.hpp"
#include "tests/crash/mutating_disk.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_disk.hpp"
#include "tests/fakes/fake_keysmith.hpp"
#include "tests/fakes/fake_transport.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision::model {

/// The code and the model differ. Thrown through the workflow, as fakes::PowerCut is.
struct Differs {
  std::string what;
};

/// What is given before the first run.
struct World {
  bool exchanges = true;
  bool reuses_tokens = false;
  /// 0 in files, 1 in a token, 2 made by the service.
  unsigned keys = 0;
  unsigned identities = 0;
};

/// `p` provision, `f` provision --force, `r` rotate; and which of its options are others: the key's, the claim, the
/// request.
struct RunOptions {
  char command = 'p';
  bool other_key = false;
  bool other_claim = false;
  bool other_request = false;
};

enum class Fate : unsigned char { kGoesOn, kEnds };

class Script {
 public:
  Script() = default;
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  virtual ~Script() = default;
  /// Before an operation. May run the other process of the gateway first. kEnds: the process ends here.
  virtual Fate operation(const std::string& token) = 0;
  /// What the service does with a request, `c` or `r`: the letter of a reaction.
  virtual char reaction(char request) = 0;
};

/// The token of an operation of the disk. Differs if the model has none.
[[nodiscard]] std::string token_of(const std::string& operation);

class Gateway {
 public:
  /// The script outlives this object. The mutation is of every run.
  Gateway(const World& world, Script& script, crash::Mutation mutation = crash::Mutation::kNone, unsigned nth = 0);

  /// Runs a command as process 0 or 1; the letter of its outcome, or nothing if the script ended it.
  [[nodiscard]] std::optional<char> run(unsigned process, const RunOptions& options);
  /// A power cut and the return of power.
  void cut(const fakes::Survival& survival);
  /// An hour: tokens expire, and so do counts of certificates.
  void pass_an_hour();
  /// The state in letters: `#`, then pending/, its count, identity/, previous/, certificates issued and registered.
  [[nodiscard]] std::string state();

 private:
  /// The view of the process that comes second: the lock is the other's as long as that has it.
  class SecondDisk;
  struct Process {
    Process(fakes::FakeService& service, fakes::FakeClock& clock) : transport(service, clock) {}
    fakes::FakeTransport transport;
    std::unique_ptr<Disk> disk;
    bool published = false;
    bool has_lock = false;
  };

  void make_first_identities(unsigned count);
  [[nodiscard]] Plan plan_of(const RunOptions& options) const;
  [[nodiscard]] Outcome start(unsigned process, const RunOptions& options);
  void operation(const std::string& token);
  [[nodiscard]] fakes::Reaction react(Operation operation);
  [[nodiscard]] char pending_letter(unsigned& count);
  [[nodiscard]] char certificate_letter(const std::string& directory);

  World world_;
  Script& script_;
  bool scripted_ = false;
  fakes::FakeClock clock_;
  fakes::FakeKeysmith keysmith_;
  fakes::FakeDisk disk_;
  fakes::FakeService service_;
  bool device_changed_ = false;
  std::array<Process, 2> processes_{Process{service_, clock_}, Process{service_, clock_}};
  unsigned current_ = 0;
};

}  // namespace fleet_provision::model
