// Reads JSON with nlohmann's event parser, because nlohmann's value type keeps the last of two equal keys, recurses
// when it prints, and cannot be wiped. Two properties of the parser are handled here: it ends the text at a NUL byte,
// so a text with NUL is rejected first; and its error text quotes the input, so errors report only the position.
#include <nlohmann/json.hpp>

#include <limits>
#include <optional>
#include <utility>

#include "codec/document.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

tl::unexpected<Error> not_json(std::string_view payload, std::size_t offset) {
  return malformed("the response is not JSON (" + in_words(position_in(payload, offset)) + ")");
}

class JsonEvents {
 public:
  using Json = nlohmann::json;

  JsonEvents(std::string_view payload, Document& document) : payload_(payload), document_(document) {}

  bool null() { return pass(document_.null()); }
  bool boolean(bool /*value*/) { return pass(document_.other()); }
  bool number_integer(Json::number_integer_t value) { return pass(document_.integer(value)); }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return pass(document_.other());
    return pass(document_.integer(static_cast<std::int64_t>(value)));
  }
  bool number_float(Json::number_float_t /*value*/, const Json::string_t& /*digits*/) {
    return pass(document_.other());
  }
  bool string(Json::string_t& value) {
    const bool go_on = pass(document_.text(value));
    wipe(value.data(), value.size());
    return go_on;
  }
  bool binary(Json::binary_t& /*value*/) { return pass(document_.other()); }
  bool start_object(std::size_t /*size*/) { return pass(document_.begin_map()); }
  bool start_array(std::size_t /*size*/) { return pass(document_.begin_array()); }
  bool key(Json::string_t& name) { return pass(document_.key(name)); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }
  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*why*/) {
    return pass(not_json(payload_, position == 0 ? 0 : position - 1));
  }

  [[nodiscard]] Result<void> outcome() && {
    if (error_) return fail(std::move(*error_));
    return {};
  }

 private:
  bool pass(Result<void> result) {
    if (!result) error_ = std::move(result).error();
    return !error_;
  }
  bool end() {
    document_.end();
    return true;
  }

  std::string_view payload_;
  Document& document_;
  std::optional<Error> error_;
};

void append_escaped(std::string& json, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  json += '"';
  for (const char each : text) {
    switch (each) {
      case '"': json += "\\\""; break;
      case '\\': json += "\\\\"; break;
      case '\n': json += "\\n"; break;
      case '\r': json += "\\r"; break;
      case '\t': json += "\\t"; break;
      default:
        if (const auto byte = static_cast<unsigned char>(each); byte < 0x20) {
          json += "\\u00";
          json += kHexDigits[byte >> 4U];
          json += kHexDigits[byte & 0xFU];
        } else {
          json += each;
        }
    }
  }
  json += '"';
}

void append_member(std::string& json, std::string_view name, std::string_view value) {
  append_escaped(json, name);
  json += ':';
  append_escaped(json, value);
}

/// An upper bound with every byte escaped, so that the text is never reallocated and leaves no copy behind.
std::size_t json_bytes_max(const RequestFields& fields) {
  std::size_t bytes = 16 + 6 * fields.map_name.size();
  for (const auto& [name, value] : fields.texts) bytes += 6 * (name.size() + value.size()) + 6;
  if (fields.map != nullptr) {
    for (const auto& [name, value] : *fields.map) bytes += 6 * (name.size() + value.size()) + 6;
  }
  return bytes;
}

}  // namespace

Result<void> read_json(std::string_view payload, Document& document) {
  if (const std::size_t nul = payload.find('\0'); nul != std::string_view::npos) {
    return not_json(payload, nul);
  }
  JsonEvents events(payload, document);
  const bool strict = true;
  // The events recorded the outcome, so the returned bool is not needed.
  static_cast<void>(
      nlohmann::json::sax_parse(payload.begin(), payload.end(), &events, nlohmann::json::input_format_t::json, strict));
  return std::move(events).outcome();
}

Secret write_json(const RequestFields& fields) {
  std::string json;
  const WipedAtEnd wiped(json);
  json.reserve(json_bytes_max(fields));
  std::string_view separator = "{";
  for (const auto& [name, value] : fields.texts) {
    json += separator;
    append_member(json, name, value);
    separator = ",";
  }
  if (fields.map != nullptr) {
    json += separator;
    append_escaped(json, fields.map_name);
    json += ":{";
    separator = "";
    for (const auto& [name, value] : *fields.map) {
      json += separator;
      append_member(json, name, value);
      separator = ",";
    }
    json += '}';
  }
  json += '}';
  return Secret(json);
}

}  // namespace fleet_provision
