// Two scripts for a gateway: one replays the tokens of a trace of the model, one decides by itself and records tokens.
#pragma once

#include <string>

#include "tests/model/gateway.hpp"

namespace fleet_provision::model {

/// Runs every world of a trace on the code; throws Differs at the first token that the code does not do.
class Replay final : public Script {
 public:
  /// Of a trace as spin prints it. `mutation` breaks the disk of process 0.
  explicit Replay(std::string trace, crash::Mutation mutation = crash::Mutation::kNone, unsigned nth = 0);
  void run();

  Fate operation(const std::string& token) override;
  char reaction(char request) override;

  unsigned worlds = 0;
  unsigned runs = 0;
  unsigned operations = 0;
  unsigned cuts = 0;
  unsigned second_processes = 0;

 private:
  [[nodiscard]] char next();
  [[nodiscard]] char peek();
  void expect(const std::string& token);
  [[nodiscard]] RunOptions next_run();
  [[nodiscard]] fakes::Survival next_survival();
  void do_one();
  [[noreturn]] void differ(const std::string& what);

  std::string trace_;
  crash::Mutation mutation_;
  unsigned nth_;
  std::size_t at_ = 0;
  std::unique_ptr<Gateway> gateway_;
};

/// What happens to the first run of a recorded world.
struct Mishap {
  /// Before this operation, from 1; never with 0.
  unsigned at = 0;
  bool cuts_power = true;
  fakes::Survival survival = {};
  /// The reactions of the service to the first requests; later ones are answered.
  std::string reactions = {};
};

/// Records one world: a run with its mishap, then runs until one succeeds. `ended` is false if the run ended before the
/// operation.
class Record final : public Script {
 public:
  Record(const World& world, const RunOptions& options, Mishap mishap, crash::Mutation mutation, unsigned nth);

  Fate operation(const std::string& token) override;
  char reaction(char request) override;

  std::string tokens;
  bool interrupted = false;

 private:
  [[nodiscard]] std::optional<char> run(Gateway& gateway, const RunOptions& options);

  Mishap mishap_;
  unsigned operations_ = 0;
  std::size_t reactions_ = 0;
};

}  // namespace fleet_provision::model
