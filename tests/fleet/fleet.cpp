#include "tests/fleet/fleet.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <queue>
#include <utility>

#include "core/error.hpp"
#include "core/plan.hpp"
#include "workflow/run/retry.hpp"

namespace fleet_provision::fleet {
namespace {

constexpr Milliseconds kConnect{300};  // name, TCP, TLS, CONNECT, SUBSCRIBE at some 60 ms round trip
constexpr Milliseconds kAnswer{100};
constexpr Milliseconds kPowerUpWithin{2'000};  // machines that get their power at once do not boot in step

/// splitmix64: small, uniform, and with the same results on all platforms, unlike the standard's distributions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t roll() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  Milliseconds up_to(Milliseconds most) {
    return Milliseconds{static_cast<Milliseconds::rep>(roll() % (static_cast<std::uint64_t>(most.count()) + 1))};
  }

 private:
  std::uint64_t state_;
};

/// One operation's quota.
class Bucket {
 public:
  explicit Bucket(double per_second) : per_second_(per_second), held_(per_second) {}

  bool take(Instant now) {
    const double passed = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    held_ = std::min(per_second_, held_ + passed * per_second_);
    if (held_ < 1) return false;
    held_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double held_;
  Instant last_;
};

struct Gateway {
  std::optional<Retry> retry;
  Instant run_ends;
  Instant token_ends;
  unsigned attempt = 1;
  bool certified = false;
};

/// A request that reaches the service.
struct Request {
  Instant at;
  unsigned gateway = 0;

  friend bool operator<(const Request& a, const Request& b) { return a.at > b.at; }
};

class Fleet {
 public:
  Fleet(const Setup& setup, const Service& service, unsigned gateways, std::uint64_t seed)
      : setup_(setup),
        service_(service),
        gateways_(gateways),
        dice_(seed),
        create_(service.per_second),
        register_(service.per_second) {
    plan_.timeout = setup.timeout;
  }

  Figures run() {
    for (unsigned i = 0; i < gateways_.size(); ++i) begin_run(i, Instant{} + dice_.up_to(kPowerUpWithin));
    const double most = kRequestsMax * static_cast<double>(gateways_.size());
    while (!pending_.empty() && static_cast<double>(requests_) < most) {
      const Request request = pending_.top();
      pending_.pop();
      count(request.at);
      answer(request);
    }
    return figures();
  }

 private:
  void begin_run(unsigned which, Instant at) {
    ++runs_;
    Gateway& gateway = gateways_[which];
    const Instant begun = at + dice_.up_to(setup_.splay);
    gateway.run_ends = begun + setup_.timeout;
    gateway.attempt = 1;
    if (setup_.waits) {
      gateway.retry.emplace(plan_, gateway.run_ends, *setup_.waits);
    } else {
      gateway.retry.emplace(plan_, gateway.run_ends);
    }
    pending_.push({begun + kConnect, which});
  }

  void answer(const Request& request) {
    Gateway& gateway = gateways_[request.gateway];
    const Instant heard = request.at + kAnswer;
    if (!gateway.certified) {
      if (!create_.take(request.at)) return turned_away(request);
      ++certificates_;
      gateway.certified = true;
      gateway.token_ends = request.at + kTokenLife;
      gateway.retry->progressed();
      pending_.push({heard, request.gateway});
      return;
    }
    if (!register_.take(request.at)) return turned_away(request);
    if (request.at > gateway.token_ends) {
      // After a rejected token the next certificate is requested on the same connection.
      gateway.certified = false;
      pending_.push({heard, request.gateway});
      return;
    }
    done_.push_back(heard);
  }

  void turned_away(const Request& request) {
    Gateway& gateway = gateways_[request.gateway];
    const bool silent = service_.overload == Overload::kStaysSilent;
    const Instant failed_at = std::min(request.at + (silent ? plan_.request_timeout : kAnswer), gateway.run_ends);
    Error error;
    error.kind = silent ? ErrorKind::kNoAnswer : ErrorKind::kThrottled;
    error.phase = gateway.certified ? Phase::kRegister : Phase::kCreate;
    const Milestone reached = gateway.certified ? Milestone::kCertified : Milestone::kKeyMade;
    const auto decision = gateway.retry->after(std::move(error), reached, gateway.attempt, failed_at, dice_.roll());
    if (!decision.wait) return begin_run(request.gateway, failed_at + setup_.restart);
    ++gateway.attempt;
    pending_.push({failed_at + *decision.wait + kConnect, request.gateway});
  }

  void count(Instant at) {
    ++requests_;
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    if (second != second_) in_second_ = 0;
    second_ = second;
    peak_ = std::max(peak_, ++in_second_);
  }

  Figures figures() {
    const auto n = static_cast<double>(gateways_.size());
    const double ideal = n / service_.per_second;
    const auto over_ideal = [ideal](Instant at) {
      return std::chrono::duration<double>(at.time_since_epoch()).count() / ideal;
    };
    Figures figures;
    figures.finished = done_.size() == gateways_.size();
    figures.requests = static_cast<double>(requests_) / (2 * n);
    figures.peak = static_cast<double>(peak_) / (2 * service_.per_second);
    figures.certificates = static_cast<double>(certificates_) / n;
    figures.runs = static_cast<double>(runs_) / n;
    std::sort(done_.begin(), done_.end());
    for (unsigned percent = 0; percent <= 100; ++percent) {
      const auto rank = static_cast<std::size_t>(std::ceil(n * percent / 100));
      if (rank > done_.size()) break;
      figures.completion.push_back(rank == 0 ? 0 : over_ideal(done_[rank - 1]));
    }
    if (figures.finished) {
      figures.time = figures.completion[100];
      figures.time_of_99_percent = figures.completion[99];
    }
    return figures;
  }

  const Setup& setup_;
  const Service& service_;
  Plan plan_;
  std::vector<Gateway> gateways_;
  Dice dice_;
  Bucket create_;
  Bucket register_;
  std::priority_queue<Request> pending_;
  std::vector<Instant> done_;
  std::uint64_t requests_ = 0;
  std::uint64_t certificates_ = 0;
  std::uint64_t runs_ = 0;
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::seconds> second_;
  std::uint64_t in_second_ = 0;
  std::uint64_t peak_ = 0;
};

}  // namespace

Figures simulate(const Setup& setup, const Service& service, unsigned gateways, std::uint64_t seed) {
  return Fleet(setup, service, gateways, seed).run();
}

}  // namespace fleet_provision::fleet
