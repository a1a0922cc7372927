// The `result` of a line is the run's own JSON. It is put into the line as text, and taken from it as text: a rerun
// reads all lines of a batch, and needs of each only a few values.
#include "batch/record/unit_result.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "batch/record/plain_json.hpp"
#include "codec/counting_iterator.hpp"
#include "codec/document.hpp"
#include "codec/json_text.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

using LineJson = nlohmann::ordered_json;

constexpr auto kOutcomes =
    std::to_array<UnitOutcome>({UnitOutcome::kProvisioned, UnitOutcome::kAlreadyProvisioned, UnitOutcome::kFailed});
constexpr std::string_view kResultKey = "result";
constexpr std::uint64_t kCountMax = 1'000'000'000;
constexpr std::uint64_t kDurationMax = std::uint64_t{1} << 53U;
constexpr std::string_view kCut = "\xE2\x80\xA6";

/// `text` as valid UTF-8 of at most kResultTextMax bytes.
std::string bounded(std::string_view text) {
  std::string valid;
  if (!is_utf8(text.substr(0, kResultTextMax))) {
    // What cannot be decoded becomes U+FFFD, of three bytes. Only what may remain is converted.
    const LineJson json = std::string(text.substr(0, kResultTextMax + 1));
    valid = LineJson::parse(json.dump(-1, ' ', true, LineJson::error_handler_t::replace)).get<std::string>();
    text = valid;
  }
  if (text.size() <= kResultTextMax) return std::string(text);
  const std::string_view kept = text.substr(0, kResultTextMax - kCut.size());
  return std::string(kept.substr(0, utf8_prefix(kept))).append(kCut);
}

std::string in_one_line(const LineJson& json) {
  return json.dump(-1, ' ', true, LineJson::error_handler_t::replace);
}

/// The value of `result`: an object or null.
std::string run_result_value(const std::string& text) {
  const auto left_out = [](const std::string& why) { return in_one_line(LineJson{{"omitted", why}}); };
  if (text == "null") return text;
  if (text.size() > kRunResultMax) return left_out("a result of " + std::to_string(text.size()) + " bytes");
  if (text.find_first_of("\n\r\t") == std::string::npos && plain_members(text)) return text;
  if (text.find('\0') != std::string::npos || json_fault(text)) return left_out("output that is not JSON");
  // An object on one line, as run_units gives it, goes into the line as it is.
  const auto printable_ascii = [](char each) { return each >= ' ' && each <= '~'; };
  if (text.front() == '{' && std::all_of(text.begin(), text.end(), printable_ascii)) return text;
  const LineJson json = LineJson::parse(text, nullptr, false);
  if (json.is_null()) return "null";
  if (!json.is_object()) return left_out("output that is not a JSON object");
  std::string line = in_one_line(json);
  return line.size() > kRunResultMax ? left_out("a result of " + std::to_string(line.size()) + " bytes") : line;
}

/// Puts the members of a line together. Texts that need no escape, which are nearly all, do not pass through the
/// library.
class LineWriter {
 public:
  void value(std::string_view name, std::string_view json) {
    line_ += line_.empty() ? "{\"" : ",\"";
    line_.append(name).append("\":").append(json);
  }
  void text(std::string_view name, std::string_view text) {
    const auto plain = [](char each) { return each >= ' ' && each <= '~' && each != '"' && each != '\\'; };
    if (text.size() <= kResultTextMax && std::all_of(text.begin(), text.end(), plain)) {
      value(name, std::string(1, '"').append(text).append(1, '"'));
    } else {
      value(name, in_one_line(bounded(text)));
    }
  }
  void text_or_null(std::string_view name, std::string_view words) {
    words.empty() ? value(name, "null") : text(name, words);
  }
  [[nodiscard]] std::string finish() && { return std::move(line_.append("}\n")); }

 private:
  std::string line_;
};

/// Takes the values of one object by their names, and the place of `result`; values within others are ignored.
class LineValues final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit LineValues(const std::size_t& read) : read_(read) {}

  bool null() override { return value(nullptr, 4); }
  bool boolean(bool is) override { return value(is); }
  bool number_integer(number_integer_t number) override { return value(number); }
  bool number_unsigned(number_unsigned_t number) override { return value(number); }
  bool number_float(number_float_t number, const string_t& /*text*/) override { return value(number); }
  bool string(string_t& text) override { return depth_ == 1 ? value(std::move(text)) : true; }
  bool binary(binary_t& /*bytes*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(true); }
  bool start_array(std::size_t /*size*/) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    key_ = std::move(name);
    if (!values_.contains(key_)) return true;
    complaint_ = in_quotes(key_) + " is given twice";
    return false;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) override {
    return false;
  }

  [[nodiscard]] const nlohmann::json& values() const { return values_; }
  /// The place of `result` in the text; empty if it is neither an object nor null.
  [[nodiscard]] std::pair<std::size_t, std::size_t> result() const { return {result_begin_, result_end_}; }
  /// What this class found wrong; empty if the text is not JSON.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  bool value(nlohmann::json found, std::size_t length_of_null = 0) {
    if (depth_ == 0) return fail_with("it is not a JSON object");
    if (depth_ > 1) return true;
    if (key_ == kResultKey && length_of_null > 0) {
      result_begin_ = read_ - length_of_null;
      result_end_ = read_;
    }
    values_[key_] = std::move(found);
    return true;
  }
  bool open(bool object) {
    if (depth_ == 0 && !object) return fail_with("it is not a JSON object");
    if (depth_ == kNestingMax + 1) return fail_with("it is nested too deeply");
    if (depth_ == 1) {
      // Marks the name as taken; an object is of no other type that a field may have.
      values_[key_] = nlohmann::json::object();
      in_result_ = key_ == kResultKey && object;
      if (in_result_) result_begin_ = read_ - 1;
    }
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    if (depth_ == 1 && in_result_) result_end_ = read_;
    if (depth_ == 1) in_result_ = false;
    return true;
  }
  bool fail_with(std::string complaint) {
    complaint_ = std::move(complaint);
    return false;
  }

  const std::size_t& read_;
  nlohmann::json values_ = nlohmann::json::object();
  std::size_t depth_ = 0;
  std::string key_;
  bool in_result_ = false;
  std::size_t result_begin_ = 0;
  std::size_t result_end_ = 0;
  std::string complaint_;
};

/// Takes typed values. The first failure counts, and names the field.
class TypedValues {
 public:
  explicit TypedValues(const nlohmann::json& values) : values_(values) {}

  std::string text(const char* name) {
    const nlohmann::json* value = find(name);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    wrong(name, "a string");
    return {};
  }
  std::optional<std::string> text_or_null(const char* name) {
    const nlohmann::json* value = find(name);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    if (value == nullptr || !value->is_null()) wrong(name, "a string or null");
    return std::nullopt;
  }
  std::uint64_t number(const char* name, std::uint64_t max) {
    const nlohmann::json* value = find(name);
    const bool fits = value != nullptr && value->is_number_unsigned() && value->get<std::uint64_t>() <= max;
    if (fits) return value->get<std::uint64_t>();
    wrong(name, "a whole number from 0 to " + std::to_string(max));
    return 0;
  }
  bool flag(const char* name) {
    const nlohmann::json* value = find(name);
    if (value != nullptr && value->is_boolean()) return value->get<bool>();
    wrong(name, "true or false");
    return false;
  }
  WallTime time(const char* name) {
    const nlohmann::json* value = find(name);
    const auto time = value != nullptr && value->is_string()
                          ? parse_rfc3339_milliseconds(value->get_ref<const std::string&>())
                          : std::nullopt;
    if (!time) wrong(name, "a time such as 2026-11-23T06:12:00.042Z");
    return time.value_or(WallTime());
  }
  UnitOutcome outcome(const char* name) {
    const std::string found = text(name);
    const auto* const outcome =
        std::find_if(kOutcomes.begin(), kOutcomes.end(), [&found](UnitOutcome each) { return word(each) == found; });
    if (outcome != kOutcomes.end()) return *outcome;
    wrong(name, "an outcome");
    return UnitOutcome::kFailed;
  }
  void wrong(const char* name, const std::string& wanted) {
    if (fault_.empty()) fault_ = "its \"" + std::string(name) + "\" is missing or not " + wanted;
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  [[nodiscard]] const nlohmann::json* find(const char* name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &*found;
  }

  /// An object.
  const nlohmann::json& values_;
  std::string fault_;
};

/// Why the line is not JSON.
std::string json_complaint(std::string_view line) {
  const auto fault = json_fault(line);
  if (!fault) return "it is not JSON";
  return fault->what + ", column " + std::to_string(fault->position.column);
}

UnitResult take(TypedValues& values) {
  UnitResult result;
  result.unit = values.text("unit");
  if (result.unit.empty()) values.wrong("unit", "a name");
  result.line = static_cast<std::size_t>(values.number("line", kDurationMax));
  result.started_at = values.time("startedAt");
  result.finished_at = values.time("finishedAt");
  result.duration = Milliseconds(static_cast<Milliseconds::rep>(values.number("durationMs", kDurationMax)));
  result.digest = values.text("digest");
  result.outcome = values.outcome("outcome");
  result.kind = values.text_or_null("kind").value_or("");
  result.message = values.text_or_null("message").value_or("");
  result.hint = values.text_or_null("hint").value_or("");
  result.retryable = values.flag("retryable");
  result.exit_code = static_cast<int>(values.number("exitCode", 255));
  result.duplicate_of = values.text_or_null("duplicateOf").value_or("");
  result.thing_name = values.text_or_null("thingName");
  result.certificate_id = values.text_or_null("certificateId");
  result.attempts = static_cast<unsigned>(values.number("attempts", kCountMax));
  result.throttled = static_cast<unsigned>(values.number("throttled", kCountMax));
  return result;
}

/// `run_result` is empty if the line has none.
Result<UnitResult> from_values(const nlohmann::json& values, std::string_view run_result) {
  TypedValues typed(values);
  UnitResult result = take(typed);
  if (run_result.empty()) typed.wrong("result", "an object or null");
  if (!typed.fault().empty()) return fail(ErrorKind::kResultsDamaged, typed.fault());
  result.run_result = run_result;
  return result;
}

Result<UnitResult> from_members(const std::vector<PlainMember>& members) {
  nlohmann::json values = nlohmann::json::object();
  std::string_view run_result;
  for (const PlainMember& each : members) {
    const bool may_be_result = each.value.starts_with('{') || each.value == "null";
    if (each.name == kResultKey && may_be_result) run_result = each.value;
    values.emplace(each.name, shallow_value(each.value));
  }
  return from_values(values, run_result);
}

}  // namespace

std::string_view word(UnitOutcome outcome) {
  switch (outcome) {
    case UnitOutcome::kProvisioned: return "provisioned";
    case UnitOutcome::kAlreadyProvisioned: return "already-provisioned";
    case UnitOutcome::kFailed: return "failed";
  }
  return "";
}

std::string result_line(const UnitResult& result) {
  LineWriter line;
  line.text("unit", result.unit);
  line.value("line", std::to_string(result.line));
  line.text("startedAt", rfc3339_milliseconds(result.started_at));
  line.text("finishedAt", rfc3339_milliseconds(result.finished_at));
  line.value("durationMs", std::to_string(std::max<Milliseconds::rep>(0, result.duration.count())));
  line.text("digest", result.digest);
  line.text("outcome", word(result.outcome));
  line.text_or_null("kind", result.kind);
  line.text_or_null("message", result.message);
  line.text_or_null("hint", result.hint);
  line.value("retryable", result.retryable ? "true" : "false");
  line.value("exitCode", std::to_string(std::clamp(result.exit_code, 0, 255)));
  line.text_or_null("duplicateOf", result.duplicate_of);
  result.thing_name ? line.text("thingName", *result.thing_name) : line.value("thingName", "null");
  result.certificate_id ? line.text("certificateId", *result.certificate_id) : line.value("certificateId", "null");
  line.value("attempts", std::to_string(std::min<std::uint64_t>(result.attempts, kCountMax)));
  line.value("throttled", std::to_string(std::min<std::uint64_t>(result.throttled, kCountMax)));
  line.value(kResultKey, run_result_value(result.run_result));
  return std::move(line).finish();
}

Result<UnitResult> parse_result_line(std::string_view line) {
  if (const auto members = plain_members(line)) return from_members(*members);
  // The parser would end the text at a NUL byte.
  if (line.find('\0') != std::string_view::npos) return fail(ErrorKind::kResultsDamaged, "it holds a NUL byte");
  std::size_t read = 0;
  LineValues values(read);
  const CountingIterator first(line.data(), &read);
  const CountingIterator last(line.data() + line.size(), &read);
  if (!nlohmann::json::sax_parse(first, last, &values)) {
    return fail(ErrorKind::kResultsDamaged, values.complaint().empty() ? json_complaint(line) : values.complaint());
  }
  const auto [begin, end] = values.result();
  return from_values(values.values(), line.substr(begin, end - begin));
}

}  // namespace fleet_provision::batch
