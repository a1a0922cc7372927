// The options of `fleet-provision batch` as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

enum class ManifestFormat : unsigned char { kCsv, kJsonLines };

/// Part `part` of `parts`, counted from 1: the units whose name hashes to it.
struct Shard {
  std::uint32_t part = 1;
  std::uint32_t parts = 1;
};

struct BatchSettings {
  /// The file of --manifest as given; `-` is stdin. Empty with --report.
  std::string manifest;
  ManifestFormat manifest_format = ManifestFormat::kCsv;
  /// Without trailing slashes.
  std::string output_dir;
  /// The text of --unit, not filled; nullopt for the first column.
  std::optional<std::string> unit_pattern;
  unsigned jobs = 8;
  /// Operations per second; a unit needs two. nullopt: no limit until the service throttles.
  std::optional<double> rate;
  Shard shard;
  /// The number of failures for good after which no unit is started.
  std::optional<std::uint64_t> stop_after;
  /// --report: only write the reports again, from `report_dirs`.
  bool report_only = false;
  std::vector<std::string> report_dirs;
};

/// Fails with kUsage for a bad value or combination, also for options of a run that a batch cannot take for all its
/// units: --state-dir and --remove-claim on the command line, and two options that read stdin.
[[nodiscard]] Result<BatchSettings> batch_settings_from(const Options& options);

/// Whether the option is `-`, which stands for stdin, and no stronger option takes its place.
[[nodiscard]] bool reads_stdin(const Options& options, OptionId id);

/// Whether the unit of this name belongs to the shard. The hash is FNV-1a with 64 bits over the bytes of the name, so
/// that every station and every version divides a manifest in the same way.
[[nodiscard]] bool belongs_to(const Shard& shard, std::string_view unit);

}  // namespace fleet_provision::batch
