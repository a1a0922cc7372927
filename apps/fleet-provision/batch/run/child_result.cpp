#include "batch/run/child_result.hpp"

#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "batch/record/plain_json.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

using Json = nlohmann::json;

/// More levels than a result has; what follows recurses.
constexpr int kLevelsMax = 100;

/// The JSON text on one line: without whitespace outside strings. nullopt for text that is not ASCII or nests deeply,
/// which a result never is.
std::optional<std::string> on_one_line(std::string_view json) {
  std::string line;
  line.reserve(json.size());
  bool in_string = false;
  bool escaped = false;
  int level = 0;
  // What comes between two pieces of whitespace is copied at once.
  std::size_t copied = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char each = json[i];
    if (static_cast<unsigned char>(each) >= 0x7f) return std::nullopt;
    if (in_string) {
      in_string = escaped || each != '"';
      escaped = !escaped && each == '\\';
      continue;
    }
    if (each == ' ' || each == '\n' || each == '\t' || each == '\r') {
      line.append(json, copied, i - copied);
      copied = i + 1;
    }
    if (each == '[' || each == '{') ++level;
    if (each == ']' || each == '}') --level;
    if (level > kLevelsMax) return std::nullopt;
    in_string = each == '"';
  }
  return line.append(json, copied);
}

const Json* member(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() ? &*found : nullptr;
}

/// A text, or nullopt for null. False if the member is missing or of another type.
bool read_text(const Json& json, const char* name, std::optional<std::string>& text) {
  const Json* found = member(json, name);
  if (found == nullptr || !(found->is_string() || found->is_null())) return false;
  text = found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
  return true;
}

bool read_error(const Json& json, UnitResult& result) {
  std::optional<std::string> kind;
  std::optional<std::string> message;
  std::optional<std::string> hint;
  const Json* retry = member(json, "retryable");
  if (retry == nullptr || !retry->is_boolean()) return false;
  if (!read_text(json, "kind", kind) || !read_text(json, "message", message) || !read_text(json, "hint", hint)) {
    return false;
  }
  if (!kind || kind->empty()) return false;
  result.kind = *kind;
  result.message = message.value_or("");
  result.hint = hint.value_or("");
  result.retryable = retry->get<bool>();
  return true;
}

bool read_outcome(const Json& json, UnitResult& result) {
  std::optional<std::string> outcome;
  if (!read_text(json, "outcome", outcome) || !outcome) return false;
  for (const UnitOutcome each : {UnitOutcome::kProvisioned, UnitOutcome::kAlreadyProvisioned, UnitOutcome::kFailed}) {
    if (*outcome != word(each)) continue;
    result.outcome = each;
    const Json* error = member(json, "error");
    if (error == nullptr || error->is_null() != (each != UnitOutcome::kFailed)) return false;
    return error->is_null() || (error->is_object() && read_error(*error, result));
  }
  return false;
}

/// The result with what is read of it here; not an object if `line` is none.
Json read_members(std::string_view line) {
  const auto members = plain_members(line);
  if (!members) return Json::parse(line, nullptr, false);
  Json json = Json::object();
  for (const JsonMember& each : *members) {
    const bool is_error = each.name == "error";
    json.emplace(each.name, is_error ? Json::parse(each.value, nullptr, false) : shallow_value(each.value));
  }
  return json;
}

}  // namespace

bool fill_from_json(UnitResult& result, std::string_view json, int exit_code) {
  auto line = on_one_line(json);
  if (!line) return false;
  const Json parsed = read_members(*line);
  if (!parsed.is_object()) return false;
  UnitResult filled = result;
  const Json* attempts = member(parsed, "attempts");
  if (attempts == nullptr || !attempts->is_number_unsigned() || !read_outcome(parsed, filled)) return false;
  if (!read_text(parsed, "thingName", filled.thing_name)) return false;
  if (!read_text(parsed, "certificateId", filled.certificate_id)) return false;
  if ((filled.outcome == UnitOutcome::kFailed) != (exit_code != 0)) return false;
  filled.exit_code = exit_code;
  filled.attempts = attempts->get<unsigned>();
  filled.run_result = std::move(*line);
  result = std::move(filled);
  return true;
}

void fill_from_error(UnitResult& result, const Error& error) {
  result.outcome = UnitOutcome::kFailed;
  result.kind = word(error.kind);
  result.message = error.message;
  result.hint = error.hint;
  result.retryable = retryable(error.kind);
  result.exit_code = static_cast<int>(exit_code(error.kind));
}

Error crash_error(std::string_view unit, const ChildEnd& end) {
  Error error;
  error.kind = ErrorKind::kUnitCrashed;
  error.message = "the run of the unit " + printable(unit);
  error.hint = "rerun; if it happens again, report this fault of fleet-provision";
  if (end.wrote_too_much) {
    error.message += " wrote more than 1 MiB to stdout";
    return error;
  }
  if (end.signal != 0) {
    error.message += " was ended by " + signal_words(end.signal);
    if (end.signal == SIGKILL) error.hint = "check that the station has enough memory, then rerun";
  } else {
    error.message += " ended with exit code " + std::to_string(end.exit_code.value_or(0)) + " and without a result";
  }
  const std::string_view text = trimmed(end.standard_error);
  const std::string_view last = text.substr(text.rfind('\n') + 1);
  if (!last.empty()) error.message += ": " + printable(message_of(last));
  return error;
}

}  // namespace fleet_provision::batch
