// The model of the service: which clients may connect, what they may do, and which responses they get.
//
// It knows no broker. The broker's plugin asks it about each connection, subscription and publish, and carries out the
// effects that are due. Time comes from the clocks that it is given, so that tests can set it.
//
// Rules (docs/service.md): a response goes to the connection that sent the request and to no other, not even a later
// one with the same client ID; a denial closes an MQTT 3.1.1 connection and is a reason code on MQTT 5; a certificate
// can connect when it is the claim's or RegisterThing has activated it; a device is held to the policies that its
// template attached.
//
// The class is implemented in five files: service.cpp (connections, subscriptions and publishes),
// service_permissions.cpp (policies), service_claim.cpp (temporary claims), service_requests.cpp (operations and the
// hook) and service_responses.cpp (payloads and delivery).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/deadline.hpp"
#include "service/attached_policies.hpp"
#include "service/configuration.hpp"
#include "service/encode.hpp"
#include "service/event_log.hpp"
#include "service/faults.hpp"
#include "service/hook.hpp"
#include "service/operations.hpp"
#include "service/policy.hpp"
#include "service/registry.hpp"
#include "service/topics.hpp"

namespace fleet_provision::simulator {

/// Identifies a connection as long as it is open: the broker's pointer to it.
using ConnectionKey = const void*;

/// What a client's CONNECT and TLS handshake have shown.
struct ConnectingClient {
  std::string client_id;
  /// 3 (MQTT 3.1), 4 (3.1.1) or 5.
  int mqtt_version = 4;
  /// Empty when the client presented no certificate.
  std::string certificate_id;
  /// `iot:Certificate.…` (the guide's "X.509 certificate policy variables").
  PolicyVariables certificate_variables;
  std::string address;
  /// Discards the subscriptions of earlier connections with this client ID.
  bool clean_session = true;
};

/// kClosed: without a CONNACK.
enum class Admission : unsigned char { kAccepted, kNotAuthorized, kClosed };
/// kDenied: by a reason code or return code; kClose: by closing the connection.
enum class Permission : unsigned char { kAllowed, kDenied, kClose };

struct Publication {
  std::string topic;
  std::size_t bytes = 0;
  int qos = 0;
  bool retain = false;
};

/// What the broker has to do now.
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

/// The reason for the event log when a temporary claim is past its lifetime.
inline constexpr const char* kClaimExpired = "the temporary claim has expired";

class Service {
 public:
  /// All references outlive the service. `hook` is nullptr when no program decides (Configuration::hook).
  Service(const Configuration& configuration, Policies policies, std::vector<Fault> faults, Operations& operations,
          Registry& registry, Hook* hook, EventLog& log, Clocks clocks);

  [[nodiscard]] Admission connect(ConnectionKey key, const ConnectingClient& client);
  void disconnect(ConnectionKey key, const std::string& reason);

  [[nodiscard]] Permission subscribe(ConnectionKey key, const std::string& filter, int qos);
  void unsubscribe(ConnectionKey key, const std::string& filter);
  /// Whether the connection may publish this. Counts the request for faults.
  [[nodiscard]] Permission publish(ConnectionKey key, const Publication& publication);
  /// Whether a message that another client has published may be delivered to this connection.
  [[nodiscard]] bool may_receive(ConnectionKey key, const std::string& topic);

  /// Handles a publish that was allowed. kClose: close the connection at once, without a PUBACK.
  /// `subscriptions` is the number that the broker has for this client; 0 after a persistent session was lost.
  [[nodiscard]] Permission message(ConnectionKey key, const std::string& topic, std::string_view payload,
                                   int subscriptions);

  /// What is due by now, in order.
  [[nodiscard]] std::vector<Effect> due();
  /// Whether more may become due without any further call but `due`.
  [[nodiscard]] bool waiting() const {
    return !scheduled_.empty() || !awaiting_hook_.empty() || !awaiting_keys_.empty();
  }

 private:
  struct Connection {
    std::uint64_t number = 0;
    ConnectingClient client;
    bool is_claim = false;
    /// The thing that has the client ID as its name, or else the last one that the certificate was attached to.
    std::optional<std::string> thing_name = {};
    PolicyVariables variables;
    /// As they are when the client connects.
    AttachedPolicies policies = {};
    /// The faults of the request that `publish` has allowed and `message` will handle.
    std::vector<Fault> faults;
    /// Why the service closes the connection, for the event log; empty as long as it does not.
    std::string closing = {};
  };
  /// A request that has no response yet.
  struct PendingRequest {
    std::uint64_t connection = 0;
    std::string topic;
    RequestTopic parsed_topic;
    std::vector<Fault> faults;
    /// The certificate that a RegisterThing is about, once its ownership token was accepted.
    std::string certificate_id;
  };
  struct Scheduled {
    Instant at;
    std::uint64_t connection = 0;
    Effect effect;
    /// The number of calls of `due` to skip: what is sent in one turn of the broker's loop leaves in the next.
    unsigned turns = 0;
  };
  /// A result and, unless it is the good one, the reason and further fields for the event log.
  template <class T>
  struct Decision {
    T result;
    std::string reason;
    Members denial = {};
  };
  struct Delivery {
    int qos = 1;
    bool subscribed = false;
    /// Why the response cannot be delivered; empty when it can.
    std::string obstacle;
    Members denial = {};
  };
  /// What has become of a response, for the event log.
  struct Delivered {
    std::string result;
    /// It was sent although the client has not subscribed to its topic.
    bool unsubscribed = false;
    Members denial = {};
  };

  // Connections, subscriptions and publishes.
  [[nodiscard]] Connection* find(ConnectionKey key);
  [[nodiscard]] Connection* find_number(std::uint64_t number);
  [[nodiscard]] Connection new_connection(const ConnectingClient& client, const CertificateRecord* device);
  void delete_expired_certificates();
  [[nodiscard]] Decision<Admission> admit(const Connection& connection, const CertificateRecord* device);
  [[nodiscard]] Decision<Permission> judge_subscription(const Connection& connection, const std::string& filter);
  [[nodiscard]] Decision<Permission> judge_publication(Connection& connection, const Publication& publication,
                                                       const std::optional<RequestTopic>& request);
  [[nodiscard]] Permission denial(const Connection& connection) const;
  void log_connection(const Connection& connection, const char* event, Members fields) const;

  // Permissions.
  void attach_policies(Connection& connection, const CertificateRecord* device);
  [[nodiscard]] const ThingRecord* thing_of_connection(const ConnectingClient& client,
                                                       const CertificateRecord& device) const;
  [[nodiscard]] static PolicyVariables variables_of(const ConnectingClient& client, const ThingRecord* thing);
  [[nodiscard]] AttachedPolicies policies_of(const CertificateRecord& device);
  [[nodiscard]] bool is_new_warning(const std::string& subject);
  void warn_unknown_policy(const std::string& name, const CertificateRecord& device);
  void warn_once(const std::string& text, const CertificateRecord& device);
  void warn_unknown_template(const Connection& connection, const std::string& resource);
  [[nodiscard]] static std::string principal_of(const Connection& connection);
  [[nodiscard]] std::optional<Members> refused(const Connection& connection, const char* action,
                                               const std::string& resource);

  // Temporary claims.
  [[nodiscard]] bool has_expired_claim(const Connection& connection) const;
  [[nodiscard]] std::vector<Effect> close_expired_claims();

  // Requests.
  [[nodiscard]] bool exceeds_rate(Instant now);
  void carry_out(PendingRequest request, const Connection& connection, std::string_view payload);
  [[nodiscard]] Accepted<Members> create(const PendingRequest& request, std::string_view payload);
  [[nodiscard]] Accepted<void> begin_registration(const PendingRequest& request, const Connection& connection,
                                                  std::string_view payload);
  void ask_hook(const PendingRequest& request, const Connection& connection, Registration registration);
  void finish_registration(const HookResponse& hook_response);
  void log_hook(const PendingRequest& request, const HookResponse& hook_response);

  // Responses.
  void respond(const PendingRequest& request, const Accepted<Members>& outcome);
  [[nodiscard]] Delivered deliver(const PendingRequest& request, const std::string& topic, std::string payload);
  [[nodiscard]] Delivery delivery_to(const Connection& connection, const std::string& topic);
  [[nodiscard]] std::vector<Effect> effects_of(const PendingRequest& request, Effect response) const;
  [[nodiscard]] std::string stale_payload(const PendingRequest& request) const;
  [[nodiscard]] EncodeOptions encode_options() const;
  void log_response(const PendingRequest& request, const Accepted<Members>& outcome, const std::string& topic,
                    std::size_t bytes, const Delivered& delivered);
  void warn_unsubscribed(const PendingRequest& request, const std::string& topic);

  const Configuration& configuration_;
  Policies policies_;
  /// PolicyNames without a document, and texts, that a warning was written for: the first 1000.
  std::set<std::string> warned_;
  FaultPlan faults_;
  Operations& operations_;
  Registry& registry_;
  Hook* hook_;
  EventLog& log_;
  Clocks clocks_;

  std::uint64_t last_number_ = 0;
  std::map<ConnectionKey, Connection> connections_;
  std::map<std::uint64_t, ConnectionKey> keys_by_number_;
  /// Filters and granted QoS by client ID: a persistent session keeps them between connections.
  std::map<std::string, std::map<std::string, int>> subscriptions_;
  std::vector<Scheduled> scheduled_;
  /// RegisterThing requests by the number of the question to the hook.
  std::map<std::uint64_t, std::pair<PendingRequest, Registration>> awaiting_hook_;
  std::uint64_t last_question_ = 0;
  /// CreateKeysAndCertificate requests with their payloads.
  std::deque<std::pair<PendingRequest, std::string>> awaiting_keys_;
  Instant rate_second_;
  unsigned rate_count_ = 0;
};

}  // namespace fleet_provision::simulator
