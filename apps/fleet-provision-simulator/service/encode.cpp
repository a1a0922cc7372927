#include "service/encode.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <optional>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

struct JsonLayout {
  bool indented = false;
  bool replace_invalid_utf8 = false;
};

std::string with_invalid_utf8_replaced(std::string_view bytes) {
  std::string text;
  while (true) {
    const std::size_t valid = utf8_prefix(bytes);
    text += bytes.substr(0, valid);
    if (valid == bytes.size()) return text;
    text += "\xEF\xBF\xBD";
    bytes.remove_prefix(valid + 1);
  }
}

class JsonWriter {
 public:
  explicit JsonWriter(JsonLayout layout) : layout_(layout) {}
  void write(const Value& value) {
    std::visit([this](const auto& content) { put(content); }, value.content);
  }
  void put(std::nullptr_t) { out_ += "null"; }
  void put(bool value) { out_ += value ? "true" : "false"; }
  void put(std::int64_t value) { out_ += std::to_string(value); }
  void put(const Decimal& number) { out_ += number.digits; }
  void put(const ByteString&) { out_ += "null"; }
  void put(const std::string& text) {
    if (layout_.replace_invalid_utf8 && !is_utf8(text)) {
      put_quoted(with_invalid_utf8_replaced(text));
    } else {
      put_quoted(text);
    }
  }
  void put(const std::vector<Value>& items);
  void put(const Members& members);
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void put_quoted(std::string_view text);
  // Before each item, and before the closing bracket.
  void new_line() {
    if (layout_.indented) out_ += "\n" + std::string(2 * depth_, ' ');
  }
  void open(char bracket) {
    out_ += bracket;
    ++depth_;
  }
  void close(char bracket, bool empty) {
    --depth_;
    if (!empty) new_line();
    out_ += bracket;
  }

  JsonLayout layout_;
  std::size_t depth_ = 0;
  std::string out_;
};

void JsonWriter::put_quoted(std::string_view text) {
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
  open('[');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out_ += ',';
    new_line();
    write(items[i]);
  }
  close(']', items.empty());
}

void JsonWriter::put(const Members& members) {
  open('{');
  bool first = true;
  for (const auto& [name, value] : members) {
    if (!first) out_ += ',';
    first = false;
    new_line();
    put(name);
    out_ += layout_.indented ? ": " : ":";
    write(value);
  }
  close('}', members.empty());
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
  void put(const Decimal& number);
  void put(const std::string& text);
  void put(const ByteString&) { head(2, 0); }
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

// A double (RFC 8949, 3.3).
void CborWriter::put(const Decimal& number) {
  byte(0xfb);
  const auto bits = std::bit_cast<std::uint64_t>(std::strtod(number.digits.c_str(), nullptr));
  for (unsigned shift = 64; shift != 0; shift -= 8) byte(static_cast<unsigned>(bits >> (shift - 8)) & 0xffU);
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

std::string write_json(const Value& value, JsonLayout layout) {
  JsonWriter writer(layout);
  writer.write(value);
  return writer.take();
}

}  // namespace

std::string encode(const Members& document, Encoding encoding, const EncodeOptions& options) {
  if (encoding == Encoding::kJson) {
    JsonWriter writer({});
    writer.put(document);
    return writer.take();
  }
  CborWriter writer(options);
  writer.put(document);
  return writer.take();
}

std::string json_text(const Value& value) {
  return write_json(value, {.indented = false, .replace_invalid_utf8 = true});
}

std::string indented_json_text(const Value& value) {
  return write_json(value, {.indented = true, .replace_invalid_utf8 = true});
}

}  // namespace fleet_provision::simulator
