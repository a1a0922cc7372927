#include "batch/record/batch_facts.hpp"

#include <fcntl.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/system/descriptor.hpp"
#include "batch/record/output_files.hpp"
#include "codec/json_fields.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kFactsBytesMax = 256 * 1024;

/// At most kFactsBytesMax + 1 bytes; nothing if there is no such file.
Result<std::optional<std::string>> facts_text(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<std::string>();
  if (!file) return output_error(errno, "open", path);
  std::string text(kFactsBytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return output_error(errno, "read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return std::optional(std::move(text));
}

}  // namespace

std::string to_json(const BatchFacts& facts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["manifest"] = facts.manifest;
  json["units"] = facts.units;
  json["shard"] = facts.shard;
  json["endpoint"] = facts.endpoint;
  json["templateName"] = facts.template_name;
  json["startedAt"] = rfc3339_milliseconds(facts.started_at);
  return json.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<BatchFacts> parse_batch_facts(std::string_view json) {
  BatchFacts facts;
  if (json.size() > kFactsBytesMax) return fail(ErrorKind::kResultsDamaged, "it is too long");
  FP_TRY_ASSIGN(const JsonFields fields, JsonFields::parse(json, ErrorKind::kResultsDamaged));
  FP_TRY_ASSIGN(facts.manifest, fields.text("manifest"));
  FP_TRY_ASSIGN(facts.units, fields.number("units", std::uint64_t{1} << 53U));
  FP_TRY_ASSIGN(facts.shard, fields.text("shard"));
  FP_TRY_ASSIGN(facts.endpoint, fields.text("endpoint"));
  FP_TRY_ASSIGN(facts.template_name, fields.text("templateName"));
  FP_TRY_ASSIGN(const std::string started, fields.text("startedAt"));
  const auto time = parse_rfc3339_milliseconds(started);
  if (!time) return fail(ErrorKind::kResultsDamaged, "its \"startedAt\" is not a time");
  facts.started_at = *time;
  return facts;
}

Result<std::optional<BatchFacts>> read_batch_facts(const std::string& directory) {
  const std::string path = path_below(directory, kBatchFactsFile);
  FP_TRY_ASSIGN(const auto text, facts_text(path));
  if (!text) return std::optional<BatchFacts>();
  auto facts = parse_batch_facts(*text);
  if (facts) return std::optional(std::move(*facts));
  return fail(ErrorKind::kResultsDamaged, printable(path) + ": " + facts.error().message,
              "remove the file; the next batch writes it again");
}

}  // namespace fleet_provision::batch
