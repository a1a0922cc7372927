#include "service/decode.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "codec/json_text.hpp"

namespace fleet_provision::simulator {

namespace {

using nlohmann::json;

constexpr std::size_t kNestingMax = 64;

// Sorts by name and keeps the last of equal names.
void normalize(Members& members) {
  const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(members.begin(), members.end(), by_name);
  const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  const auto kept = std::unique(members.rbegin(), members.rend(), same_name);
  members.erase(members.begin(), kept.base());
}

// Builds a Value from the parser's events, and stops the parser beyond the depth that is safe for its recursion.
class ValueBuilder final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return add(Value{nullptr}); }
  bool boolean(bool value) override { return add(Value{value}); }
  bool number_integer(number_integer_t value) override { return add(Value{std::int64_t{value}}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return add(Value{static_cast<std::int64_t>(value)});
    }
    return add(Value{Decimal{std::to_string(value)}});
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Value{Decimal{json(value).dump()}}); }
  bool string(string_t& text) override { return add(Value{std::move(text)}); }
  bool binary(binary_t&) override { return add(Value{ByteString{}}); }
  bool start_object(std::size_t) override { return open(Value{Members{}}); }
  bool key(string_t& name) override {
    open_.back().names.push_back(std::move(name));
    return true;
  }
  bool end_object() override {
    normalize(std::get<Members>(open_.back().value.content));
    return close();
  }
  bool start_array(std::size_t) override { return open(Value{std::vector<Value>{}}); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  [[nodiscard]] Value take() { return std::move(result_); }

 private:
  // An array or object whose end has not been read; `names` holds the name of the member that is being read.
  struct Open {
    Value value;
    std::vector<std::string> names;
  };

  bool open(Value value) {
    if (open_.size() == kNestingMax) return false;
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  bool add(Value value) {
    if (open_.empty()) {
      result_ = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    if (auto* list = std::get_if<std::vector<Value>>(&parent.value.content)) {
      list->push_back(std::move(value));
    } else {
      std::get<Members>(parent.value.content).emplace_back(std::move(parent.names.back()), std::move(value));
      parent.names.pop_back();
    }
    return true;
  }

  std::vector<Open> open_;
  Value result_;
};

}  // namespace

std::optional<Value> decode(std::string_view payload, Encoding encoding) {
  const auto format = encoding == Encoding::kJson ? json::input_format_t::json : json::input_format_t::cbor;
  ValueBuilder builder;
  if (!json::sax_parse(payload, &builder, format)) return std::nullopt;
  return builder.take();
}

Result<Value> parse_json(const std::string& place, std::string_view text) {
  if (const auto fault = json_fault(text)) {
    return fail(ErrorKind::kConfiguration, place + ": " + fault->message(), fault->hint);
  }
  ValueBuilder builder;
  if (!json::sax_parse(text, &builder)) return fail(ErrorKind::kInternal, place + ": cannot be parsed");
  return builder.take();
}

}  // namespace fleet_provision::simulator
