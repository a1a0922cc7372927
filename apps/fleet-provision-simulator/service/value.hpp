// Documents as values: requests and responses of the service, templates, policies, and the simulator's own files.
//
// decode.hpp reads them from JSON (RFC 8259) and CBOR (RFC 8949), encode.hpp writes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fleet_provision::simulator {

/// The last level of a topic: `json` or `cbor`.
enum class Encoding : unsigned char { kJson, kCbor };

struct Value;
/// The members of an object, in the order in which they are written. A decoded object is sorted by name and has each
/// name once; a document that is to be encoded may repeat a name.
using Members = std::vector<std::pair<std::string, Value>>;

/// A number that std::int64_t cannot hold, as JSON writes it.
struct Decimal {
  std::string digits;
};
/// A byte string of CBOR. No operation takes one, so its content is not kept.
struct ByteString {};

struct Value {
  std::variant<std::nullptr_t, bool, std::int64_t, Decimal, std::string, ByteString, std::vector<Value>, Members>
      content = nullptr;

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(content); }
  [[nodiscard]] bool is_number() const {
    return std::holds_alternative<std::int64_t>(content) || std::holds_alternative<Decimal>(content);
  }
  // Each gives nullptr for a value of another type.
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&content); }
  [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&content); }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&content); }
  [[nodiscard]] const std::vector<Value>* list() const { return std::get_if<std::vector<Value>>(&content); }
  [[nodiscard]] const Members* members() const { return std::get_if<Members>(&content); }

  /// A member of an object; nullptr when it is absent or this is not an object.
  [[nodiscard]] const Value* find(std::string_view name) const;
  /// The text of a member; nullptr when it is absent or not text.
  [[nodiscard]] const std::string* find_text(std::string_view name) const;
};

[[nodiscard]] Value text_value(std::string text);
[[nodiscard]] Value number_value(std::uint64_t number);
[[nodiscard]] Value list_value(const std::vector<std::string>& texts);
[[nodiscard]] Members text_members(const std::map<std::string, std::string>& map);

}  // namespace fleet_provision::simulator
