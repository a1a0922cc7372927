// Every option: its effect, and the values that it rejects.
#include <netdb.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/hook_program.hpp"
#include "broker/hook_response.hpp"
#include "device.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

std::string write(const TemporaryDirectory& directory, const char* name, const std::string& text, mode_t mode = 0644) {
  std::string path = directory / "" + name;
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

// One whole provisioning; returns the response of RegisterThing.
json provision(const SimulatorProcess& simulator, const char* serial = "7") {
  MqttClient claim(simulator, claim_of(simulator), "claim", 5);
  const Key key = make_ec_key();
  const auto created = claim.ask(csr_topic("json"), json{{"certificateSigningRequest", make_csr(key.get())}}.dump());
  if (!created) return {};
  const auto registered =
      claim.ask(register_topic("json"),
                json{{"certificateOwnershipToken", json::parse(created->payload).at("certificateOwnershipToken")},
                     {"parameters", {{"SerialNumber", serial}}}}
                    .dump());
  return registered ? json::parse(registered->payload) : json();
}

}  // namespace

TEST_CASE("options that make no sense are refused by name") {
  const TemporaryDirectory scratch;
  struct Row {
    std::vector<std::string> options;
    int exit_code;
    std::string said;
  };
  const std::string file = write(scratch, "file.json", "{");
  const std::string allowing = write(scratch, "allowing.json", R"({"Version":"2012-10-17","Statement":[]})");
  const std::vector<Row> rows{
      {{"--listen", "nowhere"}, 64, "--listen: not an IP address: nowhere"},
      {{"--port", "70000"}, 64, "--port must be a whole number from 0 (a free port) to 65535, not \"70000\""},
      {{"--port", "x"}, 64, "--port must be a whole number"},
      {{"--port", "0x10"}, 64, "--port must be a whole number"},
      {{"--hook", "allow", "--port"}, 64, "--port needs a value"},
      {{"--claim-policy", "/"}, 66, "cannot read /: it is a directory"},
      {{"--fault", "create:1:truncated=0"}, 64, "truncated needs a number from 1 to 100000000, not \"0\""},
      {{"--fault", "create:1:delay=999999999"}, 64, "delay needs a number from 0 to 100000000, not \"999999999\""},
      {{"--san", "a,DNS:b"}, 64, "--san: not a host name or IP address: \"a,DNS:b\""},
      {{"--claim-policy", file}, 78, "file.json: line 1, column 2: not JSON: the text ends early"},
      {{"--claim-policy", "/nowhere"}, 66, "/nowhere"},
      {{"--claim-policy", write(scratch, "long.json", R"({"Statement":[],"Id":")" + std::string(2048, 'x') + "\"}")},
       78,
       "long.json: 2072 characters without white space"},
      {{"--policy", "gateway"}, 64, "--policy must be NAME=FILE, not \"gateway\""},
      {{"--policy", "gate way=" + file}, 64, "--policy must be NAME=FILE"},
      {{"--policy", "gateway=/nowhere"}, 66, "/nowhere"},
      {{"--policy", "gateway=" + file}, 78, "file.json: line 1, column 2: not JSON: the text ends early"},
      {{"--policy", "a=" + allowing, "--policy", "a=" + allowing}, 64, "--policy: two documents for a"},
      {{"--claim-csr", "/nowhere"}, 66, "cannot read /nowhere"},
      {{"--claim-csr", file}, 65, "--claim-csr: " + file + " "},
      {{"--claim-csr", write(scratch, "weak.csr", make_csr(Key(EVP_RSA_gen(1024)).get()))},
       65,
       "weak.csr: the RSA key of the CSR has fewer than 2048 bits\nhint: create a CSR"},
      {{"--claim-csr", write(scratch, "key.pem", pem_of(make_ec_key().get()))}, 65, "hint: create a CSR with this key"},
      {{"--claim-lifetime", "5m"}, 64, "--claim-lifetime must be a whole number from 0 (no limit)"},
      {{"--hook", "/nowhere"}, 66, "there is no program"},
      {{"--hook", file}, 66, "cannot execute"},
      {{"--hook", "/"}, 66, "--hook: / is a directory"},
      {{"--rate", "-1"}, 64, "--rate"},
      {{"--behaviour", "unsubscribed=maybe"}, 64, "deliver or drop"},
      {{"--behaviour", "unsubscribd=drop"}, 64, "did you mean unsubscribed?"},
      {{"--token-lifetime", "-5"}, 64, "--token-lifetime"},
      {{"--fault", "create:1:dorp"}, 64, "did you mean drop?"},
      {{"--template", file}, 78, "template file: line 1, column 2: not JSON: the text ends early"},
      {{"--template", file, "--template", file}, 64, "two template files are named file"},
      {{"--log", "/nowhere/events"}, 73, "cannot write the event log /nowhere/events: No such file or directory\n"},
      {{"--log", "-"}, 64, "--log cannot be stdout"},
      {{"--log", "/"}, 73, "cannot write the event log /: Is a directory\n"},
      {{"--state-dir", file + "/x"}, 73, "cannot create the directory"},
  };
  for (const auto& row : rows) {
    std::vector<std::string> arguments{SIMULATOR};
    if (row.options[0] != "--state-dir") arguments.insert(arguments.end(), {"--state-dir", scratch / "state"});
    arguments.insert(arguments.end(), row.options.begin(), row.options.end());
    INFO(row.options[0] << " " << row.options[1]);
    const auto finished = run_process(arguments);
    CHECK(finished.exit_code == row.exit_code);
    CHECK(finished.err.find(row.said) != std::string::npos);
    CHECK(finished.out.empty());
  }
}

TEST_CASE("the endpoint leads to the listener") {
  // On some machines localhost is not a name of ::1.
  for (const char* address : {"127.0.0.1", "0.0.0.0", "::1", "::"}) {
    const SimulatorProcess simulator({"--listen", address});
    INFO(address << " " << simulator.text("endpoint"));
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    REQUIRE(::getaddrinfo(simulator.text("endpoint").c_str(), std::to_string(simulator.port()).c_str(), &hints,
                          &found) == 0);
    bool connects = false;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      const int socket = ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      connects = connects || ::connect(socket, each->ai_addr, each->ai_addrlen) == 0;
      ::close(socket);
    }
    ::freeaddrinfo(found);
    CHECK(connects);
  }
}

TEST_CASE("--listen and --san") {
  const SimulatorProcess simulator({"--listen", "0.0.0.0", "--san", "bench.example", "--san", "192.0.2.7"});
  std::ifstream file(simulator.text("stateDir") + "/pki/server.pem");
  const Certificate server = certificate_from_pem(std::string(std::istreambuf_iterator<char>(file), {}));
  for (const char* name : {"localhost", "bench.example"}) {
    CHECK(X509_check_host(server.get(), name, 0, 0, nullptr) == 1);
  }
  CHECK(X509_check_ip_asc(server.get(), "192.0.2.7", 0) == 1);
  CHECK(simulator.text("endpoint") == "localhost");
  CHECK(MqttClient(simulator, claim_of(simulator), "a", 5).connack() == 0);
  const SimulatorProcess other({"--listen", "127.0.0.2"});
  CHECK(other.text("endpoint") == "127.0.0.2");
}

TEST_CASE("--claim-policy decides what the claim may do") {
  const TemporaryDirectory scratch;
  const std::string arn = "arn:aws:iot:eu-central-1:123456789012:";
  const json document{
      {"Version", "2012-10-17"},
      {"Statement", json::array({{{"Effect", "Allow"}, {"Action", "iot:Connect"}, {"Resource", arn + "client/gw-*"}},
                                 {{"Effect", "Allow"},
                                  {"Action", json::array({"iot:Publish", "iot:Receive"})},
                                  {"Resource", arn + "topic/$aws/certificates/create/*"}},
                                 {{"Effect", "Allow"},
                                  {"Action", "iot:Subscribe"},
                                  {"Resource", arn + "topicfilter/$aws/certificates/*"}}})}};
  const SimulatorProcess simulator({"--claim-policy", write(scratch, "policy.json", document.dump())});
  CHECK(MqttClient(simulator, claim_of(simulator), "other", 5).connack() == 135);
  MqttClient client(simulator, claim_of(simulator), "gw-1", 5);
  REQUIRE(client.connack() == 0);
  // A policy of the service's own guide has this gap: create/* does not cover create-from-csr.
  CHECK(client.subscribe({csr_topic("json") + "/accepted"}) == std::vector<int>{1});
  CHECK(client.publish(csr_topic("json"), "{}") == 135);
  CHECK(client.publish(keys_topic("cbor"), "x") < 128);
}

TEST_CASE("--hook deny, and a program that allows, changes, or fails") {
  CHECK(provision(SimulatorProcess({"--hook", "deny"})).at("errorCode") == "AccessDenied");
  const TemporaryDirectory scratch;
  const std::string event = scratch / "event.json";
  const auto program = [&](const char* name, const std::string& script) {
    return write(scratch, name, "#!/bin/sh\n" + script + "\n", 0755);
  };
  const std::string changes = program(
      "changes", "cat > " + event + R"(; echo '{"allowProvisioning":true,"parameterOverrides":{"SerialNumber":"9"}}')");
  CHECK(provision(SimulatorProcess({"--hook", changes})).at("thingName") == "gateway-9");
  std::ifstream file(event);
  const json seen = json::parse(file);
  CHECK(seen.at("parameters").at("SerialNumber") == "7");
  CHECK(seen.at("clientId") == "claim");
  CHECK(seen.at("templateArn").get<std::string>().find("provisioningtemplate/gateway") != std::string::npos);
  for (const char* name : {"claimCertificateId", "certificateId"}) CHECK(seen.at(name).get<std::string>().size() == 64);
  const SimulatorProcess failing({"--hook", program("fails", "echo '{\"allowProvisioning\":true}'; exit 3")});
  CHECK(provision(failing).at("statusCode") == 403);
  bool logged = false;
  for (const auto& each : failing.events())
    logged = logged || each.value("reason", "") == "the hook exited with status 3";
  CHECK(logged);
}

TEST_CASE("what a hook began ends with it") {
  const TemporaryDirectory scratch;
  const std::string started = scratch / "started";
  const std::string hook =
      write(scratch, "hook", "#!/bin/sh\nsleep 60 &\necho $! >" + started + "\nexec cat /dev/zero\n", 0755);
  CHECK(provision(SimulatorProcess({"--hook", hook})).at("errorCode") == "AccessDenied");
  pid_t child = -1;
  std::ifstream(started) >> child;
  REQUIRE(child > 1);
  CHECK(ends_soon(child));
}

TEST_CASE("a hook finds the OpenSSL configuration of the caller of the simulator, not the broker's") {
  const TemporaryDirectory scratch;
  const std::string seen = scratch / "seen";
  const std::string hook =
      write(scratch, "hook",
            "#!/bin/sh\necho \"${OPENSSL_CONF-unset}\" > " + seen + "\necho '{\"allowProvisioning\":true}'\n", 0755);
  const auto seen_with = [&](const char* given) {
    given == nullptr ? ::unsetenv("OPENSSL_CONF") : ::setenv("OPENSSL_CONF", given, 1);
    CHECK(provision(SimulatorProcess({"--hook", hook})).at("thingName") == "gateway-7");
    ::unsetenv("OPENSSL_CONF");
    std::ifstream file(seen);
    std::string line;
    std::getline(file, line);
    return line;
  };
  CHECK(seen_with(nullptr) == "unset");
  CHECK(seen_with("/dev/null") == "/dev/null");
}

TEST_CASE("what is not a clear yes of the hook is a no") {
  const auto answer = [](const std::string& output) { return parse_hook_response(1, output, {}); };
  CHECK(answer(R"({"allowProvisioning":true})").allowed);
  CHECK(answer("{\n'allowProvisioning': true}").reason ==
        "the hook's response: line 2, column 1: not JSON: text in single quotes");
  CHECK(answer(std::string(100000, '[')).reason ==
        "the hook's response: line 1, column 65: nested too deeply (more than 64 levels)");
  std::string objects;
  for (int i = 0; i < 4000; ++i) objects += R"({"a":)";
  CHECK(answer(objects).reason == "the hook's response: line 1, column 321: nested too deeply (more than 64 levels)");
  CHECK(answer(R"({"allowProvisioning":"true"})").allowed);
  for (const char* no : {"", "yes", "[]", "{}", R"({"allowProvisioning":false})", R"({"allowProvisioning":1})"}) {
    INFO(no);
    CHECK_FALSE(answer(no).allowed);
    CHECK_FALSE(answer(no).reason.empty());
  }
}

TEST_CASE("overrides of a hook are text, or the device is denied") {
  using Overrides = std::map<std::string, std::string>;
  const auto answer = [](const std::string& overrides) {
    return parse_hook_response(1, R"({"allowProvisioning":true,"parameterOverrides":)" + overrides + "}", {});
  };
  CHECK(answer("{}").allowed);
  CHECK(answer("null").allowed);
  CHECK(answer(R"({"a":"1","b":""})").parameter_overrides == Overrides{{"a", "1"}, {"b", ""}});
  struct Row {
    const char* overrides;
    const char* reason;
  };
  for (const Row& row : {Row{R"({"a":"1","b":2})", "parameterOverrides.b is not text"},
                         Row{R"({"a":null})", "parameterOverrides.a is not text"},
                         Row{R"({"a":{"b":"c"}})", "parameterOverrides.a is not text"},
                         Row{R"({"a\u001b":1})", "parameterOverrides.a\\x1b is not text"},
                         Row{R"([["a","1"]])", "parameterOverrides is not a JSON object"},
                         Row{R"("a")", "parameterOverrides is not a JSON object"}}) {
    INFO(row.overrides);
    const auto response = answer(row.overrides);
    CHECK_FALSE(response.allowed);
    CHECK(response.reason == row.reason);
    CHECK(response.parameter_overrides.empty());
  }
}

TEST_CASE("what a hook prints beside its response is named, without the values of parameters") {
  const std::string yes = R"({"allowProvisioning": true})";
  struct Row {
    std::string output;
    const char* reason;
  };
  const std::vector<Row> rows{
      {"Checking\n" + yes, R"(it printed "Checking" before the JSON object)"},
      {"hello " + yes + "\n", R"(it printed "hello" before the JSON object)"},
      {yes + "\ndone\n", R"(it printed "done" after the JSON object)"},
      {yes + "\n" + yes, R"(it printed "{"allowProvisioning": true}" after the JSON object)"},
      {"serial 4711 seen\n" + yes, R"(it printed "serial …" before the JSON object)"},
      {R"({"parameters": {"a": "}\""}} )" + yes,
       R"re(it printed "{"parameters": {"a": "}\""}}" before the JSON object)re"},
      {"{'clientId': 'c'}\n" + yes, R"(it printed "{'clientId': 'c'}" before the JSON object)"},
      {"{ unfinished\n" + yes + "\n{", R"(it printed "{ unfinished" before the JSON object)"},
      {std::string(100, 'x') + " " + yes,
       R"(it printed "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" before the JSON object)"},
      {"\x1b[31m\n" + yes, R"(it printed "\x1b[31m" before the JSON object)"},
      {"no response at all", "the hook's response: line 1, column 1: not JSON: no without quotes"},
      // However much it prints, the time is bounded.
      {std::string(100'000, '{') + yes, "the hook's response: line 1, column 2: not JSON: an unexpected {"},
  };
  for (const auto& row : rows) {
    INFO(row.output.substr(0, 100));
    const auto response = parse_hook_response(1, row.output, {{"SerialNumber", "4711"}, {"Empty", ""}});
    CHECK_FALSE(response.allowed);
    CHECK(response.reason == row.reason);
  }
}

TEST_CASE("--rate refuses what is too much") {
  const SimulatorProcess simulator({"--rate", "1"});
  MqttClient client(simulator, claim_of(simulator), "a", 5);
  const std::string topic = csr_topic("json");
  client.subscribe({topic + "/rejected"});
  int throttled = 0;
  for (int i = 0; i < 3; ++i) client.publish(topic, "rubbish");
  for (int i = 0; i < 3; ++i) {
    const auto message = client.receive();
    REQUIRE(message);
    throttled += json::parse(message->payload).at("statusCode") == 429 ? 1 : 0;
  }
  CHECK(throttled >= 1);
}

TEST_CASE("--behaviour as a client meets it") {
  const SimulatorProcess simulator({"--behaviour", "unsubscribed=deliver", "--behaviour", "subscribe-denied=suback",
                                    "--behaviour", "cbor-maps=indefinite"});
  MqttClient client(simulator, claim_of(simulator), "a", 4);
  CHECK(client.subscribe({"#"}) == std::vector<int>{128});
  client.publish(csr_topic("cbor"), "rubbish");
  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK(answer->payload.front() == '\xbf');
}

TEST_CASE("claim-inactive as a client meets it, when the claim is made inactive") {
  for (const bool connack : {false, true}) {
    const SimulatorProcess simulator({"--behaviour", std::string("claim-inactive=") + (connack ? "connack" : "close")});
    const auto connect = [&](int version) {
      return MqttClient(simulator, claim_of(simulator), "a", version).connack();
    };
    const std::string file = simulator.text("stateDir") + "/claim-status";
    CHECK(connect(5) == 0);
    std::ofstream(file) << "INACTIVE\n";
    CHECK(connect(5) == (connack ? 135 : -1));
    CHECK(connect(4) == (connack ? 5 : -1));
    std::ofstream(file) << "ACTIVE\n";
    CHECK(connect(4) == 0);
  }
}

TEST_CASE("--token-lifetime, and --port") {
  SimulatorProcess simulator({"--token-lifetime", "0"});
  CHECK(provision(simulator).at("errorMessage").get<std::string>().find("expired") != std::string::npos);
  const TemporaryDirectory state;
  const std::string port = std::to_string(simulator.port());
  const auto taken = run_process({SIMULATOR, "--state-dir", state.path(), "--port", port, "--", "/bin/true"});
  CHECK(taken.exit_code == 125);
  CHECK(taken.err.find("port " + port) != std::string::npos);
  CHECK(simulator.end(SIGTERM) == 0);
  const auto given = run_process(
      {SIMULATOR, "--state-dir", state.path(), "--port", port, "--", "/bin/sh", "-c", "echo $FLEET_PROVISION_PORT"});
  CHECK(given.out == port + "\n");
}
