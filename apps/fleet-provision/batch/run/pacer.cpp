#include "batch/run/pacer.hpp"

namespace fleet_provision::batch {

Pacer::Pacer(std::optional<double> rate, Instant now) : limit_(rate), rate_(rate), next_(now) {}

Instant Pacer::next_start(Instant /*now*/) {
  return next_;
}

void Pacer::started(Instant /*now*/) {}

void Pacer::throttled(Instant /*now*/) {}

std::optional<double> Pacer::rate(Instant /*now*/) {
  return rate_;
}

}  // namespace fleet_provision::batch
