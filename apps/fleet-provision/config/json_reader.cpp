// nlohmann's SAX interface gives positions for errors only. The text is therefore passed through an iterator that
// counts the bytes it has read; when the handler gets a key, the lexer is right behind it. json_fault() has already
// checked syntax, depth and duplicate names.
#include "config/json_reader.hpp"

#include <nlohmann/json.hpp>

#include "codec/counting_iterator.hpp"
#include "codec/json_text.hpp"

namespace fleet_provision {
namespace {

/// Line numbers of increasing offsets.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  std::size_t line_at(std::size_t offset) {
    for (; at_ < offset && at_ < text_.size(); ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(std::string_view text, const std::size_t& read) : lines_(text), read_(read) {}

  bool null() override { return put({JsonType::kNull, {}, {}}) != nullptr; }
  bool boolean(bool value) override { return put({JsonType::kBoolean, value ? "true" : "false", {}}) != nullptr; }
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return number(text); }
  bool string(string_t& value) override { return put({JsonType::kText, value, {}}) != nullptr; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonType::kObject); }
  bool start_array(std::size_t) override { return open(JsonType::kArray); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    open_.back()->members.push_back({name, lines_.line_at(read_), {}});
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  [[nodiscard]] JsonValue take_root() { return std::move(root_); }

 private:
  bool number(std::string text) { return put({JsonType::kNumber, std::move(text), {}}) != nullptr; }

  /// Stores the next value: as the root, the member whose key came last, or a new element.
  JsonValue* put(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    auto& members = open_.back()->members;
    if (open_.back()->type == JsonType::kArray) members.push_back({{}, lines_.line_at(read_), {}});
    members.back().value = std::move(value);
    return &members.back().value;
  }
  bool open(JsonType type) {
    open_.push_back(put({type, {}, {}}));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  LineCounter lines_;
  const std::size_t& read_;
  JsonValue root_;
  /// The containers around the current position; their addresses are stable until they are closed.
  std::vector<JsonValue*> open_;
};

}  // namespace

std::string_view describe(JsonType type) {
  switch (type) {
    case JsonType::kNull: return "null";
    case JsonType::kBoolean: return "true or false";
    case JsonType::kNumber: return "a number";
    case JsonType::kText: return "text";
    case JsonType::kArray: return "an array";
    case JsonType::kObject: return "an object";
  }
  return "";
}

Result<std::vector<JsonMember>> read_json_object(std::string_view text, const std::string& name, ErrorKind kind) {
  if (const auto fault = json_fault(text)) return fail(kind, name + ": " + fault->message(), fault->hint);
  std::size_t read = 0;
  TreeBuilder builder(text, read);
  const CountingIterator begin(text.data(), &read);
  const CountingIterator end(text.data() + text.size(), &read);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return fail(kind, name + ": not JSON");
  JsonValue root = builder.take_root();
  if (root.type != JsonType::kObject) {
    return fail(kind, name + ": holds " + std::string(describe(root.type)) + " instead of a JSON object");
  }
  return std::move(root.members);
}

}  // namespace fleet_provision
