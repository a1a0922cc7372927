// What a log tells, in the order and words of the page: runs, connections as sequences of steps, problems,
// certificates.
//
// history_builder.hpp makes it from events, page.hpp writes it. All texts are as in the log or made from it; the page
// escapes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fleet_provision::simulator {

using LogTime = std::optional<std::chrono::milliseconds>;

/// In rising order: of several, the last one names the whole. kFault is what `--fault` asked for.
enum class Tone : unsigned char { kPlain, kGood, kFault, kWarning, kFailure };

/// What a policy would have to allow.
struct MissingPermission {
  std::string action;
  /// ARNs, each once.
  std::vector<std::string> resources;
};

/// What happened and what to do, each one sentence.
struct Problem {
  Tone tone = Tone::kFailure;
  /// With a missing permission without its end: `The claim's policy does not allow iot:Publish on`.
  std::string what;
  std::string advice;
  std::optional<MissingPermission> missing = {};
};

/// kAtService: nothing is sent.
enum class Direction : unsigned char { kToService, kToGateway, kAtService };

struct Step {
  Direction direction = Direction::kAtService;
  /// As in the log.
  std::string time;
  LogTime at;
  /// The packet or event: `SUBSCRIBE`, `hook`.
  std::string title;
  /// The topic, the filter, the client ID.
  std::string subject;
  /// `QoS 1`, `482 bytes`.
  std::vector<std::string> facts;
  /// One or two words: `allowed`, `403 AccessDenied`.
  std::string outcome;
  Tone tone = Tone::kPlain;
  /// false: what was sent never reached the other side, or had no effect there.
  bool arrives = true;
  std::optional<Problem> problem;
};

struct Connection {
  /// As in the log; unique in its run.
  std::uint64_t number = 0;
  std::string client_id;
  /// `claim`, `device`, `unknown`; empty when the log does not tell.
  std::string principal;
  std::string mqtt_version;
  std::string certificate_id;
  /// The thing that connected or was registered.
  std::string thing_name;
  std::vector<Step> steps;
  Tone tone = Tone::kPlain;
  /// What it came to, in a few words.
  std::string story;
  bool ended = false;
  /// Requests that have no response in the log, by operation.
  std::map<std::string, std::uint64_t> unanswered;
};

struct Certificate {
  std::string id;
  /// Empty: not registered.
  std::string thing_name;
  enum class Status : unsigned char { kIssued, kRegistered, kDeleted } status = Status::kIssued;
  /// How often a device connected with it, and was refused.
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  /// Index of the run and number of the connection that it was issued on; 0: before this log.
  std::size_t run = 0;
  std::uint64_t connection = 0;
};

struct Run {
  std::string version;
  std::vector<std::string> templates;
  std::vector<std::string> policies;
  std::vector<std::string> faults;
  std::vector<std::string> behaviours;
  std::string first_time;
  std::string last_time;
  LogTime first;
  LogTime last;
  /// By number.
  std::map<std::uint64_t, Connection> connections;
};

/// A problem and where it occurred. Permissions that the same policies lack for the same action are one problem.
struct ProblemGroup {
  Problem problem;
  struct Place {
    std::size_t run = 0;
    /// 0: no connection.
    std::uint64_t connection = 0;
    std::string client_id;
  };
  /// The first ones.
  std::vector<Place> places;
  /// The latest one, and how many there are.
  Place last;
  std::uint64_t count = 0;
};

struct Counts {
  std::uint64_t events = 0;
  std::uint64_t connections = 0;
  std::uint64_t failed_connections = 0;
  /// Connections that were not accepted.
  std::uint64_t refusals = 0;
  /// Subscriptions, publishes and deliveries that were not allowed.
  std::uint64_t denials = 0;
  /// Error documents.
  std::uint64_t rejections = 0;
  std::uint64_t registrations = 0;
  std::uint64_t warnings = 0;
  /// Events on which a fault was injected.
  std::uint64_t faults = 0;
};

struct History {
  std::vector<Run> runs;
  /// Failures, then warnings, then faults; each in order of time.
  std::vector<ProblemGroup> problems;
  /// By thing, then in order of issue.
  std::vector<Certificate> certificates;
  Counts counts;
  /// Parts of a long log that are counted and not kept.
  std::uint64_t omitted_connections = 0;
  std::uint64_t omitted_steps = 0;
  std::uint64_t omitted_certificates = 0;
  std::uint64_t omitted_problems = 0;
  std::uint64_t omitted_runs = 0;
};

}  // namespace fleet_provision::simulator
