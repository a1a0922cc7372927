// One event as a step of the sequence between gateway and service.
#pragma once

#include "report/event.hpp"
#include "report/history.hpp"

namespace fleet_provision::simulator {

/// `connection` has what the events before this one told.
[[nodiscard]] Step step_of(const Event& event, const Connection& connection);

/// The first ten digits of a certificate ID; a shorter text as it is.
[[nodiscard]] std::string short_id(const std::string& certificate_id);

}  // namespace fleet_provision::simulator
