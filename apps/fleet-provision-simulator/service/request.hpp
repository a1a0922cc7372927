// The payload of a request, read by the names that the service documents (docs/service.md, "The exchange").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "service/value.hpp"

namespace fleet_provision::simulator {

class Request {
 public:
  /// Nothing when the payload is not one map in that encoding. A payload of zero bytes is an empty map.
  [[nodiscard]] static std::optional<Request> decode(std::string_view payload, Encoding encoding);

  /// A text member. null counts as absent.
  struct Text {
    enum class State : unsigned char { kAbsent, kWrongType, kText } state = State::kAbsent;
    std::string text;
  };
  [[nodiscard]] const Text& text(const std::string& name) const;

  /// `parameters`: a map of text to text, empty when absent.
  struct TextMap {
    /// It is not a map, or a value in it is not text.
    bool wrong_type = false;
    /// The first member whose value is not text.
    std::optional<std::string> wrong_member;
    std::map<std::string, std::string> map;
  };
  [[nodiscard]] const TextMap& parameters() const { return parameters_; }

 private:
  std::map<std::string, Text> texts_;
  TextMap parameters_;
};

}  // namespace fleet_provision::simulator
