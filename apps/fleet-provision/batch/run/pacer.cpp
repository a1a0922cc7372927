#include "batch/run/pacer.hpp"

#include <algorithm>

namespace fleet_provision::batch {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kOperationsOfUnit = 2;
/// The share of R at which units start: operations are spread unevenly, and the service refuses the excess of a second.
constexpr double kShareOfLimit = 0.985;
/// Throttled responses this long after a halving belong to operations before it.
constexpr Seconds kSameCause{1};
/// A larger share of refused operations than this shows that the service allows less than the ceiling, if it is not a
/// matter of one or two.
constexpr double kRefusedByChance = 0.04;
constexpr std::uint64_t kRefusedByChanceMax = 2;
constexpr double kLowered = 0.8;
/// The ceiling is raised again this long after a halving.
constexpr Seconds kQuiet{5};
/// The rate returns by this share of its ceiling in a second.
constexpr double kReturnPerSecond = 2;
/// The ceiling is raised by this share of the scale in a second.
constexpr double kRaisePerSecond = 0.04;
/// The lowest rate is this share of the scale.
constexpr double kLowestShare = 1.0 / 64;
/// Without --rate the limit goes away above this multiple of the rate that the batch has.
constexpr double kNotReached = 1.5;
/// Operations that children repeat delay a unit by this time at most.
constexpr Seconds kDelayMax{1};
constexpr std::chrono::seconds kPeriod{2};
/// A start that comes later than planned by up to this time does not delay the next ones.
constexpr Seconds kLateness{0.04};

std::chrono::nanoseconds nanoseconds(Seconds time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time);
}

}  // namespace

Pacer::Pacer(std::optional<double> rate, Instant now)
    : limit_(rate), scale_(rate.value_or(0)), raised_at_(now), last_start_(now), next_(now), period_began_{now, now} {
  if (limit_) ceiling_ = rate_ = *limit_ * kShareOfLimit;
}

Instant Pacer::next_start(Instant now) {
  raise(now);
  return rate_ ? next_ : now;
}

void Pacer::started(Instant now) {
  count_until(now);
  ++starts_[1];
  last_start_ = now;
  raise(now);
  if (!rate_) {
    next_ = now;
    return;
  }
  next_ = std::max(next_, now - nanoseconds(kLateness)) + nanoseconds(Seconds(kOperationsOfUnit / *rate_));
}

void Pacer::throttled(Instant now) {
  count_until(now);
  ++refused_[1];
  raise(now);
  if (!halved_at_ || now - *halved_at_ >= kSameCause) halve(now);
  // The child repeats the operation. However many do, they delay a unit by a second at most.
  const Instant latest = last_start_ + nanoseconds(Seconds(kOperationsOfUnit / *rate_) + kDelayMax);
  next_ = std::max(next_, std::min(std::max(next_, now) + nanoseconds(Seconds(1 / *rate_)), latest));
}

std::optional<double> Pacer::rate(Instant now) {
  raise(now);
  return rate_;
}

void Pacer::halve(Instant now) {
  if (!rate_) {
    scale_ = std::max(1.0, rate_had(now));
    ceiling_ = rate_ = scale_ / 2;
  } else {
    const double lowest = scale_ * kLowestShare;
    if (refuses_many()) ceiling_ = std::max(*ceiling_ * kLowered, lowest);
    rate_ = std::max(std::min(*rate_, *ceiling_) / 2, lowest);
  }
  halved_at_ = now;
}

void Pacer::raise(Instant now) {
  const double passed = Seconds(now - raised_at_).count();
  if (passed <= 0) return;
  raised_at_ = now;
  if (!rate_) return;
  if (halved_at_ && now - *halved_at_ >= kQuiet) *ceiling_ += scale_ * kRaisePerSecond * passed;
  if (limit_) ceiling_ = std::min(*ceiling_, *limit_ * kShareOfLimit);
  rate_ = std::min(*ceiling_, *rate_ + *ceiling_ * kReturnPerSecond * passed);
  if (limit_ || now - *halved_at_ < kQuiet || *rate_ < kNotReached * rate_had(now)) return;
  ceiling_ = rate_ = std::nullopt;
  halved_at_ = std::nullopt;
}

/// Begins a new period when the running one is over.
void Pacer::count_until(Instant now) {
  if (now - period_began_[1] < kPeriod) return;
  const bool idle = now - period_began_[1] >= 2 * kPeriod;
  starts_ = {idle ? 0 : starts_[1], 0};
  refused_ = {idle ? 0 : refused_[1], 0};
  period_began_ = {idle ? now - kPeriod : period_began_[1], now};
}

/// Whether the service refused more in the last seconds than it does by chance at its own rate.
bool Pacer::refuses_many() const {
  const auto refused = refused_[0] + refused_[1];
  const double operations = kOperationsOfUnit * static_cast<double>(starts_[0] + starts_[1]);
  return refused > kRefusedByChanceMax && static_cast<double>(refused) > kRefusedByChance * operations;
}

/// Operations per second of the units that started in the last seconds.
double Pacer::rate_had(Instant now) {
  count_until(now);
  const double seconds = std::max(1.0, Seconds(now - period_began_[0]).count());
  return kOperationsOfUnit * static_cast<double>(starts_[0] + starts_[1]) / seconds;
}

}  // namespace fleet_provision::batch
