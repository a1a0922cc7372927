// nlohmann's SAX interface knows no positions while all is well. The text is therefore handed to it through an
// iterator that counts the lines it has passed; when a key is told, the lexer stands right behind it. That the text is
// JSON, not too deep and without a name twice has been proved before.
#include "json_reader.hpp"

#include <iterator>
#include <nlohmann/json.hpp>

#include "codec/json_text.hpp"

namespace fleet_provision {
namespace {

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* position, std::size_t* line) : position_(position), line_(line) {}
  reference operator*() const { return *position_; }
  CountingIterator& operator++() {
    if (*position_ == '\n') ++*line_;
    ++position_;
    return *this;
  }
  // The check wants a const result, which could not be moved from; no iterator has one.
  CountingIterator operator++(int) {  // NOLINT(cert-dcl21-cpp)
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.position_ == b.position_; }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) { return !(a == b); }

 private:
  const char* position_;
  std::size_t* line_;
};

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(const std::size_t& line) : line_(line) {}

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
    open_.back()->members.push_back({name, line_, {}});
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  [[nodiscard]] JsonValue take_root() { return std::move(root_); }

 private:
  bool number(std::string text) { return put({JsonType::kNumber, std::move(text), {}}) != nullptr; }

  /// Where the next value belongs: the root, the member whose key was just told, or a new element.
  JsonValue* put(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    auto& members = open_.back()->members;
    if (open_.back()->type == JsonType::kArray) members.push_back({{}, line_, {}});
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

  const std::size_t& line_;
  JsonValue root_;
  /// The containers around the present place; they stay where they are until they are closed.
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
  std::size_t line = 1;
  TreeBuilder builder(line);
  const CountingIterator begin(text.data(), &line);
  const CountingIterator end(text.data() + text.size(), &line);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return fail(kind, name + ": not JSON");
  JsonValue root = builder.take_root();
  if (root.type != JsonType::kObject) {
    return fail(kind, name + ": holds " + std::string(describe(root.type)) + " where a JSON object is expected");
  }
  return std::move(root.members);
}

}  // namespace fleet_provision
