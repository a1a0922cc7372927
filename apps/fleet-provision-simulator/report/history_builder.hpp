// Events to a history, in bounded memory whatever the size of the log.
//
// A log holds one run or several: `start` begins one; in logs of older simulators, which have no `start`, a CONNECT
// whose number is not above that of the CONNECT before it. A long log is thinned out: the steps of ended connections
// without a problem go first, then later ones are only counted. Counts and problems are of the whole log.
#pragma once

#include <map>
#include <string>

#include "report/event.hpp"
#include "report/history.hpp"

namespace fleet_provision::simulator {

/// What is kept. The defaults make a page that a browser opens within a second or two.
struct HistoryLimits {
  /// Above it, connections without a problem are dropped.
  std::size_t steps = 20'000;
  /// Above it, no more steps and connections are kept.
  std::size_t steps_max = 40'000;
  std::size_t connections = 20'000;
  std::size_t certificates = 5'000;
  std::size_t problems = 100;
  std::size_t places = 12;
  /// In the statement that a problem shows.
  std::size_t resources = 20;
  std::size_t runs = 1'000;
};

class HistoryBuilder {
 public:
  explicit HistoryBuilder(HistoryLimits limits = {}) : limits_(limits) {}

  void add(const Event& event);
  /// The end of the log. The builder is not used afterwards.
  [[nodiscard]] History finish();

 private:
  Run* run_for(const Event& event);
  Connection* connection_for(Run& run, const Event& event);
  void add_to(Connection* connection, const Event& event);
  void learn(Connection& connection, const Event& event);
  void count(const Event& event, const Step& step);
  void note(const Problem& problem, ProblemGroup::Place place);
  [[nodiscard]] std::size_t current_run() const { return history_.runs.size() - 1; }

  Certificate* certificate(const std::string& id);
  void learn_certificates(const Event& event);
  void learn_registration(const Event& event);
  void expire(const Event& event);

  void thin_out();
  void note_unanswered(std::size_t run, Connection& connection);
  void note_unregistered();

  HistoryLimits limits_;
  History history_;
  std::size_t steps_ = 0;
  /// The number of the last CONNECT in the current run.
  std::uint64_t last_number_ = 0;
  /// Into history_.certificates.
  std::map<std::string, std::size_t> certificates_;
  /// Into history_.problems.
  std::map<std::string, std::size_t> problems_;
};

}  // namespace fleet_provision::simulator
