// The parts of the page, each written by its own file.
#pragma once

#include <cstdint>
#include <string>

#include "core/page.hpp"
#include "report/history.hpp"

namespace fleet_provision::simulator {

/// The heading, its verdict and the counts.
void write_head(Html& html, const History& history);
/// Version, templates, faults of a run.
void write_run_facts(Html& html, const Run& run);
/// "What went wrong"; nothing when there is no problem.
void write_problems(Html& html, const History& history);
/// A problem inside the step where it occurred.
void write_problem_at_step(Html& html, const Problem& problem);
void write_connections(Html& html, const History& history);
void write_certificates(Html& html, const History& history);

/// The class of a tone, which is its word in English too.
[[nodiscard]] const char* class_of(Tone tone);
/// The ID of a connection's element.
[[nodiscard]] std::string anchor(std::size_t run, std::uint64_t connection);
/// A time of the log without its fraction: `2026-11-23 06:12:00 UTC`.
[[nodiscard]] std::string date_text(const std::string& time);

}  // namespace fleet_provision::simulator
