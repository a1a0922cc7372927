// One response of the service, in JSON or CBOR.
//
// The two readers (json.cpp, cbor.cpp) convert bytes to events; a Document checks the events: one map at the top, no
// duplicate key in any map, at most 64 levels of nesting. It stores the wanted fields and ignores the others. So the
// rules about fields are written once (payload.cpp) and apply equally to both formats. Of an unknown key only the name
// is stored, until its map ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

inline constexpr std::size_t kNestingMax = 64;

class Document {
 public:
  /// Stores the fields with these names; the names outlive the document.
  explicit Document(std::span<const std::string_view> wanted);

  // Events, in the order of the text. The reader stops at the first error.
  [[nodiscard]] Result<void> begin_map();
  [[nodiscard]] Result<void> begin_array();
  /// The innermost map or array is complete.
  void end();
  [[nodiscard]] Result<void> key(std::string_view name);
  /// A key that is not text, which CBOR allows; its value is ignored.
  void other_key();
  /// `value` is valid UTF-8; the reader checks that.
  [[nodiscard]] Result<void> text(std::string_view value);
  [[nodiscard]] Result<void> integer(std::int64_t value);
  [[nodiscard]] Result<void> null();
  /// Any other scalar: a boolean, a fraction, bytes, an integer beyond 64 bits.
  [[nodiscard]] Result<void> other();

  // Fields, after the last event. Null counts as absent; kMalformedAnswer if the value has another type.
  [[nodiscard]] Result<std::optional<Secret>> text_field(std::string_view name);
  [[nodiscard]] Result<std::optional<std::int64_t>> integer_field(std::string_view name) const;
  /// A flat map of text to text.
  [[nodiscard]] Result<std::optional<std::map<std::string, std::string>>> text_map_field(std::string_view name);

 private:
  using TextMap = std::map<std::string, std::string>;
  struct Absent {};
  struct Other {};
  using Value = std::variant<Absent, Other, std::int64_t, Secret, TextMap>;
  struct Level {
    bool is_map = false;
    std::set<std::string, std::less<>> keys;
  };

  [[nodiscard]] Result<void> open(bool is_map);
  [[nodiscard]] Result<void> scalar_at_top() const;
  /// The field whose value follows; null within an unwanted field.
  [[nodiscard]] Value* expected_field();
  /// Marks the field as another type, because a flat map of text cannot hold the value.
  void spoil_text_map();

  std::span<const std::string_view> wanted_;
  std::map<std::string_view, Value> fields_;
  std::vector<Level> levels_;
  /// The wanted field that is being read, at level 1 or inside its map.
  Value* field_ = nullptr;
  std::string name_in_map_;
};

/// A request: texts, then at most one map of texts. Views outlive the call that takes them.
struct RequestFields {
  struct Text {
    std::string_view name;
    std::string_view value;
  };
  std::vector<Text> texts;
  std::string_view map_name;
  const std::map<std::string, std::string>* map = nullptr;
};

/// RFC 8259. Ignores a leading byte order mark, as section 8.1 allows.
[[nodiscard]] Result<void> read_json(std::string_view payload, Document& document);
/// RFC 8949: accepts definite and indefinite lengths and ignores tags; a tagged key does not count as text.
[[nodiscard]] Result<void> read_cbor(std::string_view payload, Document& document);

/// All text in `fields` is UTF-8.
[[nodiscard]] Secret write_json(const RequestFields& fields);
/// One definite map of text strings, as AWS's own clients write it.
[[nodiscard]] Secret write_cbor(const RequestFields& fields);

/// kMalformedAnswer with `what`, which quotes only printable names of the payload.
[[nodiscard]] tl::unexpected<Error> malformed(std::string what);

}  // namespace fleet_provision
