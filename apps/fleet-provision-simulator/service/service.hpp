// The model of the service: connections, what they may do, and what they are answered.
//
// It knows no broker. Whoever has one asks it about every connect, subscription and publish, and carries out the
// effects that it returns at once or that become due later. Time comes in as arguments' clock, so tests turn it by
// hand.
//
// Rules that shape it: an answer goes to the connection that asked and to no other, not even to a later one of the same
// client id; on MQTT 3.1.1 a denial closes the connection, on 5 it has a reason code; a certificate can connect when it
// is the claim's or has been activated by RegisterThing.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/deadline.hpp"
#include "service/configuration.hpp"
#include "service/event_log.hpp"
#include "service/faults.hpp"
#include "service/hook.hpp"
#include "service/operations.hpp"
#include "service/policy.hpp"
#include "service/registry.hpp"
#include "service/topics.hpp"

namespace fleet_provision::simulator {

/// Identifies a connection for its life; the broker's own pointer does.
using ConnectionKey = const void*;

struct Connecting {
  std::string client_id;
  /// 3 (MQTT 3.1), 4 (3.1.1) or 5.
  int mqtt_version = 4;
  /// Empty when the client showed no certificate.
  std::string certificate_id;
  std::string certificate_common_name;
  std::string address;
  /// Subscriptions of an earlier connection of this client id are gone.
  bool clean_session = true;
};

enum class Admission : unsigned char { kAccepted, kNotAuthorized, kClosed };
enum class Permission : unsigned char { kAllowed, kDenied, kClose };

struct Publication {
  std::string topic;
  std::size_t bytes = 0;
  int qos = 0;
  bool retain = false;
};

/// Something for the broker to do now.
struct Effect {
  enum class Kind : unsigned char { kSend, kClose } kind = Kind::kSend;
  std::string client_id;
  std::string topic;
  std::string payload;
  int qos = 1;
};

struct Clocks {
  std::function<Instant()> steady;
  std::function<WallClockTime()> wall;
};

class Service {
 public:
  /// Everything referred to outlives the service. `hook` may be null: everything is allowed.
  Service(const Configuration& configuration, Policy claim_policy, std::vector<Fault> faults, Operations& operations,
          Registry& registry, Hook* hook, const EventLog& log, Clocks clocks);

  [[nodiscard]] Admission connect(ConnectionKey key, const Connecting& connecting);
  void disconnect(ConnectionKey key, const std::string& reason);

  [[nodiscard]] Permission subscribe(ConnectionKey key, const std::string& filter, int qos);
  void unsubscribe(ConnectionKey key, const std::string& filter);
  /// Whether a connection may publish this; counts the request for faults.
  [[nodiscard]] Permission publish(ConnectionKey key, const Publication& publication);
  /// Whether a message of another client may be delivered to this one.
  [[nodiscard]] bool may_receive(ConnectionKey key, const std::string& topic) const;

  /// A publish that was allowed. kClose: close the connection at once, without acknowledging it.
  /// `subscriptions` is how many the broker has for this client; 0 when a persistent session turned out to be gone.
  [[nodiscard]] Permission message(ConnectionKey key, const std::string& topic, std::string_view payload,
                                   int subscriptions);

  /// What is due by now, in order.
  [[nodiscard]] std::vector<Effect> due();
  /// Whether `due` may have more to give without anything else happening.
  [[nodiscard]] bool waiting() const { return !scheduled_.empty() || !asked_.empty() || !awaiting_keys_.empty(); }

 private:
  struct Connection {
    std::uint64_t number = 0;
    Connecting facts;
    bool is_claim = false;
    PolicyVariables variables;
    /// Found by `publish`, used by `message`.
    std::vector<Fault> faults;
  };
  struct Asker {
    std::uint64_t connection = 0;
    std::string topic;
    RequestTopic request;
    std::vector<Fault> faults;
  };
  struct Scheduled {
    Instant at;
    std::uint64_t connection = 0;
    Effect effect;
    /// Calls of `due` to let pass first: what was sent in one turn of the broker's loop leaves in the next.
    unsigned turns = 0;
  };

  [[nodiscard]] Connection* find(ConnectionKey key);
  [[nodiscard]] const Connection* find(ConnectionKey key) const;
  [[nodiscard]] Connection* find_number(std::uint64_t number);
  /// A new one, with what its policy may ask of it; `device` is the record of its certificate, null when there is none.
  [[nodiscard]] Connection connection_of(const Connecting& connecting, const CertificateRecord* device);
  [[nodiscard]] Permission denial(const Connection& connection) const;
  [[nodiscard]] bool allows(const Connection& connection, const char* action, const std::string& resource) const;
  [[nodiscard]] bool too_many(Instant now);
  [[nodiscard]] Granted<Members> create(const Asker& asker, std::string_view payload);
  [[nodiscard]] Granted<void> begin_registration(const Asker& asker, const Connection& connection,
                                                 std::string_view payload);
  void ask_hook(const Asker& asker, const Connection& connection, Registration registration);
  void finish_registration(const HookAnswer& answer);
  void answer(const Asker& asker, const Granted<Members>& outcome);
  [[nodiscard]] bool can_deliver(const Connection& connection, const std::string& topic, int& qos,
                                 std::string& why_not) const;
  void schedule_answer(const Asker& asker, Connection& connection, const std::string& topic, std::string payload,
                       std::string& result);
  [[nodiscard]] std::string stale_payload(const Asker& asker) const;

  void log_connection(const Connection& connection, const char* event, Members fields) const;

  const Configuration& configuration_;
  Policy claim_policy_;
  FaultPlan faults_;
  Operations& operations_;
  Registry& registry_;
  Hook* hook_;
  const EventLog& log_;
  Clocks clocks_;

  std::uint64_t last_number_ = 0;
  std::map<ConnectionKey, Connection> connections_;
  std::map<std::uint64_t, ConnectionKey> keys_by_number_;
  /// Filters and granted QoS by client id: a persistent session keeps them between connections.
  std::map<std::string, std::map<std::string, int>> subscriptions_;
  std::vector<Scheduled> scheduled_;
  /// RegisterThing requests that wait for the hook.
  std::map<std::uint64_t, std::pair<Asker, Registration>> asked_;
  std::uint64_t last_question_ = 0;
  /// CreateKeysAndCertificate requests, with their payloads, that wait for a key.
  std::deque<std::pair<Asker, std::string>> awaiting_keys_;
  Instant rate_second_;
  unsigned rate_count_ = 0;
};

}  // namespace fleet_provision::simulator
