// batch.json: what is known of a batch beyond its results.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/wall_time.hpp"

namespace fleet_provision::batch {

inline constexpr const char* kBatchFactsFile = "batch.json";

/// Written when a batch starts, for --report.
struct BatchFacts {
  std::string manifest;
  /// In the shard.
  std::size_t units = 0;
  /// As given by --shard.
  std::string shard = "1/1";
  std::string endpoint;
  std::string template_name;
  WallTime started_at;
};

/// ASCII only, with a final line feed; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string to_json(const BatchFacts& facts);
/// Unknown keys are ignored. Fails with kResultsDamaged.
[[nodiscard]] Result<BatchFacts> parse_batch_facts(std::string_view json);
/// DIRECTORY/batch.json; nothing if there is none. Fails with kResultsDamaged, which names the file.
[[nodiscard]] Result<std::optional<BatchFacts>> read_batch_facts(const std::string& directory);

}  // namespace fleet_provision::batch
