#include "batch/batch_settings.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "batch/manifest/columns.hpp"
#include "batch/name_table.hpp"
#include "config/option_values.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr Range<std::uint64_t> kJobsRange{1, 1000};
constexpr Range<std::uint64_t> kStopAfterRange{1, 1'000'000'000};
constexpr std::uint32_t kPartsMax = 1'000'000;
/// In thousandths of an operation per second.
constexpr Range<std::chrono::milliseconds> kRateRange{std::chrono::milliseconds{10},
                                                      std::chrono::milliseconds{100'000'000}};

std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Result<ManifestFormat> parse_format(const std::string& text) {
  if (text == "csv") return ManifestFormat::kCsv;
  if (text == "jsonl") return ManifestFormat::kJsonLines;
  return fail(ErrorKind::kUsage, in_quotes(text) + " is not a manifest format", "give csv or jsonl");
}

Result<ManifestFormat> format_by_name(const std::string& manifest) {
  const std::string name = in_lower_case(manifest);
  if (name.ends_with(".csv")) return ManifestFormat::kCsv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return ManifestFormat::kJsonLines;
  const std::string what = manifest == "-" ? "the format of stdin is not known"
                                           : "the name " + in_quotes(manifest) + " does not tell the format";
  return fail(ErrorKind::kUsage, what,
              "give --manifest-format csv, or --manifest-format jsonl for one JSON object on each line");
}

Result<double> parse_rate(const std::string& text) {
  const auto thousandths = seconds_of(text, kRateRange);
  if (!thousandths) {
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not a number of operations per second from 0.01 to 100000",
                "give the rate that the account allows, e.g. --rate 10");
  }
  return static_cast<double>(thousandths->count()) / 1000.0;
}

Result<Shard> parse_shard(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto part = parse_number<std::uint32_t>(std::string_view(text).substr(0, slash));
  const auto parts = parse_number<std::uint32_t>(std::string_view(text).substr(std::min(slash + 1, text.size())));
  if (part && parts && *part >= 1 && *part <= *parts && *parts <= kPartsMax) return Shard{*part, *parts};
  return fail(ErrorKind::kUsage, in_quotes(text) + " is not a part I/N",
              part == 0U ? "parts count from 1: add 1 to an index that begins at 0"
                         : "give 1/N to N/N, e.g. 1/4 on the first of four stations");
}

Result<void> check_stdin_readers(const Options& options) {
  const Setting* first = nullptr;
  for (const OptionId id : {OptionId::kManifest, OptionId::kClaim, OptionId::kParameters}) {
    if (!reads_stdin(options, id)) continue;
    const Setting* setting = options.given(id);
    if (first != nullptr) {
      return fail(ErrorKind::kUsage, first->origin + " - and " + setting->origin + " - cannot both read stdin",
                  "give a file name for one of the two");
    }
    first = setting;
  }
  return {};
}

/// Options of a run that no batch can have.
Result<void> check_options_of_run(const Options& options) {
  const Setting* state_dir = options.given(OptionId::kStateDir);
  if (state_dir != nullptr && state_dir->source == Source::kCommandLine) {
    return fail(ErrorKind::kUsage, state_dir->origin + " cannot be given for a batch: each unit has a state directory",
                "omit it, or name the directories in a column --state-dir of the manifest");
  }
  FP_TRY_ASSIGN(const bool remove_claim, options.flag(OptionId::kRemoveClaim));
  if (remove_claim) {
    return fail(
        ErrorKind::kUsage,
        options.given(OptionId::kRemoveClaim)->origin + " cannot be given for a batch: its units share the claim",
        "omit it, and delete the claim once the batch is done");
  }
  return {};
}

Result<void> read_report(const Options& options, BatchSettings& settings) {
  FP_TRY_ASSIGN(const auto output_dir, path(options, OptionId::kOutputDir));
  for (const std::string& each : options.operands()) {
    if (each.empty()) return fail(ErrorKind::kUsage, "--report: the path is empty", "give the name of a directory");
    std::string directory = without_end_slashes(each);
    for (const std::string& other : settings.report_dirs) {
      if (directory != other) continue;
      return fail(ErrorKind::kUsage, "--report: " + printable(each, 300) + " is given twice", "give it once");
    }
    settings.report_dirs.push_back(std::move(directory));
  }
  if (!output_dir && settings.report_dirs.size() > 1) {
    return fail(ErrorKind::kUsage, "--report of several directories requires --output-dir",
                "give the directory for report.csv and report.html with --output-dir");
  }
  if (!output_dir && settings.report_dirs.empty()) {
    return fail(ErrorKind::kUsage, "--report requires a directory",
                "give --output-dir DIR, or the directories as arguments: --report DIR");
  }
  settings.output_dir = without_end_slashes(output_dir ? *output_dir : settings.report_dirs.front());
  if (settings.report_dirs.empty()) settings.report_dirs.push_back(settings.output_dir);
  return {};
}

Result<void> read_limits_of_batch(const Options& options, BatchSettings& settings) {
  FP_TRY_ASSIGN(const auto jobs, options.number(OptionId::kJobs, kJobsRange));
  settings.jobs = static_cast<unsigned>(jobs.value_or(settings.jobs));
  if (options.given(OptionId::kRate) != nullptr) {
    FP_TRY_ASSIGN(settings.rate, parsed(options, OptionId::kRate, parse_rate));
  }
  FP_TRY_ASSIGN(settings.shard, parsed(options, OptionId::kShard, parse_shard));
  FP_TRY_ASSIGN(settings.stop_after, options.number(OptionId::kStopAfter, kStopAfterRange));
  return {};
}

}  // namespace

Result<BatchSettings> batch_settings_from(const Options& options) {
  BatchSettings settings;
  FP_TRY_ASSIGN(settings.report_only, options.flag(OptionId::kReport));
  if (settings.report_only) {
    FP_TRY(read_report(options, settings));
    return settings;
  }
  FP_TRY(required(options, OptionId::kManifest));
  FP_TRY_ASSIGN(const auto manifest, path(options, OptionId::kManifest));
  FP_TRY(required(options, OptionId::kOutputDir));
  FP_TRY_ASSIGN(const auto output_dir, path(options, OptionId::kOutputDir));
  settings.manifest = manifest.value_or("");
  settings.output_dir = without_end_slashes(output_dir.value_or(""));
  if (options.given(OptionId::kManifestFormat) != nullptr) {
    FP_TRY_ASSIGN(settings.manifest_format, parsed(options, OptionId::kManifestFormat, parse_format));
  } else {
    FP_TRY_ASSIGN(settings.manifest_format, parsed(options, OptionId::kManifest, format_by_name));
  }
  settings.unit_pattern = options.text(OptionId::kUnit);
  if (auto pattern = UnitPattern::parse(settings.unit_pattern); !pattern) {
    return fail(options.with_origin_of(OptionId::kUnit, std::move(pattern).error()));
  }
  FP_TRY(read_limits_of_batch(options, settings));
  FP_TRY(check_options_of_run(options));
  FP_TRY(check_stdin_readers(options));
  return settings;
}

bool reads_stdin(const Options& options, OptionId id) {
  if (options.text(id) != "-") return false;
  if (id != OptionId::kClaim) return true;
  for (const OptionId part : {OptionId::kClaimCert, OptionId::kClaimKey}) {
    const Setting* setting = options.given(part);
    if (setting != nullptr && setting->source > options.given(id)->source) return false;
  }
  return true;
}

bool belongs_to(const Shard& shard, std::string_view unit) {
  return fnv1a(unit) % shard.parts == shard.part - 1;
}

}  // namespace fleet_provision::batch
