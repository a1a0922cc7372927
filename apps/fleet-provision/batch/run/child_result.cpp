#include "batch/run/child_result.hpp"

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "batch/record/plain_json.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

using RunJson = nlohmann::json;

/// The JSON text on one line: without whitespace outside strings. nullopt for text that is not ASCII, which a result
/// never is.
std::optional<std::string> on_one_line(std::string_view json) {
  std::string line(json.size(), '\0');
  char* to = line.data();
  bool in_string = false;
  bool escaped = false;
  for (const char each : json) {
    if (static_cast<unsigned char>(each) >= 0x7f) return std::nullopt;
    if (in_string) {
      in_string = escaped || each != '"';
      escaped = !escaped && each == '\\';
    } else if (each == ' ' || each == '\n' || each == '\t' || each == '\r') {
      continue;
    } else {
      in_string = each == '"';
    }
    *to++ = each;
  }
  line.resize(static_cast<std::size_t>(to - line.data()));
  return line;
}

/// Takes the members of a result that are no objects or arrays, and those of its error, as `error.kind`; builds nothing
/// of the rest, which is most of it.
class ResultValues final : public nlohmann::json_sax<RunJson> {
 public:
  /// False if `json` is not an object. The parser reads what is not plain.
  [[nodiscard]] bool take(std::string_view json) {
    const auto members = plain_members(json);
    if (!members) return RunJson::sax_parse(json, this);
    for (const PlainMember& each : *members) {
      add("", each);
      if (each.name != "error" || !each.value.starts_with('{')) continue;
      for (const PlainMember& of_error : plain_members(each.value).value_or(std::vector<PlainMember>())) {
        add("error.", of_error);
      }
    }
    return true;
  }

  bool null() override { return value(nullptr); }
  bool boolean(bool is) override { return value(is); }
  bool number_integer(number_integer_t number) override { return value(number); }
  bool number_unsigned(number_unsigned_t number) override { return value(number); }
  bool number_float(number_float_t number, const string_t& /*text*/) override { return value(number); }
  bool string(string_t& text) override { return value(std::move(text)); }
  bool binary(binary_t& /*bytes*/) override { return false; }
  bool start_object(std::size_t /*size*/) override {
    if (level_ == 1 && key_ == "error") in_error_ = true;
    ++level_;
    return true;
  }
  bool end_object() override {
    --level_;
    if (level_ == 1) in_error_ = false;
    return true;
  }
  bool start_array(std::size_t /*size*/) override {
    ++level_;
    // The text is an object.
    return level_ > 1;
  }
  bool end_array() override { return end_object(); }
  bool key(string_t& name) override {
    if (level_ == 1) {
      key_ = std::move(name);
    } else if (level_ == 2 && in_error_) {
      key_ = "error." + name;
    }
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) override {
    return false;
  }

  [[nodiscard]] const RunJson* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }
  /// A text, or nullopt for null. False if the member is missing or of another type.
  [[nodiscard]] bool read(const std::string& name, std::optional<std::string>& text) const {
    const RunJson* found = find(name);
    if (found == nullptr || !(found->is_string() || found->is_null())) return false;
    text = found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    return true;
  }

 private:
  bool value(RunJson found) {
    const bool wanted = level_ == 1 || (level_ == 2 && in_error_);
    if (wanted) values_.insert_or_assign(key_, std::move(found));
    return level_ > 0;
  }
  void add(const std::string& prefix, const PlainMember& member) {
    if (member.value.starts_with('{') || member.value.starts_with('[')) return;
    values_.insert_or_assign(prefix + std::string(member.name), shallow_value(member.value));
  }

  std::map<std::string, RunJson> values_;
  std::size_t level_ = 0;
  bool in_error_ = false;
  std::string key_;
};

bool read_error(const ResultValues& values, UnitResult& result) {
  std::optional<std::string> kind;
  std::optional<std::string> message;
  std::optional<std::string> hint;
  const RunJson* retry = values.find("error.retryable");
  if (retry == nullptr || !retry->is_boolean()) return false;
  if (!values.read("error.kind", kind) || !values.read("error.message", message) || !values.read("error.hint", hint) ||
      !kind || kind->empty()) {
    return false;
  }
  result.kind = *kind;
  result.message = message.value_or("");
  result.hint = hint.value_or("");
  result.retryable = retry->get<bool>();
  return true;
}

bool read_outcome(const ResultValues& values, UnitResult& result) {
  std::optional<std::string> outcome;
  if (!values.read("outcome", outcome) || !outcome) return false;
  for (const UnitOutcome each : {UnitOutcome::kProvisioned, UnitOutcome::kAlreadyProvisioned, UnitOutcome::kFailed}) {
    if (*outcome != word(each)) continue;
    result.outcome = each;
    // An error that is an object has no value of its own.
    if (each == UnitOutcome::kFailed) return values.find("error") == nullptr && read_error(values, result);
    return values.find("error") != nullptr && values.find("error")->is_null();
  }
  return false;
}

}  // namespace

bool fill_from_json(UnitResult& result, std::string_view json, int exit_code) {
  auto line = on_one_line(json);
  ResultValues values;
  if (!line || !values.take(*line)) return false;
  UnitResult filled = result;
  const RunJson* attempts = values.find("attempts");
  if (attempts == nullptr || !attempts->is_number_unsigned() || !read_outcome(values, filled)) return false;
  if (!values.read("thingName", filled.thing_name)) return false;
  if (!values.read("certificateId", filled.certificate_id)) return false;
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
    // From outside: what the run wrote last does not tell why.
    if (end.signal == SIGKILL) {
      error.hint = "check that the station has enough memory, then rerun";
      return error;
    }
  } else {
    error.message += " ended with exit code " + std::to_string(end.exit_code.value_or(0)) + " and without a result";
  }
  const std::string_view text = trimmed(end.standard_error);
  const std::string_view last = text.substr(text.rfind('\n') + 1);
  if (!last.empty()) error.message += ": " + printable(message_of(last));
  return error;
}

}  // namespace fleet_provision::batch
