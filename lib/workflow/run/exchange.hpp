// Requests and responses over one connection (docs/service.md, "The exchange").
//
// The service has no correlation id: a response belongs to a request by its topic and by the connection alone. So one
// request is outstanding at a time, all four response topics are subscribed before the first request is sent, and a
// duplicate of a response is ignored (QoS 1 may repeat it).
#pragma once

#include <string>
#include <vector>

#include "aws/messages.hpp"
#include "aws/topics.hpp"
#include "ports/clock.hpp"
#include "ports/observer.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

/// A server that denies by closing the connection does not report which of several filters it denied, so filters can be
/// subscribed one by one.
enum class Subscribing : unsigned char { kAtOnce, kOneByOne };

/// Responses reach only the connection that sent the request: a second one, if there is any, follows the first at once.
inline constexpr Milliseconds kBetterAnswerPatience{2'000};

class Exchange {
 public:
  struct Limits {
    Milliseconds request_timeout{15'000};
    Instant run_deadline;
  };

  Exchange(Session& session, Clock& clock, Observer& observer, const Plan& plan, const Limits& limits);

  /// Waits for the connection and subscribes the response topics of both operations.
  [[nodiscard]] Result<ConnectionFacts> open(Subscribing subscribing = Subscribing::kAtOnce);
  /// Sends one request and waits for its response: the payload of the accepted topic. One on the rejected topic is an
  /// Error with the service's text (kRejected, kThrottled, kServiceError, kTokenRefused); no response is kNoAnswer.
  [[nodiscard]] Result<Secret> ask(Operation operation, std::string_view payload);
  /// The next response to the last `ask`, if the first was for another device: until the deadline of that one, and at
  /// most kBetterAnswerPatience after the first call.
  [[nodiscard]] Result<Secret> await_another(Operation operation);

 private:
  [[nodiscard]] Result<Secret> await(Operation operation, const Topics& topics);
  [[nodiscard]] Result<void> subscribe(const std::vector<std::string>& filters);
  [[nodiscard]] Failure unanswered(Operation operation, const Topics& topics);
  [[nodiscard]] bool taken_before(const Message& message) const;

  Session& session_;
  Clock& clock_;
  Observer& observer_;
  const Plan& plan_;
  Limits limits_;
  Instant answer_deadline_;
  std::vector<Message> taken_;
};

}  // namespace fleet_provision
