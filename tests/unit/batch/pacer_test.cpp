// The rate of a batch: alone, and against models of the service in virtual time.
#include "batch/run/pacer.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "core/backoff.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace std::chrono_literals;

namespace {

const Instant kStart = Instant{} + 1000s;

double seconds(Instant::duration time) {
  return std::chrono::duration<double>(time).count();
}

/// A service that admits so many operations in each second, which begins with the first operation after the one before
/// (as the simulator's), or in a bucket that holds the operations of one second.
class ServiceModel {
 public:
  enum class Kind : unsigned char { kWindow, kBucket };
  ServiceModel(Kind kind, std::optional<double> rate) : kind_(kind), rate_(rate), left_(rate.value_or(0)) {}

  bool admits(Instant now) {
    if (!rate_) return true;
    if (kind_ == Kind::kWindow) {
      if (now - at_ >= 1s) {
        at_ = now;
        left_ = *rate_;
      }
    } else {
      left_ = std::min(*rate_, left_ + *rate_ * seconds(now - at_));
      at_ = now;
    }
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  Kind kind_;
  std::optional<double> rate_;
  Instant at_ = kStart - 10s;
  double left_;
};

struct Line {
  std::optional<double> rate;
  ServiceModel::Kind kind = ServiceModel::Kind::kWindow;
  std::optional<double> service_rate;
  unsigned jobs = 64;
  /// Each step of a unit takes this long at least and at most.
  Milliseconds shortest{20};
  Milliseconds longest{80};
  std::chrono::seconds time{120};
  /// The shares are those after this time.
  std::chrono::seconds warm_up{0};
};

struct Shares {
  /// Operations that were admitted each second.
  double admitted = 0;
  /// The share of operations that was refused.
  double refused = 0;
  std::uint64_t units = 0;
};

/// Runs a batch in virtual time. Children retry a throttled operation by their own back-off.
class LineModel {
 public:
  LineModel(const Line& line, std::uint64_t seed)
      : line_(line), random_(seed), service_(line.kind, line.service_rate), pacer_(line.rate, kStart) {}

  Shares run() {
    start_units(kStart);
    while (!events_.empty() && events_.begin()->first < kStart + line_.time) {
      const auto event = events_.begin();
      const Instant now = event->first;
      const auto act = std::move(event->second);
      events_.erase(event);
      act(now);
      start_units(now);
    }
    const double counted = seconds(line_.time - line_.warm_up);
    return {static_cast<double>(admitted_) / counted,
            static_cast<double>(refused_) / static_cast<double>(std::max<std::uint64_t>(1, admitted_ + refused_)),
            units_};
  }

 private:
  using Act = std::function<void(Instant)>;

  Instant::duration step() {
    std::uniform_int_distribution<long> micros(line_.shortest.count() * 1000, line_.longest.count() * 1000);
    return std::chrono::microseconds(micros(random_));
  }

  void start_units(Instant now) {
    while (running_ < line_.jobs) {
      const Instant next = pacer_.next_start(now);
      if (next > now) {
        // Poll wakes up to three milliseconds late, and much later now and then on a busy station.
        if (std::exchange(timer_, true)) return;
        const std::uint64_t latest = random_() % 10 == 0 ? 60'000 : 3'000;
        events_.emplace(next + std::chrono::microseconds(random_() % latest), [this](Instant) { timer_ = false; });
        return;
      }
      pacer_.started(now);
      ++running_;
      request(now + step(), 2, 0);
    }
  }

  void request(Instant at, unsigned operations, unsigned failures) {
    events_.emplace(at, [this, operations, failures](Instant now) {
      const bool admitted = service_.admits(now);
      if (now >= kStart + line_.warm_up) ++(admitted ? admitted_ : refused_);
      if (!admitted) {
        events_.emplace(now + 2ms, [this](Instant then) { pacer_.throttled(then); });
        const auto wait = backoff(failures + 1, random_(), backoff_policy(ErrorKind::kThrottled, 300s));
        request(now + wait + step(), operations, failures + 1);
      } else if (operations > 1) {
        request(now + step(), operations - 1, 0);
      } else {
        events_.emplace(now + step(), [this](Instant) {
          --running_;
          ++units_;
        });
      }
    });
  }

  Line line_;
  std::mt19937_64 random_;
  ServiceModel service_;
  Pacer pacer_;
  std::multimap<Instant, Act> events_;
  unsigned running_ = 0;
  bool timer_ = false;
  std::uint64_t admitted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t units_ = 0;
};

}  // namespace

TEST_CASE("units start evenly, two operations each") {
  Pacer pacer(50, kStart);
  std::vector<Instant> starts;
  for (Instant now = kStart; now < kStart + 10s; now += 1ms) {
    if (pacer.next_start(now) > now) continue;
    pacer.started(now);
    starts.push_back(now);
  }
  // At most R operations, at least 95 % of them.
  CHECK(starts.size() * 2 <= 500);
  CHECK(starts.size() * 2 >= 475);
  for (std::size_t i = 1; i < starts.size(); ++i) {
    REQUIRE(starts[i] - starts[i - 1] >= 40ms);
    REQUIRE(starts[i] - starts[i - 1] <= 43ms);
  }
}

TEST_CASE("without a rate nothing waits") {
  Pacer pacer(std::nullopt, kStart);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(pacer.next_start(kStart) <= kStart);
    pacer.started(kStart);
  }
  CHECK_FALSE(pacer.rate(kStart + 10s));
}

TEST_CASE("after a stall no burst of units starts") {
  Pacer pacer(50, kStart);
  pacer.started(kStart);
  const Instant now = kStart + 60s;
  unsigned started = 0;
  while (pacer.next_start(now) <= now) {
    pacer.started(now);
    ++started;
  }
  CHECK(started == 1);
}

TEST_CASE("the rate is halved at once, once for one cause, and is then raised step by step") {
  Pacer pacer(40, kStart);
  const double before = pacer.rate(kStart).value();
  CHECK(before > 38);
  CHECK(before <= 40);
  pacer.started(kStart + 10s);
  for (int i = 0; i < 8; ++i) pacer.throttled(kStart + 10s + i * 10ms);
  const Instant after = kStart + 10s + 70ms;
  const double halved = pacer.rate(after).value();
  CHECK(halved < 0.8 * before);
  CHECK(halved >= 0.5 * before);
  CHECK(pacer.rate(after + 50ms).value() > halved);
  CHECK(pacer.rate(after + 50ms).value() < before);
  CHECK(pacer.rate(after + 60s).value() == before);
  // The operations that the children repeat take the place of starts, but for a second at most.
  CHECK(pacer.next_start(after) > after + 100ms);
  CHECK(pacer.next_start(after) <= after + 1s);
}

TEST_CASE("only many throttled responses lower what the rate returns to, for a while") {
  for (const int responses : {1, 8}) {
    CAPTURE(responses);
    Pacer pacer(40, kStart);
    const double before = pacer.rate(kStart).value();
    for (int i = 0; i < responses; ++i) pacer.throttled(kStart + i * 500ms);
    CHECK((pacer.rate(kStart + 7s).value() < 0.9 * before) == (responses > 1));
    CHECK(pacer.rate(kStart + 60s).value() == before);
  }
}

TEST_CASE("without a rate the first throttled response sets one, which goes away once it is not reached") {
  Pacer pacer(std::nullopt, kStart);
  Instant now = kStart;
  // 20 operations a second.
  const auto start_for = [&](std::chrono::seconds time) {
    for (const Instant end = now + time; now < end; now += 100ms) {
      if (pacer.next_start(now) <= now) pacer.started(now);
    }
  };
  start_for(10s);
  pacer.throttled(now);
  REQUIRE(pacer.rate(now).has_value());
  CHECK(pacer.rate(now).value() >= 9);
  CHECK(pacer.rate(now).value() <= 11);
  start_for(120s);
  CHECK_FALSE(pacer.rate(now));
}

TEST_CASE("however often the service throttles, units go on to start") {
  Pacer pacer(50, kStart);
  unsigned started = 0;
  for (Instant now = kStart; now < kStart + 600s; now += 50ms) {
    pacer.throttled(now);
    if (pacer.next_start(now) > now) continue;
    pacer.started(now);
    ++started;
  }
  CHECK(started > 50);
  CHECK(started < 1000);
}

TEST_CASE("a batch at the rate of the service uses it and is refused little") {
  struct Row {
    const char* what;
    Line line;
    /// The share of the rate that is used at least. With few operations a second, or very uneven steps, the window of
    /// this model never admits all: it begins with an operation.
    double least = 0.95;
  };
  using Kind = ServiceModel::Kind;
  const std::vector<Row> rows{
      {"window", {.rate = 50, .kind = Kind::kWindow, .service_rate = 50}},
      {"window, even steps", {.rate = 50, .kind = Kind::kWindow, .service_rate = 50, .longest = 25ms}},
      {"window, slow",
       {.rate = 50, .kind = Kind::kWindow, .service_rate = 50, .shortest = 50ms, .longest = 400ms},
       0.85},
      {"bucket", {.rate = 50, .kind = Kind::kBucket, .service_rate = 50}},
      {"bucket, slow", {.rate = 50, .kind = Kind::kBucket, .service_rate = 50, .shortest = 50ms, .longest = 400ms}},
      {"10 a second, window", {.rate = 10, .kind = Kind::kWindow, .service_rate = 10}, 0.8},
      {"10 a second, bucket", {.rate = 10, .kind = Kind::kBucket, .service_rate = 10}},
      {"200 a second", {.rate = 200, .kind = Kind::kWindow, .service_rate = 200}},
      {"8 jobs", {.rate = 50, .kind = Kind::kWindow, .service_rate = 50, .jobs = 8, .longest = 60ms}},
      {"the service has no limit", {.rate = 50, .service_rate = std::nullopt}},
  };
  for (const Row& row : rows) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const Shares shares = LineModel(row.line, seed).run();
      CAPTURE(row.what, seed, shares.admitted, shares.refused);
      CHECK(shares.refused < 0.05);
      CHECK(shares.admitted >= row.least * *row.line.rate);
      CHECK(shares.admitted <= 1.01 * *row.line.rate);
    }
  }
}

TEST_CASE("a batch finds the rate of a service that allows less, and goes on using it") {
  struct Row {
    const char* what;
    Line line;
    double least;
  };
  using Kind = ServiceModel::Kind;
  const std::vector<Row> rows{
      {"half, window", {.rate = 50, .kind = Kind::kWindow, .service_rate = 25}, 0.75},
      {"half, bucket", {.rate = 50, .kind = Kind::kBucket, .service_rate = 25}, 0.75},
      {"a tenth", {.rate = 100, .kind = Kind::kBucket, .service_rate = 10}, 0.6},
      {"nearly all", {.rate = 50, .kind = Kind::kWindow, .service_rate = 45}, 0.75},
      {"no rate, 64 jobs", {.rate = std::nullopt, .kind = Kind::kBucket, .service_rate = 50}, 0.7},
      {"no rate, 8 jobs", {.rate = std::nullopt, .kind = Kind::kWindow, .service_rate = 50, .jobs = 8}, 0.7},
  };
  for (Row row : rows) {
    row.line.time = 300s;
    row.line.warm_up = 30s;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const Shares shares = LineModel(row.line, seed).run();
      CAPTURE(row.what, seed, shares.admitted, shares.refused);
      CHECK(shares.refused < 0.1);
      CHECK(shares.admitted >= row.least * *row.line.service_rate);
    }
  }
}
