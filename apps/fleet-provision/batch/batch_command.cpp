#include "batch/batch_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/system/make_path.hpp"
#include "adapters/system/reading_limit.hpp"
#include "aws/endpoint_parser.hpp"
#include "batch/batch_progress.hpp"
#include "batch/batch_summary.hpp"
#include "batch/output_role.hpp"
#include "batch/report/reports.hpp"
#include "batch/run/run.hpp"
#include "batch/standard_input.hpp"
#include "core/text.hpp"
#include "process/final_report.hpp"
#include "process/process_setup.hpp"

namespace fleet_provision::batch {
namespace {

/// stdin and a manifest that is a pipe may take as long as their writer.
constexpr std::chrono::hours kReadingTime{24};

class BatchCommand {
 public:
  BatchCommand(const Options& options, const Environment& environment, const OutputSettings& output, Report& report,
               Interrupt& interrupt)
      : options_(options), environment_(environment), output_(output), report_(report), interrupt_(interrupt) {}

  /// Runs the command; what decides the exit code is then in the summary.
  void run();
  /// Writes errors and summary; returns the exit code. The caller holds the final report.
  [[nodiscard]] int finish();
  /// As `finish`, for a batch that ends because resources ran out.
  [[nodiscard]] int finish(Error error);

 private:
  [[nodiscard]] Result<void> try_to_run();
  [[nodiscard]] Result<void> report_only(const BatchSettings& settings);
  [[nodiscard]] Result<void> run_manifest(const BatchSettings& settings, const OutputDirectory& directory);
  [[nodiscard]] Result<Manifest> read(const BatchSettings& settings, const OutputDirectory& directory);
  [[nodiscard]] Result<RunSettings> run_settings(const BatchSettings& settings);
  [[nodiscard]] Result<void> require_same_service(const std::string& directory, const BatchFacts& facts) const;
  [[nodiscard]] BatchFacts facts_of(const BatchSettings& settings, const Manifest& manifest) const;
  void write_reports_of(const std::vector<std::string>& directories, const std::string& to);
  void warn(const std::vector<std::string>& warnings);

  const Options& options_;
  const Environment& environment_;
  const OutputSettings& output_;
  Report& report_;
  Interrupt& interrupt_;
  const Instant start_ = std::chrono::steady_clock::now();
  const WallTime started_at_ = std::chrono::system_clock::now();
  std::optional<BatchProgress> progress_;
  Descriptor standard_input_;
  BatchSummary summary_;
};

void BatchCommand::warn(const std::vector<std::string>& warnings) {
  for (const std::string& each : warnings) report_.warned(each);
}

Result<Manifest> BatchCommand::read(const BatchSettings& settings, const OutputDirectory& directory) {
  auto manifest = read_manifest(options_, settings, environment_, directory.descriptor(), interrupt_);
  FP_TRY(interrupt_.check());
  if (auto* good = std::get_if<Manifest>(&manifest)) {
    warn(good->warnings());
    return std::move(*good);
  }
  summary_.errors = std::get<std::vector<Error>>(std::move(manifest));
  const auto of_manifest = [](const Error& each) { return each.kind == ErrorKind::kManifestUnusable; };
  if (std::none_of(summary_.errors.begin(), summary_.errors.end(), of_manifest)) {
    // Nothing to do with its content: a missing file, a full output directory, an option of the batch.
    Error first = std::move(summary_.errors.front());
    summary_.errors.erase(summary_.errors.begin());
    return fail(std::move(first));
  }
  const std::size_t count = summary_.errors.size();
  const std::string name = settings.manifest == "-" ? "stdin" : settings.manifest;
  return fail(ErrorKind::kManifestUnusable,
              "the manifest " + name + " has " + std::to_string(count) + (count == 1 ? " error" : " errors") +
                  "; nothing was sent",
              "correct each of them, then rerun the same command");
}

Result<RunSettings> BatchCommand::run_settings(const BatchSettings& settings) {
  RunSettings run;
  run.batch = settings;
  FP_TRY_ASSIGN(run.force, options_.flag(OptionId::kForce));
  for (const auto& [name, value] : environment_) run.child.environment.push_back(name + "=" + value);
  run.one_pin =
      options_.given(OptionId::kPinFile) != nullptr || options_.given(OptionId::kTpmOwnerPasswordFile) != nullptr;
  run.forward_lines = output_.verbosity > 0;
  run.child.standard_input = standard_input_.get();
  run.cannot_run = objection_to_stdin(options_, standard_input_.get());
  return run;
}

BatchFacts BatchCommand::facts_of(const BatchSettings& settings, const Manifest& manifest) const {
  BatchFacts facts;
  facts.manifest = settings.manifest;
  facts.units = manifest.size();
  facts.shard = options_.text(OptionId::kShard).value_or("1/1");
  facts.endpoint = options_.text(OptionId::kEndpoint).value_or("");
  facts.template_name = options_.text(OptionId::kTemplate).value_or("");
  facts.started_at = started_at_;
  return facts;
}

/// A unit that is recorded as provisioned at another endpoint, or with another template, must not be skipped as if it
/// were provisioned here. A run would find its identity to be another one.
Result<void> BatchCommand::require_same_service(const std::string& directory, const BatchFacts& facts) const {
  FP_TRY_ASSIGN(const bool force, options_.flag(OptionId::kForce));
  const auto before = read_batch_facts(directory);
  // A file that cannot be read is replaced by that of this batch.
  if (force || !before || !*before) return {};
  const auto differ = [](const std::string& one, const std::string& other) {
    return !one.empty() && !other.empty() && one != other;
  };
  // As a run compares them: without the port.
  const auto host_of = [](const std::string& text) {
    const auto endpoint = parse_endpoint(text, std::nullopt);
    return endpoint ? endpoint->host : text;
  };
  std::string other;
  if (differ(host_of((*before)->endpoint), host_of(facts.endpoint))) {
    other = "at the endpoint " + printable((*before)->endpoint, 260);
  } else if (differ((*before)->template_name, facts.template_name)) {
    other = "with the template " + printable((*before)->template_name, 80);
  }
  if (other.empty()) return {};
  return fail(ErrorKind::kOtherIdentity, printable(directory) + " records units that were provisioned " + other,
              "give another --output-dir for another endpoint or template, or replace the identities with --force");
}

/// A report that cannot be written does not hide how the batch ended.
void BatchCommand::write_reports_of(const std::vector<std::string>& directories, const std::string& to) {
  std::vector<std::string> warnings;
  auto sources = open_sources(directories);
  const auto written = sources ? write_reports(*sources, to, warnings) : Result<void>(fail(std::move(sources).error()));
  warn(warnings);
  if (written) {
    summary_.report = to + "/report.html";
  } else if (!summary_.error) {
    summary_.error = written.error();
  } else {
    summary_.errors.push_back(written.error());
  }
}

Result<void> BatchCommand::report_only(const BatchSettings& settings) {
  FP_TRY(make_path(settings.output_dir, kOutputDirectoryRole));
  write_reports_of(settings.report_dirs, settings.output_dir);
  return {};
}

Result<void> BatchCommand::try_to_run() {
  FP_TRY_ASSIGN(const BatchSettings settings, batch_settings_from(options_));
  summary_.output_dir = settings.output_dir;
  if (settings.report_only) return report_only(settings);
  const ReadingLimit limit(start_ + kReadingTime, &interrupt_);
  if (children_read_stdin(options_)) {
    FP_TRY_ASSIGN(standard_input_, copy_of_stdin());
  }
  FP_TRY_ASSIGN(const OutputDirectory directory, OutputDirectory::open(settings.output_dir));
  FP_TRY(run_manifest(settings, directory));
  write_reports_of({settings.output_dir}, settings.output_dir);
  return {};
}

/// The reports come after it, since they need as much memory as the manifest and the results, which end here.
Result<void> BatchCommand::run_manifest(const BatchSettings& settings, const OutputDirectory& directory) {
  FP_TRY_ASSIGN(const Manifest manifest, read(settings, directory));
  std::vector<std::string> warnings;
  FP_TRY_ASSIGN(auto file, directory.open_results());
  auto results = Results::open(std::move(file), warnings);
  warn(warnings);
  if (!results) return fail(std::move(results).error());
  const BatchFacts facts = facts_of(settings, manifest);
  if (results->ledger().has_provisioned()) FP_TRY(require_same_service(settings.output_dir, facts));
  FP_TRY(directory.replace(kBatchFactsFile, to_json(facts)));
  FP_TRY_ASSIGN(const RunSettings run, run_settings(settings));
  progress_.emplace(report_, output_, settings.output_dir + "/results.jsonl");
  const BatchEnd end = run_units(manifest, *results, run, interrupt_, *progress_);
  progress_->finish();
  summary_.totals = end.totals;
  summary_.error = error_of(end, settings.output_dir);
  return {};
}

void BatchCommand::run() {
  warn(options_.warnings());
  if (auto done = try_to_run(); !done) summary_.error = std::move(done).error();
}

int BatchCommand::finish() {
  summary_.duration = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start_);
  summary_.warnings = report_.finish().warnings;
  for (const Error& each : summary_.errors) report_.failed(each);
  if (summary_.error) report_.failed(*summary_.error);
  const int code = summary_.error ? static_cast<int>(exit_code(summary_.error->kind)) : 0;
  return print_result(output_.json_result ? summary_json(summary_) : summary_lines(summary_), code);
}

int BatchCommand::finish(Error error) {
  if (progress_ && !summary_.totals) summary_.totals = progress_->totals();
  summary_.error = std::move(error);
  return finish();
}

}  // namespace

int batch_command(const Options& options, const Environment& environment, const OutputSettings& output,
                  Report& report) {
  // Not destroyed, because a signal may arrive until the process ends.
  static Interrupt interrupt;
  deliver_signals_to(interrupt);
  deliver_hang_up();
  end_on_second_interrupt(output.live_line);
  BatchCommand command(options, environment, output, report, interrupt);
  const FinalReporter final_reporter([&command](Error error) { return command.finish(std::move(error)); });
  command.run();
  // Another thread is writing the result, and ends the process after that.
  while (!claim_final_report()) ::pause();
  return command.finish();
}

int refuse_batch(Error error, Report& report, bool json) {
  BatchSummary summary;
  summary.warnings = report.finish().warnings;
  report.failed(error);
  const int code = static_cast<int>(exit_code(error.kind));
  summary.error = std::move(error);
  return json ? print_result(summary_json(summary), code) : code;
}

}  // namespace fleet_provision::batch
