#include <algorithm>
#include <set>

#include "service/faults.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using fleet_provision::ErrorKind;

TEST_CASE("a fault is OPERATION:NTH:ACTION[=VALUE]") {
  const auto fault = parse_fault("register:3:reject=503,Busy,come, later");
  REQUIRE(fault);
  CHECK(fault->nth == 3U);
  CHECK(fault->rejection.status_code == 503);
  CHECK(fault->rejection.error_code == "Busy");
  CHECK(fault->rejection.error_message == "come, later");
  CHECK(parse_fault("create:*:delay=250")->number == 250);
  CHECK_FALSE(parse_fault("create:*:drop")->nth.has_value());
  CHECK(parse_fault("create:1:reject=429")->rejection.error_code == "TooManyRequests");
}

TEST_CASE("what is wrong with a fault is named, with what was meant") {
  struct Row {
    const char* spec;
    const char* said;
  };
  const std::vector<Row> rows{
      {"create", "OPERATION:NTH:ACTION"},
      {"create:drop", "OPERATION:NTH:ACTION"},
      {"creat:1:drop", "did you mean create?"},
      {"create::drop", "NTH must be a number from 1 or *"},
      {"create:0:drop", "NTH must be a number from 1 or *"},
      {"create:x:drop", "NTH must be a number from 1 or *"},
      {"create:1:dorp", "did you mean drop?"},
      {"create:1:drop=1", "takes no value"},
      {"create:1:delay", "needs a number"},
      {"create:1:delay=soon", "delay=MILLISECONDS"},
      {"create:1:reject", "needs a status"},
      {"create:1:reject=99", "needs a status"},
      {"register:1:wrong-key", "wrong-key does not apply to register"},
      {"connect:1:drop", "drop does not apply to connect"},
      {"register:1:thing-name", "needs a value"},
      {"create:1:other-topic=a/#", "cannot contain + or #"},
  };
  for (const auto& row : rows) {
    INFO(row.spec);
    const auto fault = parse_fault(row.spec);
    REQUIRE_FALSE(fault);
    CHECK(fault.error().kind == ErrorKind::kUsage);
    CHECK((fault.error().message + " " + fault.error().hint).find(row.said) != std::string::npos);
  }
}

TEST_CASE("a rejection names the error that belongs to its status, from 100 to 599") {
  const std::vector<std::pair<int, std::string>> known{{400, "InvalidRequest"},
                                                       {401, "Unauthorized"},
                                                       {403, "AccessDenied"},
                                                       {404, "ResourceNotFound"},
                                                       {409, "ConflictingResourceUpdate"},
                                                       {429, "TooManyRequests"},
                                                       {500, "InternalFailure"},
                                                       {503, "ServiceUnavailable"}};
  for (int status = 95; status <= 605; ++status) {
    INFO(status);
    const auto fault = parse_fault("create:1:reject=" + std::to_string(status));
    REQUIRE(fault.has_value() == (status >= 100 && status <= 599));
    if (!fault) continue;
    const auto row = std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.first == status; });
    CHECK(fault->rejection.status_code == status);
    CHECK(fault->rejection.error_code == (row == known.end() ? "SimulatedFault" : row->second));
  }
}

TEST_CASE("every action of the table has one row, and parses for each operation it names") {
  std::set<std::string_view> names;
  for (const auto& row : fault_table()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK_FALSE(row.meaning.empty());
    std::string value;
    if (row.value == FaultValue::kNumber) value = "=5";
    if (row.value == FaultValue::kText) value = "=x";
    if (row.value == FaultValue::kReject) value = "=400";
    for (const auto& operation : fault_operations()) {
      const bool possible = (row.points & operation.points) == operation.points;
      const auto fault = parse_fault(std::string(operation.name) + ":1:" + std::string(row.name) + value);
      CHECK(fault.has_value() == possible);
      if (fault) CHECK(fault->action == row.action);
    }
  }
}

TEST_CASE("requests are counted for each rule by itself") {
  FaultPlan plan({*parse_fault("create:2:drop"), *parse_fault("create-keys:1:ignore"), *parse_fault("create:*:stale"),
                  *parse_fault("register:1:drop")});
  const auto actions = [&](FaultPoint point) {
    std::vector<FaultAction> due;
    for (const auto& fault : plan.next(point)) due.push_back(fault.action);
    return due;
  };
  using A = FaultAction;
  CHECK(actions(FaultPoint::kCreateFromCsr) == std::vector<A>{A::kStale});
  CHECK(actions(FaultPoint::kCreateKeys) == std::vector<A>{A::kDrop, A::kIgnore, A::kStale});
  CHECK(actions(FaultPoint::kCreateKeys) == std::vector<A>{A::kStale});
  CHECK(actions(FaultPoint::kRegister) == std::vector<A>{A::kDrop});
  CHECK(actions(FaultPoint::kRegister).empty());
  CHECK(actions(FaultPoint::kConnect).empty());
}

TEST_CASE("the number of a fault has its limits") {
  CHECK(parse_fault("create:1:delay=0")->number == 0);
  CHECK(parse_fault("create:1:delay=100000000")->number == 100'000'000);
  CHECK_FALSE(parse_fault("create:1:delay=100000001"));
  CHECK(parse_fault("create:1:truncated")->number == 0);
  CHECK(parse_fault("create:1:truncated=1")->number == 1);
  const auto none = parse_fault("create:1:truncated=0");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("a number from 1 to 100000000") != std::string::npos);
  CHECK(parse_fault("create:1:delay=x").error().message.find("a number from 0 to 100000000") != std::string::npos);
  CHECK(parse_fault("create:1:drop")->nth == 1U);
  CHECK(parse_fault("create:100000000:drop"));
  CHECK_FALSE(parse_fault("create:100000001:drop"));
  CHECK_FALSE(parse_fault("create:1:other-topic=a+"));
  CHECK(parse_fault("create:1:other-topic=a/b")->text == "a/b");
  CHECK(parse_fault("create:1:missing-field")->text.empty());
  const auto code_only = parse_fault("create:1:reject=400,Code");
  REQUIRE(code_only);
  CHECK(code_only->rejection.error_code == "Code");
  CHECK(code_only->rejection.error_message == parse_fault("create:1:reject=400")->rejection.error_message);
  CHECK(names_of({*parse_fault("create:1:drop"), *parse_fault("create:1:delay=1")}) == "drop,delay");
  CHECK(names_of({}).empty());
}
