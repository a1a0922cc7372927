// The report as tables: lines to events, events to a history.
#include <array>
#include <string>
#include <vector>

#include "report/event.hpp"
#include "report_log.hpp"
#include "service/encode.hpp"
#include "service/start_event.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using std::chrono::milliseconds;

TEST_CASE("a line is an event if it is an object with a time and a word") {
  struct Row {
    const char* line;
    bool is_event;
  };
  const Row rows[] = {
      {R"({"time":"2026-11-23T06:12:00.123Z","event":"connect"})", true},
      {R"({"time":"yesterday","event":"an event of tomorrow"})", true},
      {R"({"time":"2026-11-23T06:12:00.123Z","event":"connect"} )", true},
      {R"({"time":1,"event":"connect"})", false},
      {R"({"event":"connect"})", false},
      {R"([{"time":"","event":""}])", false},
      {R"({"time":"2026-11-23T06:12:00.123Z","event":"conn)", false},
      {"\xff", false},
      {"null", false},
      {"", false},
  };
  for (const auto& row : rows) {
    INFO(row.line);
    CHECK(parse_event(row.line).has_value() == row.is_event);
  }
}

TEST_CASE("only a time in the form of the log is a time") {
  struct Row {
    const char* text;
    long long milliseconds;
  };
  constexpr long long kNone = -1;
  const Row rows[] = {{"1970-01-01T00:00:00.000Z", 0},
                      {"1970-01-01T00:00:00Z", 0},
                      {"2026-11-23T06:12:00.123Z", 1'795'414'320'123},
                      {"2026-02-29T06:12:00.123Z", kNone},
                      {"2026-11-23T24:12:00.123Z", kNone},
                      {"2026-11-23 06:12:00.123Z", kNone},
                      {"2026-11-23T06:12:00.123", kNone},
                      {"2026-11-23T06:12:00.12Z", kNone},
                      {"2026-11-23T06:12:00.1234Z", kNone},
                      {"2026-11-23T06:1x:00.123Z", kNone},
                      {"Z", kNone}};
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(parse_log_time(row.text).value_or(milliseconds(kNone)).count() == row.milliseconds);
  }
}

TEST_CASE("lines that are not events are counted, but not a last line that was cut") {
  const std::string good = connect(1);
  const std::string log = good + "\n[1]\n" + good + std::string(LogReader::kLineBytesMax + 1, 'x') + "\n" + good +
                          good.substr(0, good.size() / 2);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{65536}, log.size()}) {
    std::uint64_t seen = 0;
    LogReader reader([&seen](const Event&) { ++seen; });
    for (std::size_t at = 0; at < log.size(); at += piece) reader.feed(std::string_view(log).substr(at, piece));
    reader.finish();
    INFO("in pieces of " << piece);
    CHECK(seen == 3);
    CHECK(reader.events() == 3);
    CHECK(reader.other_lines() == 2);
    CHECK(reader.first_other_line() == 3);
  }
}

TEST_CASE("a last line without a line feed is an event if it is whole") {
  LogReader reader([](const Event&) {});
  const std::string whole = connect(1);
  reader.feed(std::string_view(whole).substr(0, whole.size() - 1));
  reader.finish();
  CHECK(reader.events() == 1);
}

TEST_CASE("a log is split into runs where one starts") {
  struct Row {
    const char* why;
    std::string log;
    std::size_t runs;
  };
  const std::string start = line("start", R"("version":"1")");
  const Row rows[] = {{"a run", start + connect(1) + connect(2), 1},
                      {"two runs", start + connect(1) + start + connect(1), 2},
                      {"a run without a connection", start + start + connect(1), 2},
                      {"an old log of one run", connect(1) + connect(2) + connect(3), 1},
                      {"an old log of two runs", connect(1) + connect(2) + connect(1), 2},
                      {"an old log, then a new one", connect(1) + start + connect(1), 2},
                      {"a late event of an earlier connection", connect(1) + connect(2) + created(1, "aa"), 1},
                      {"an expired certificate alone", line("expire", R"("certificateId":"aa")"), 1}};
  for (const auto& row : rows) {
    INFO(row.why);
    CHECK(history_of(row.log).runs.size() == row.runs);
  }
}

TEST_CASE("each way to fail says what happened and what to do") {
  struct Row {
    std::string event;
    std::string fields;
    Tone tone;
    std::string what;
    std::string advice;
  };
  const std::string register_thing = R"("topic":"t/rejected","operation":"RegisterThing",)";
  const Row rows[] = {
      {"connect", R"("principal":"claim","result":"not-authorized","reason":"policy: iot:Connect")", Tone::kFailure,
       "The claim's policy does not allow iot:Connect on", "Add this statement to the claim's policy:"},
      {"connect",
       R"("principal":"device","thingName":"door","policies":["p"],"result":"closed","reason":"policy: iot:Connect")",
       Tone::kFailure, "Policy p does not allow iot:Connect on", "Add this statement to policy p:"},
      {"connect", R"("principal":"claim","result":"closed","reason":"certificate is INACTIVE")", Tone::kFailure,
       "The claim was not allowed to connect: certificate is INACTIVE.", "write ACTIVE to claim-status"},
      {"connect", R"("principal":"device","result":"closed","reason":"certificate is PENDING_ACTIVATION")",
       Tone::kFailure, "was not allowed to connect", "Register the certificate"},
      {"connect", R"("principal":"unknown","result":"closed","reason":"unknown certificate")", Tone::kFailure,
       "The client client-1 was not allowed to connect: unknown certificate.", "Use the claim"},
      {"connect", R"("principal":"claim","result":"closed","reason":"a reason of tomorrow")", Tone::kFailure,
       "not allowed to connect: a reason of tomorrow", "See the reason"},
      {"connect", R"("result":"closed","reason":"fault: disconnect-before")", Tone::kFault,
       "Fault disconnect-before was injected into the CONNECT.", "--fault"},
      {"subscribe",
       R"("filter":"a/b","result":"denied","reason":"policy: iot:Subscribe","deniedBy":"policy p, Statement 2")",
       Tone::kFailure, "policy p, Statement 2 denies iot:Subscribe on topicfilter/a/b.",
       "a Deny overrides every Allow"},
      {"publish", R"("topic":"a","result":"denied","reason":"policy: iot:Publish","policies":[])", Tone::kFailure,
       "The device certificate has no policy, and needs iot:Publish on", "that the template attaches:"},
      {"publish",
       R"("topic":"a","result":"denied","reason":"policy: iot:Publish","deniedBy":"the service: it is reserved")",
       Tone::kFailure, "The service does not allow iot:Publish on topic/a: it is reserved.", "request topics"},
      {"subscribe",
       R"("filter":"a","result":"closed","reason":"policy: iot:Subscribe","policies":["p","q"],"nearest":"Condition C is false")",
       Tone::kFailure, "None of the policies p, q allows iot:Subscribe on",
       "(Condition C is false); change it, or add this statement to one of the policies p, q:"},
      {"subscribe", R"("filter":"a","result":"closed","reason":"filter longer than 256 bytes or 8 levels")",
       Tone::kFailure, "The SUBSCRIBE to a closed the connection: filter longer", "limits"},
      {"publish", R"("topic":"a","result":"closed","reason":"retain on $aws/")", Tone::kFailure,
       "The PUBLISH to a closed the connection: retain", "limits"},
      {"publish", R"("topic":"a","result":"denied","reason":"fault: deny")", Tone::kFault, "Fault deny was injected",
       ""},
      {"answer",
       register_thing + R"("statusCode":400,"errorCode":"InvalidParameters","errorMessage":"No X","result":"sent")",
       Tone::kFailure, "RegisterThing was rejected: 400 InvalidParameters: No X", "Send the parameters"},
      {"answer", register_thing + R"("statusCode":418,"errorCode":"Teapot","result":"sent")", Tone::kFailure,
       "RegisterThing was rejected: 418 Teapot.", "client's own output"},
      {"answer", register_thing + R"("thingName":"door","result":"not sent: not subscribed")", Tone::kFailure,
       "The response to RegisterThing was not sent: the client has not subscribed to t/rejected.", "Subscribe to"},
      {"answer", register_thing + R"("thingName":"door","result":"not sent: policy: iot:Receive")", Tone::kFailure,
       "The policies of the client do not allow iot:Receive on", "Add this statement"},
      {"answer", register_thing + R"("thingName":"door","result":"connection gone")", Tone::kFailure,
       "The client had closed the connection before the response to RegisterThing.", "Keep the connection open"},
      {"receive", R"("topic":"t","result":"denied","reason":"policy: iot:Receive","policies":["p"])", Tone::kFailure,
       "Policy p does not allow iot:Receive on", "Add this statement to policy p:"},
      {"answer", R"("topic":"t","result":"none","fault":"ignore")", Tone::kFault,
       "Fault ignore was injected into a request.", ""},
      {"hook", R"("result":"denied","reason":"serial 99 is not ours")", Tone::kFailure,
       "The hook did not allow the gateway: serial 99 is not ours.", "run/mosquitto.log"},
      {"disconnect", R"("reason":"malformed packet")", Tone::kFailure,
       "The broker closed the connection: malformed packet.", "MQTT library"},
      {"warning", R"("text":"a response was delivered without a subscription")", Tone::kWarning,
       "a response was delivered without a subscription", ""},
  };
  for (const auto& row : rows) {
    const History history = history_of(line(row.event, on(1, row.fields)));
    INFO(row.event << " " << row.fields);
    REQUIRE(history.problems.size() == 1);
    const Problem& problem = history.problems.front().problem;
    CHECK(problem.tone == row.tone);
    CHECK_THAT(problem.what, Catch::Contains(row.what));
    CHECK_THAT(problem.advice, Catch::Contains(row.advice));
  }
}

TEST_CASE("what went well is no problem") {
  const History history = history_of(
      connect(1) + line("subscribe", on(1, R"("filter":"a","qos":1,"result":"allowed")")) + created(1, "aa") +
      line("hook", on(1, R"("result":"allowed","overrides":["Site"])")) + registered(1, "door") +
      line("unsubscribe", on(1, R"("filter":"a")")) + line("disconnect", on(1, R"("reason":"closed")")) +
      line("an event of tomorrow", on(1, R"("result":"x")")));
  CHECK(history.problems.empty());
  CHECK(history.counts.failed_connections == 0);
  const Connection& connection = history.runs.front().connections.at(1);
  CHECK(connection.tone == Tone::kGood);
  CHECK(connection.story == "registered door");
  CHECK(connection.steps.size() == 8);
}

TEST_CASE("permissions that one policy lacks are one statement") {
  const auto denied = [](int connection, const std::string& filter) {
    return line(
        "subscribe",
        on(connection, R"("filter":")" + filter + R"(","result":"denied","reason":"policy: iot:Subscribe","missing":)" +
                           R"({"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:)" + filter + R"("})"));
  };
  const History history =
      history_of(connect(1) + denied(1, "a") + denied(1, "b") + connect(2) + denied(2, "a") + denied(2, "b"));
  REQUIRE(history.problems.size() == 1);
  const ProblemGroup& group = history.problems.front();
  REQUIRE(group.problem.missing);
  CHECK(group.problem.missing->resources == std::vector<std::string>{"arn:a", "arn:b"});
  CHECK(group.count == 2);
  CHECK(history.counts.denials == 4);
  CHECK(history.counts.failed_connections == 2);
}

TEST_CASE("a rejection because of the hook is explained by the hook alone") {
  const History history = history_of(
      connect(1) + line("hook", R"("connection":1,"result":"denied","reason":"no")") +
      line("answer",
           on(1, R"("operation":"RegisterThing","statusCode":403,"errorCode":"AccessDenied","result":"sent")")));
  REQUIRE(history.problems.size() == 1);
  CHECK_THAT(history.problems.front().problem.what, Catch::Contains("hook"));
  CHECK(history.counts.rejections == 1);
}

TEST_CASE("a thing is joined with its certificate") {
  struct Row {
    const char* why;
    std::string log;
    const char* thing;
    Certificate::Status status;
  };
  using enum Certificate::Status;
  const Row rows[] = {
      {"named by the log",
       connect(1) + created(1, "aa") + connect(2) + registered(2, "door", R"("certificateId":"aa")"), "door",
       kRegistered},
      {"an old log: the connection's own", connect(1) + created(1, "aa") + registered(1, "door"), "door", kRegistered},
      {"an old log: not another connection's", connect(1) + created(1, "aa") + connect(2) + registered(2, "door"), "",
       kIssued},
      {"not registered", connect(1) + created(1, "aa"), "", kIssued},
      {"deleted", connect(1) + created(1, "aa") + line("expire", R"("certificateId":"aa")"), "", kDeleted},
      {"a rejected request issues nothing",
       connect(1) + created(1, "aa") +
           line("answer", on(1, R"("operation":"RegisterThing","thingName":"x","statusCode":400,"errorCode":"E")")),
       "", kIssued}};
  for (const auto& row : rows) {
    INFO(row.why);
    const History history = history_of(row.log);
    REQUIRE(history.certificates.size() == 1);
    CHECK(history.certificates.front().id == "aa");
    CHECK(history.certificates.front().thing_name == row.thing);
    CHECK(history.certificates.front().status == row.status);
  }
}

TEST_CASE("what a client leaves undone is a warning, unless a failure explains it") {
  const std::string request = line("publish", on(1, R"("topic":"t","operation":"RegisterThing","result":"allowed")"));
  CHECK_THAT(history_of(connect(1) + request).problems.at(0).problem.what,
             Catch::Contains("no response to RegisterThing"));
  CHECK(history_of(connect(1) + request + registered(1, "door")).problems.empty());
  CHECK_THAT(history_of(connect(1) + created(1, "0123456789abcdef")).problems.at(0).problem.what,
             Catch::Contains("Certificate 0123456789… was issued, and no RegisterThing was sent for it."));
  CHECK(history_of(connect(1) + created(1, "aa", R"("fault":"drop","result":"dropped")")).problems.size() == 1);
}

TEST_CASE("a long log is thinned out where it has no problems, and counted whole") {
  std::string log;
  for (int i = 1; i <= 100; ++i) {
    log += connect(i) + (i % 10 == 0 ? line("warning", on(i, R"("text":"w")")) : std::string()) +
           line("disconnect", on(i, R"("reason":"closed")"));
  }
  const History history = history_of(log, {.steps = 60, .steps_max = 80});
  CHECK(history.counts.connections == 100);
  CHECK(history.counts.warnings == 10);
  CHECK(history.problems.front().count == 10);
  const auto& kept = history.runs.front().connections;
  CHECK(kept.size() + history.omitted_connections == 100);
  CHECK(kept.size() < 40);
  for (int i = 10; i <= 100; i += 10) CHECK(kept.contains(static_cast<std::uint64_t>(i)));
}

TEST_CASE("odd lines cannot fill the memory") {
  std::string templates = R"("templates":["a")";
  for (int i = 0; i < 200; ++i) templates += R"(,"a")";
  std::string log = line("start", templates + "]") + connect(1);
  for (int i = 0; i < 50; ++i) {
    log += line("publish", on(1, R"("topic":"t","operation":"Odd)" + std::to_string(i) + R"(","result":"allowed")"));
  }
  log += line("unsubscribe", on(1, R"("filter":")" + std::string(100'000, 'f') + "\""));
  const History history = history_of(log);
  const Run& run = history.runs.front();
  CHECK(run.templates.size() == Event::kTextsMax);
  CHECK(run.connections.at(1).unanswered.size() == 10);
  for (const auto& step : run.connections.at(1).steps) CHECK(step.subject.size() <= Event::kTextBytesMax);
}

TEST_CASE("the start event has what the run was set up with") {
  Configuration configuration;
  configuration.templates = {{"gateway", "{}"}, {"door", "{}"}};
  configuration.policies = {{"fleet", "{}"}};
  configuration.faults = {"create:1:drop", "register:1:thing-name=\xff"};
  configuration.behaviours.accept_token_reuse = true;
  CHECK(encode(start_event_fields(configuration, "1.2"), Encoding::kJson) ==
        R"({"version":"1.2","templates":["gateway","door"],"policies":["fleet"],)"
        R"("faults":["create:1:drop","register:1:thing-name=\\xff"],"behaviours":["token-reuse=accept"]})");
}
