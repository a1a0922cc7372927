#include "batch/record/output_directory.hpp"

namespace fleet_provision::batch {

Result<Results> Results::open(std::unique_ptr<AppendFile> file, std::vector<std::string>& /*warnings*/) {
  return Results(std::move(file));
}

Result<void> Results::append(const std::vector<UnitResult>& /*results*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

Result<UnitResult> Results::read(const Ledger::Entry& /*entry*/) const {
  return fail(ErrorKind::kInternal, "not built yet");
}

Result<OutputDirectory> OutputDirectory::open(const std::string& /*path*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

Result<std::unique_ptr<AppendFile>> OutputDirectory::open_results() const {
  return fail(ErrorKind::kInternal, "not built yet");
}

Result<void> OutputDirectory::replace(const std::string& /*name*/, std::string_view /*bytes*/) const {
  return fail(ErrorKind::kInternal, "not built yet");
}

std::string to_json(const BatchFacts& /*facts*/) {
  return {};
}

Result<BatchFacts> parse_batch_facts(std::string_view /*json*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

Result<std::unique_ptr<AppendFile>> open_results_of(const std::string& /*directory*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

}  // namespace fleet_provision::batch
