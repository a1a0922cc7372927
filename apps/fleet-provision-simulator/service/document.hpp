// Documents of the service's API: what it is asked and what it answers, in JSON (RFC 8259) or CBOR (RFC 8949).
//
// Answers are written by hand, not by a library, for two reasons: the client's decoder is proved against bytes that no
// code of ours shares, and a fault must be able to say what no well-behaved encoder would (a key twice, text that is
// not UTF-8, a thousand levels of nesting). Requests are read with nlohmann after one pass that bounds the nesting,
// because its CBOR reader recurses.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fleet_provision::simulator {

/// The last level of a topic: `json` or `cbor`.
enum class Encoding : unsigned char { kJson, kCbor };

struct Value;
/// Keys in the order in which they are written; nothing keeps a key from standing twice.
using Members = std::vector<std::pair<std::string, Value>>;

struct Value {
  std::variant<std::nullptr_t, bool, std::int64_t, std::string, std::vector<Value>, Members> content = nullptr;
};

struct EncodeOptions {
  /// CBOR maps with a break instead of a length (docs/service.md, "The exchange").
  bool indefinite_maps = false;
  /// CBOR text strings in chunks with a break.
  bool indefinite_strings = false;
};

/// Strings are written as they are, even where they are not UTF-8.
[[nodiscard]] std::string encode(const Members& document, Encoding encoding, const EncodeOptions& options = {});

[[nodiscard]] Value text_value(std::string text);
[[nodiscard]] Value number_value(std::uint64_t number);
/// A text map that is flat.
[[nodiscard]] Members text_members(const std::map<std::string, std::string>& map);

/// The members of a request, read by name.
class Request {
 public:
  /// Nothing when the bytes are not one map in that encoding. Zero bytes are an empty map.
  [[nodiscard]] static std::optional<Request> decode(std::string_view payload, Encoding encoding);

  /// Absent, of another type, or its text.
  struct Text {
    enum class State : unsigned char { kAbsent, kWrongType, kText } state = State::kAbsent;
    std::string text;
  };
  [[nodiscard]] const Text& text(const std::string& name) const;
  /// A map of text: absent, wrong (not a map, or the name of the first member that is not text), or the map.
  struct TextMap {
    bool wrong_type = false;
    std::string wrong_member;
    std::map<std::string, std::string> map;
  };
  [[nodiscard]] const TextMap& parameters() const { return parameters_; }

 private:
  std::map<std::string, Text> texts_;
  TextMap parameters_;
};

}  // namespace fleet_provision::simulator
