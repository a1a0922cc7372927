#include "service/document.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>

namespace fleet_provision::simulator {

namespace {

using nlohmann::json;

constexpr int kNestingMax = 64;

// --- writing ---------------------------------------------------------------------------------------------------

class JsonWriter {
 public:
  void write(const Value& value) {
    std::visit([this](const auto& content) { put(content); }, value.content);
  }
  void put(std::nullptr_t) { out_ += "null"; }
  void put(bool value) { out_ += value ? "true" : "false"; }
  void put(std::int64_t value) { out_ += std::to_string(value); }
  void put(const std::string& text);
  void put(const std::vector<Value>& items);
  void put(const Members& members);
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void JsonWriter::put(const std::string& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (c == '\n') {
      out_ += "\\n";
    } else if (byte < 0x20) {
      out_ += "\\u00";
      out_ += kHex[byte >> 4U];
      out_ += kHex[byte & 0xfU];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

void JsonWriter::put(const std::vector<Value>& items) {
  out_ += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out_ += ',';
    write(items[i]);
  }
  out_ += ']';
}

void JsonWriter::put(const Members& members) {
  out_ += '{';
  bool first = true;
  for (const auto& [name, value] : members) {
    if (!first) out_ += ',';
    first = false;
    put(name);
    out_ += ':';
    write(value);
  }
  out_ += '}';
}

class CborWriter {
 public:
  explicit CborWriter(const EncodeOptions& options) : options_(options) {}
  void write(const Value& value) {
    std::visit([this](const auto& content) { put(content); }, value.content);
  }
  void put(std::nullptr_t) { byte(0xf6); }
  void put(bool value) { byte(value ? 0xf5 : 0xf4); }
  void put(std::int64_t value) {
    if (value < 0) {
      head(1, static_cast<std::uint64_t>(-(value + 1)));
    } else {
      head(0, static_cast<std::uint64_t>(value));
    }
  }
  void put(const std::string& text);
  void put(const std::vector<Value>& items);
  void put(const Members& members);
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void byte(unsigned value) { out_ += static_cast<char>(value); }
  void head(unsigned major, std::uint64_t argument);
  void definite_text(std::string_view text) {
    head(3, text.size());
    out_ += text;
  }

  EncodeOptions options_;
  std::string out_;
};

// The initial byte and its argument in the shortest form (RFC 8949, 3).
void CborWriter::head(unsigned major, std::uint64_t argument) {
  const unsigned type = major << 5U;
  if (argument < 24) {
    byte(type | static_cast<unsigned>(argument));
    return;
  }
  const unsigned size_code = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffffffff ? 2 : 3;
  byte(type | (24 + size_code));
  for (unsigned shift = 8U << size_code; shift != 0; shift -= 8) {
    byte(static_cast<unsigned>(argument >> (shift - 8)) & 0xffU);
  }
}

void CborWriter::put(const std::string& text) {
  if (!options_.indefinite_strings) {
    definite_text(text);
    return;
  }
  byte(0x7f);
  // Chunks must be whole characters, so only ASCII is ever cut.
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = std::min(begin + 16, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) ++end;
    definite_text(std::string_view(text).substr(begin, end - begin));
    begin = end;
  }
  byte(0xff);
}

void CborWriter::put(const std::vector<Value>& items) {
  head(4, items.size());
  for (const auto& item : items) write(item);
}

void CborWriter::put(const Members& members) {
  if (options_.indefinite_maps) {
    byte(0xbf);
  } else {
    head(5, members.size());
  }
  for (const auto& [name, value] : members) {
    put(name);
    write(value);
  }
  if (options_.indefinite_maps) byte(0xff);
}

// --- reading ---------------------------------------------------------------------------------------------------

// Stops the parser beyond the depth that is safe for its recursion; keeps nothing.
struct DepthGuard : nlohmann::json_sax<json> {
  int depth = 0;
  bool deeper() { return ++depth <= kNestingMax; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return deeper(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth >= 0; }
  bool start_array(std::size_t) override { return deeper(); }
  bool end_array() override { return --depth >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }
};

std::optional<json> parse_bounded(std::string_view payload, Encoding encoding) {
  const auto format = encoding == Encoding::kJson ? json::input_format_t::json : json::input_format_t::cbor;
  DepthGuard guard;
  if (!json::sax_parse(payload, &guard, format)) return std::nullopt;
  json document =
      encoding == Encoding::kJson ? json::parse(payload, nullptr, false) : json::from_cbor(payload, true, false);
  if (document.is_discarded()) return std::nullopt;
  return document;
}

}  // namespace

std::string encode(const Members& document, Encoding encoding, const EncodeOptions& options) {
  if (encoding == Encoding::kJson) {
    JsonWriter writer;
    writer.put(document);
    return writer.take();
  }
  CborWriter writer(options);
  writer.put(document);
  return writer.take();
}

Value text_value(std::string text) {
  return Value{std::move(text)};
}

Value number_value(std::uint64_t number) {
  return Value{static_cast<std::int64_t>(number)};
}

Members text_members(const std::map<std::string, std::string>& map) {
  Members members;
  for (const auto& [name, text] : map) members.emplace_back(name, Value{text});
  return members;
}

std::optional<Request> Request::decode(std::string_view payload, Encoding encoding) {
  Request request;
  if (payload.empty()) return request;
  const std::optional<json> document = parse_bounded(payload, encoding);
  if (!document || !document->is_object()) return std::nullopt;
  for (const auto& [name, value] : document->items()) {
    if (name == "parameters") {
      if (value.is_null()) continue;
      request.parameters_.wrong_type = !value.is_object();
      if (!value.is_object()) continue;
      for (const auto& [parameter, text] : value.items()) {
        if (text.is_string()) {
          request.parameters_.map[parameter] = text.get<std::string>();
        } else if (!request.parameters_.wrong_type) {
          request.parameters_.wrong_type = true;
          request.parameters_.wrong_member = parameter;
        }
      }
    } else if (value.is_string()) {
      request.texts_[name] = {Text::State::kText, value.get<std::string>()};
    } else if (!value.is_null()) {
      request.texts_[name] = {Text::State::kWrongType, {}};
    }
  }
  return request;
}

const Request::Text& Request::text(const std::string& name) const {
  static const Text kAbsent;
  const auto found = texts_.find(name);
  return found == texts_.end() ? kAbsent : found->second;
}

}  // namespace fleet_provision::simulator
