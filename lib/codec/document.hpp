// One answer, whichever format it came in.
//
// The two readers (json.cpp, cbor.cpp) know how bytes become events; a Document knows what the events must obey: one
// map at the top, no key twice in any map, nesting of at most 64. It keeps the fields it was asked for and lets the
// rest pass by. So the rules about fields are written once (payload.cpp), and neither format can be laxer than the
// other. Nothing is stored for unknown keys but their names, until their map ends.
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
  /// Keeps the fields of these names; the names outlive the document.
  explicit Document(std::span<const std::string_view> wanted);

  // Events, in the order of the text. The first error ends the reading.
  [[nodiscard]] Result<void> begin_map();
  [[nodiscard]] Result<void> begin_array();
  /// The innermost map or array is complete.
  void end();
  [[nodiscard]] Result<void> key(std::string_view name);
  /// A key that is no text (CBOR has them): no field of ours, whatever its value.
  void other_key();
  /// Well-formed UTF-8; the reader has seen to it.
  [[nodiscard]] Result<void> text(std::string_view value);
  [[nodiscard]] Result<void> integer(std::int64_t value);
  [[nodiscard]] Result<void> null();
  /// Any other scalar: a truth value, a fraction, bytes, an integer beyond 64 bits.
  [[nodiscard]] Result<void> other();

  // Fields, after the last event. Null counts as absent; another type than asked for is kMalformedAnswer.
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
  /// The field whose value comes next; none inside what is not wanted.
  [[nodiscard]] Value* expected_field();
  /// A value that a flat map of text cannot hold makes its field another type.
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

/// RFC 8259. A leading byte order mark is passed over, as its section 8.1 allows.
[[nodiscard]] Result<void> read_json(std::string_view payload, Document& document);
/// RFC 8949: definite and indefinite lengths; tags are passed over; a tagged key is no text.
[[nodiscard]] Result<void> read_cbor(std::string_view payload, Document& document);

/// All text in `fields` is UTF-8.
[[nodiscard]] Secret write_json(const RequestFields& fields);
/// One definite map of text strings, as AWS's own clients write it.
[[nodiscard]] Secret write_cbor(const RequestFields& fields);

/// kMalformedAnswer with `what`, which holds nothing of the payload but printable names.
[[nodiscard]] tl::unexpected<Error> malformed(std::string what);

}  // namespace fleet_provision
