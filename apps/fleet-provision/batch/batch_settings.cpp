#include "batch/batch_settings.hpp"

#include "batch/name_table.hpp"
#include "config/option_values.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {

Result<BatchSettings> batch_settings_from(const Options& options) {
  BatchSettings settings;
  FP_TRY_ASSIGN(const std::string output_dir, required(options, OptionId::kOutputDir));
  settings.output_dir = output_dir;
  FP_TRY_ASSIGN(settings.manifest, required(options, OptionId::kManifest));
  return settings;
}

bool belongs_to(const Shard& shard, std::string_view unit) {
  return fnv1a(unit) % shard.parts == shard.part - 1;
}

}  // namespace fleet_provision::batch
