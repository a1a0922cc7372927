// A service loses, delays, duplicates, contradicts or misdirects each request and each response once and is healthy at
// the next attempt: the same run succeeds, and the service creates no unnecessary certificate.

#include "tests/flow/rows.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::test;

namespace {

/// Reads without responding until the client closes.
Then fall_silent(Turn& turn) {
  if (turn.step == Step::kTcp) {
    turn.connection.wait_for_close();
  } else {
    while (!turn.connection.packet().empty()) {
    }
  }
  return Then::kEnd;
}

Then hang_up(Turn& /*turn*/) {
  return Then::kEnd;
}

Then cut(Turn& turn) {
  turn.connection.cut();
  return Then::kEnd;
}

Then reset(Turn& turn) {
  turn.connection.cut(true);
  return Then::kEnd;
}

Then acknowledge_only(Turn& turn) {
  turn.connection.send(turn.acknowledgement());
  return fall_silent(turn);
}

Then acknowledge_and_cut(Turn& turn) {
  turn.connection.send(turn.acknowledgement());
  return cut(turn);
}

/// Processes the request and never sends the response.
Then work_and_fall_silent(Turn& turn) {
  (void)turn.answer();
  return acknowledge_only(turn);
}

Then work_and_cut(Turn& turn) {
  (void)turn.answer();
  return acknowledge_and_cut(turn);
}

Then answer_and_close(Turn& turn) {
  turn.go_well();
  return Then::kEnd;
}

Then answer_and_cut(Turn& turn) {
  turn.go_well();
  return cut(turn);
}

Then answer_without_puback(Turn& turn) {
  turn.connection.send(turn.accepted(turn.encoded(turn.answer())));
  return Then::kGoOn;
}

Then answer_before_puback(Turn& turn) {
  turn.connection.send(turn.accepted(turn.encoded(turn.answer())) + turn.acknowledgement());
  return Then::kGoOn;
}

Then answer_thrice(Turn& turn) {
  const std::string once = turn.accepted(turn.encoded(turn.answer()));
  turn.connection.send(turn.acknowledgement() + once + once + once);
  return Then::kGoOn;
}

Then answer_twice_at_qos_0(Turn& turn) {
  const std::string once = publish(turn.v5, turn.topic + "/accepted", turn.encoded(turn.answer()));
  turn.connection.send(turn.acknowledgement() + once + once);
  return Then::kGoOn;
}

const nlohmann::json kThrottled{{"statusCode", 429}, {"errorCode", "TooManyRequests"}, {"errorMessage", "slow"}};
const nlohmann::json kAtWork{{"statusCode", 202}, {"errorCode", "Accepted"}, {"errorMessage", "at work"}};

Then accept_then_reject(Turn& turn) {
  turn.go_well();
  turn.connection.send(turn.rejected(turn.encoded(kThrottled)));
  return Then::kGoOn;
}

Then at_work_then_accept(Turn& turn) {
  turn.reject(turn.encoded(kAtWork));
  turn.connection.send(turn.accepted(turn.encoded(turn.answer())));
  return Then::kGoOn;
}

/// Sends messages that do not respond to the request: on another topic of the client, on an unknown topic, and a
/// rejection of a request that was not sent.
Then foreign_messages_first(Turn& turn) {
  const std::string other = turn.step == Step::kCreate ? "$aws/provisioning-templates/gateway/provision/json"
                                                       : "$aws/certificates/create-from-csr/json";
  turn.connection.send(turn.acknowledgement());
  for (const std::string& topic : {other + "/accepted", other + "/rejected", std::string("factory/news"), turn.topic,
                                   turn.topic + "/accepted/more"}) {
    turn.connection.send(publish(turn.v5, topic, "{\"statusCode\":400}", 9));
  }
  turn.connection.send(turn.accepted(turn.encoded(turn.answer())));
  return Then::kGoOn;
}

/// Sends a certificate for another key first.
Then another_devices_answer_first(Turn& turn) {
  nlohmann::json other = turn.answer();
  const std::string ours = turn.encoded(other);
  other["certificatePem"] = ByteService::claim().certificate;
  turn.connection.send(turn.acknowledgement() + turn.accepted(turn.encoded(other)) + turn.accepted(ours));
  return Then::kGoOn;
}

/// Sends one byte at a time, the acknowledgement and the response.
Then byte_by_byte(Turn& turn) {
  const std::string bytes = turn.step >= Step::kCreate
                                ? turn.acknowledgement() + turn.accepted(turn.encoded(turn.answer()))
                                : turn.acknowledgement();
  for (const char each : bytes) turn.connection.send(std::string_view(&each, 1));
  return Then::kGoOn;
}

Act reject_with(int status, const std::string& code) {
  return [=](Turn& turn) {
    turn.reject(turn.encoded({{"statusCode", status}, {"errorCode", code}, {"errorMessage", "not now"}}));
    return Then::kGoOn;
  };
}

struct Fault {
  std::string name;
  Act act;
  /// The number of additional certificates that the fault may cost, at create and at register.
  unsigned at_create = 0;
  unsigned at_register = 0;
};

const std::vector<Fault>& request_faults() {
  // A token can be used once: if the response to RegisterThing is lost and the token is then rejected, the run needs
  // another certificate.
  static const std::vector<Fault> all{
      {"never answered", fall_silent},
      {"PUBACK, then nothing", acknowledge_only},
      {"carried out, never answered", work_and_fall_silent, 1, 1},
      {"closed before", hang_up},
      {"cut before", cut},
      {"reset before", reset},
      {"PUBACK and cut", acknowledge_and_cut},
      {"carried out and cut", work_and_cut, 1, 1},
      {"closed after the answer", answer_and_close},
      {"cut after the answer", answer_and_cut},
      {"answered without PUBACK", answer_without_puback},
      {"answered before the PUBACK", answer_before_puback},
      {"answered three times", answer_thrice},
      {"answered twice at QoS 0", answer_twice_at_qos_0},
      {"accepted and rejected", accept_then_reject},
      {"at work first", at_work_then_accept},
      {"foreign messages first", foreign_messages_first},
      {"byte by byte", byte_by_byte},
      {"429", reject_with(429, "TooManyRequests")},
      {"500", reject_with(500, "InternalFailure")},
      {"503", reject_with(503, "ServiceUnavailable")},
      {"599 without words", reject_with(599, "")},
      {"throttled with status 400", reject_with(400, "ThrottlingException")},
      {"throttled with status 200", reject_with(200, "RequestThrottled")},
      {"throttled with status 0", reject_with(0, "Throttled")},
  };
  return all;
}

std::vector<std::string> version(bool v5) {
  return {"--mqtt-version", v5 ? "5" : "3.1.1"};
}

}  // namespace

TEST_CASE("one fault before the first request: success in the same run") {
  std::vector<Row> rows;
  for (const bool v5 : {true, false}) {
    const std::string name = v5 ? " (5)" : " (3.1.1)";
    for (const Step step : {Step::kTcp, Step::kConnect, Step::kSubscribe}) {
      const std::string where = " at step " + std::to_string(static_cast<int>(step)) + name;
      rows.push_back({.name = "silence" + where, .options = version(v5), .deviation = {step, 1, fall_silent}});
      rows.push_back({.name = "close" + where, .options = version(v5), .deviation = {step, 1, hang_up}});
      rows.push_back({.name = "cut" + where, .options = version(v5), .deviation = {step, 1, cut}});
      rows.push_back({.name = "reset" + where, .options = version(v5), .deviation = {step, 1, reset}});
      // Two closes in succession are not yet a refusal.
      rows.push_back({.name = "two closes" + where, .options = version(v5), .deviation = {step, 2, hang_up}});
      if (step == Step::kTcp) continue;
      rows.push_back(
          {.name = "cut after" + where, .options = version(v5), .deviation = {step, 1, acknowledge_and_cut}});
      rows.push_back({.name = "byte by byte" + where, .options = version(v5), .deviation = {step, 1, byte_by_byte}});
    }
  }
  check_rows(rows);
}

TEST_CASE("one fault at a request or its response: success in the same run") {
  std::vector<Row> rows;
  bool v5 = true;
  for (const Fault& fault : request_faults()) {
    for (const Step step : {Step::kCreate, Step::kRegister}) {
      // Each fault in one version at create and in the other at register; half of them with CBOR.
      v5 = !v5;
      Row row{.name = fault.name + (step == Step::kCreate ? " at create" : " at register") + (v5 ? " (5)" : " (3.1.1)"),
              .options = version(v5),
              .deviation = {step, 1, fault.act}};
      if (rows.size() % 4 < 2) row.options.insert(row.options.end(), {"--payload-format", "cbor"});
      if (rows.size() % 8 == 5) row.options.insert(row.options.end(), {"--method", "keys"});
      row.certificates_max += step == Step::kCreate ? fault.at_create : fault.at_register;
      rows.push_back(std::move(row));
    }
    v5 = !v5;
  }
  rows.push_back({.name = "another device's answer first",
                  .deviation = {Step::kCreate, 1, another_devices_answer_first},
                  .said = "for another key"});
  rows.push_back({.name = "token refused once",
                  .deviation = {Step::kRegister, 1, reject_with(400, "InvalidCertificateOwnershipToken")},
                  .certificates_max = 2,
                  .said = "another certificate"});
  rows.push_back({.name = "token refused twice",
                  .options = {"--method", "keys"},
                  .deviation = {Step::kRegister, 2, reject_with(400, "InvalidCertificateOwnershipToken")},
                  .certificates_max = 3});
  check_rows(rows);
}

TEST_CASE("a permanent fault ends the run with its cause, and the next run finishes") {
  const std::vector<std::string> once{"--attempts", "1"};
  const std::vector<std::string> thrice{"--attempts", "3"};
  const std::vector<std::string> few{"--attempts", "3", "--request-timeout", "1"};
  const std::vector<std::string> older{"--mqtt-version", "3.1.1"};
  const std::vector<std::string> short_run{"--timeout", "5", "--request-timeout", "1"};
  // Rows that count certificates have more time, so that a slow machine does not miss the first response.
  const std::vector<std::string> longer_run{"--timeout", "9", "--request-timeout", "3"};
  std::vector<Row> rows{
      {.name = "silent for ever at TLS",
       .options = short_run,
       .deviation = {Step::kTcp, 0, fall_silent},
       .code = 75,
       .kind = kAny,
       .certificates_max = 0},
      {.name = "silent for ever at CONNECT",
       .options = short_run,
       .deviation = {Step::kConnect, 0, fall_silent},
       .code = 75,
       .kind = kAny,
       .certificates_max = 0},
      {.name = "silent for ever at SUBSCRIBE",
       .options = short_run,
       .deviation = {Step::kSubscribe, 0, fall_silent},
       .code = 75,
       .kind = kAny,
       .certificates_max = 0},
      // Each of these requests counts towards the limit of certificates; a fourth would leave none for the next run.
      {.name = "silent for ever at create",
       .options = few,
       .deviation = {Step::kCreate, 0, fall_silent},
       .code = 75,
       .kind = kAny,
       .certificates_max = 0},
      {.name = "silent for ever at register",
       .options = longer_run,
       .deviation = {Step::kRegister, 0, fall_silent},
       .code = 75,
       .kind = kAny},
      // The server closes before it requests the claim certificate, so it cannot have rejected it.
      {.name = "closed for ever at TLS",
       .options = thrice,
       .deviation = {Step::kTcp, 0, hang_up},
       .code = 75,
       .kind = "connection-lost",
       .certificates_max = 0},
      {.name = "closed for ever at CONNECT",
       .deviation = {Step::kConnect, 0, hang_up},
       .code = 77,
       .kind = "policy-connect",
       .certificates_max = 0},
      {.name = "closed for ever at SUBSCRIBE",
       .options = older,
       .deviation = {Step::kSubscribe, 0, cut},
       .code = 77,
       .kind = "policy-subscribe",
       .certificates_max = 0},
      {.name = "closed for ever at create",
       .options = older,
       .deviation = {Step::kCreate, 0, hang_up},
       .code = 77,
       .kind = "policy-publish",
       .certificates_max = 0},
      {.name = "closed for ever at register",
       .options = older,
       .deviation = {Step::kRegister, 0, reset},
       .code = 77,
       .kind = "policy-publish"},
      {.name = "closed once at CONNECT",
       .options = once,
       .deviation = {Step::kConnect, 0, hang_up},
       .code = 75,
       .kind = "connection-lost",
       .certificates_max = 0},
      {.name = "closed once at create",
       .options = once,
       .deviation = {Step::kCreate, 0, cut},
       .code = 75,
       .kind = "connection-lost",
       .certificates_max = 0},
      {.name = "closed once at register",
       .options = once,
       .deviation = {Step::kRegister, 0, reset},
       .code = 75,
       .kind = "connection-lost"},
      {.name = "throttled at create",
       .options = once,
       .deviation = {Step::kCreate, 0, reject_with(429, "")},
       .code = 75,
       .kind = "throttled",
       .certificates_max = 0},
      {.name = "throttled at register",
       .options = once,
       .deviation = {Step::kRegister, 0, reject_with(400, "ThrottlingException")},
       .code = 75,
       .kind = "throttled"},
      {.name = "throttled until the end",
       .options = longer_run,
       .deviation = {Step::kRegister, 0, reject_with(429, "")},
       .code = 75,
       .kind = kAny},
      {.name = "broken at create",
       .options = once,
       .deviation = {Step::kCreate, 0, reject_with(500, "")},
       .code = 75,
       .kind = "service-error",
       .certificates_max = 0},
      {.name = "refused at create",
       .deviation = {Step::kCreate, 0, reject_with(400, "InvalidCsr")},
       .code = 69,
       .kind = "rejected",
       .certificates_max = 0},
      {.name = "refused at register",
       .deviation = {Step::kRegister, 0, reject_with(403, "AccessDenied")},
       .code = 69,
       .kind = "rejected"},
      {.name = "no template",
       .deviation = {Step::kRegister, 0, reject_with(404, "ResourceNotFound")},
       .code = 69,
       .kind = "rejected"},
      {.name = "a token at create",
       .deviation = {Step::kCreate, 0, reject_with(400, "InvalidCertificateOwnershipToken")},
       .code = 75,
       .kind = "token-refused",
       .certificates_max = 0},
  };
  Row bound{.name = "token refused for ever",
            .deviation = {Step::kRegister, 0, reject_with(400, "InvalidCertificateOwnershipToken")},
            .code = 75,
            .kind = "certificate-limit",
            .certificates_max = 4};
  bound.recovered_then_provisioned = false;
  rows.push_back(bound);
  check_rows(rows);
}
