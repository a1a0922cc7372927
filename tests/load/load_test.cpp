// The load client and the fleet count each provisioning once, as done or as failed.
#include <algorithm>
#include <numeric>

#include "tests/load/figures.hpp"
#include "tests/load/gateways.hpp"
#include "tests/load/load.hpp"
#include "tests/load/simulator.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::load {
namespace {

using test::TemporaryDirectory;

struct LoadFixture {
  TemporaryDirectory scratch;
  Simulator simulator;
  explicit LoadFixture(const std::vector<std::string>& options = {})
      : simulator(SIMULATOR, scratch.path().string() + "/service", options) {}
  [[nodiscard]] Fleet fleet(unsigned gateways) const {
    return {GATEWAY, simulator.target(), gateways, scratch.path().string(), "gateway-"};
  }
};

}  // namespace

TEST_CASE("a percentile is a value that was measured") {
  std::vector<double> hundred(100);
  std::iota(hundred.begin(), hundred.end(), 1);
  std::reverse(hundred.begin(), hundred.end());
  const Percentiles of_hundred = percentiles(hundred);
  CHECK(of_hundred.p50 == 50);
  CHECK(of_hundred.p90 == 90);
  CHECK(of_hundred.p99 == 99);
  CHECK(of_hundred.max == 100);
  CHECK(percentiles({3}).p50 == 3);
  CHECK(percentiles({3, 1}).p50 == 1);
  CHECK(percentiles({3, 1}).p90 == 3);
  CHECK(percentiles({}).max == 0);
}

TEST_CASE("a figure has three digits that count") {
  CHECK(figure(0.034) == "0.03");
  CHECK(figure(9.949) == "9.95");
  CHECK(figure(9.96) == "10.0");
  CHECK(figure(99.6) == "100");
  CHECK(figure(1234.4) == "1234");
}

TEST_CASE("a packet is found when it is whole, and not before") {
  for (const std::size_t size : {0U, 1U, 100U, 120U, 130U, 16300U, 16400U, 70000U}) {
    const std::string payload(size, 'x');
    const std::string packet = publish_packet(7, "a/topic", payload);
    CAPTURE(size);
    CHECK_FALSE(first_packet(packet.substr(0, packet.size() - 1)));
    const std::string more = packet + "and more";
    const auto found = first_packet(more);
    REQUIRE(found);
    CHECK(found->size == packet.size());
    const auto message = message_in(*found);
    REQUIRE(message);
    CHECK(message->topic == "a/topic");
    CHECK(message->id == 7);
    CHECK(message->payload == payload);
  }
  CHECK_FALSE(first_packet(""));
  CHECK_FALSE(first_packet("\x30"));
}

TEST_CASE("a publish whose lengths lie is no message") {
  for (const std::string_view body :
       {std::string_view("\0\5ab", 4), std::string_view("\0\1a\0\1", 5), std::string_view()}) {
    CHECK_FALSE(message_in({3, 2, body, body.size()}));
  }
}

TEST_CASE("every provisioning of a load is done once, by so many connections") {
  const LoadFixture fixture;
  const Access access(fixture.simulator.target());
  const LoadResult result = run_load(access, {4, 24}, "load-");
  CHECK(result.failures.empty());
  REQUIRE(result.samples.size() == 24);
  for (const auto& sample : result.samples) {
    CHECK(sample.handshake.count() > 0);
    CHECK(sample.create.count() > 0);
    CHECK(sample.registration.count() > 0);
    CHECK(sample.total >= sample.handshake + sample.create + sample.registration);
  }
  const auto things = std::filesystem::directory_iterator(fixture.scratch.path() / "service" / "things");
  CHECK(std::count_if(begin(things), end(things),
                      [](const auto& each) { return each.path().extension() == ".json"; }) == 24);
}

TEST_CASE("what the service refuses is counted by its reason, and the load goes on") {
  const LoadFixture fixture({"--fault", "register:2:reject=403,AccessDenied", "--fault", "connect:5:deny"});
  const Access access(fixture.simulator.target());
  const LoadResult result = run_load(access, {1, 8}, "load-");
  CHECK(result.samples.size() == 6);
  CHECK(result.failures == std::map<std::string, unsigned>{{"CONNACK 135", 1}, {"rejected: AccessDenied", 1}});
}

TEST_CASE("a service that stays silent ends a provisioning by its patience") {
  const LoadFixture fixture({"--fault", "create:1:ignore"});
  const Access access(fixture.simulator.target());
  const LoadResult result = run_load(access, {1, 2, std::chrono::milliseconds(1)}, "load-");
  CHECK(result.failures.count("no end within the patience") == 1);
  CHECK(result.samples.size() + result.failures.size() == 2);
}

TEST_CASE("each gateway of a fleet is reported, with its retries") {
  const LoadFixture fixture({"--fault", "register:1:reject=503"});
  const auto runs = run_fleet(fixture.fleet(3));
  REQUIRE(runs.size() == 3);
  unsigned attempts = 0;
  for (const auto& run : runs) {
    CHECK(run.exit_code == 0);
    CHECK(run.error_kind.empty());
    CHECK(run.peak_kib > 0);
    CHECK(run.ended >= run.time);
    attempts += run.attempts;
  }
  CHECK(attempts == 4);
}

TEST_CASE("a gateway that fails is reported with the kind of its error") {
  const LoadFixture fixture({"--hook", "deny"});
  const auto runs = run_fleet(fixture.fleet(2));
  REQUIRE(runs.size() == 2);
  for (const auto& run : runs) {
    CHECK(run.exit_code == 69);
    CHECK(run.error_kind == "rejected");
  }
}

}  // namespace fleet_provision::load
