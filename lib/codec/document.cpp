#include "codec/document.hpp"

#include <algorithm>
#include <utility>

namespace fleet_provision {

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::kMalformedAnswer, std::move(what),
              "is the endpoint AWS IoT Core, or a broker with the same API?");
}

Document::Document(std::span<const std::string_view> wanted) : wanted_(wanted) {}

Result<void> Document::begin_map() {
  return open(true);
}

Result<void> Document::begin_array() {
  FP_TRY(scalar_at_top());
  return open(false);
}

Result<void> Document::open(bool is_map) {
  if (levels_.size() == kNestingMax) {
    return malformed("the response is nested more than " + std::to_string(kNestingMax) + " deep");
  }
  if (levels_.size() == 1 && field_ != nullptr) {
    if (is_map) {
      *field_ = TextMap{};
    } else {
      *field_ = Other{};
    }
  } else if (levels_.size() == 2) {
    spoil_text_map();
  }
  levels_.push_back(Level{is_map, {}});
  return {};
}

void Document::end() {
  levels_.pop_back();
}

Result<void> Document::key(std::string_view name) {
  Level& level = levels_.back();
  const bool is_new = level.keys.emplace(name).second;
  const bool is_wanted = std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
  if (!is_new) {
    return malformed(is_wanted ? "the response holds the key " + std::string(name) + " twice"
                               : "the response holds a key twice");
  }
  if (levels_.size() == 1) field_ = is_wanted ? &fields_[*std::find(wanted_.begin(), wanted_.end(), name)] : nullptr;
  if (levels_.size() == 2) name_in_map_ = name;
  return {};
}

void Document::other_key() {
  if (levels_.size() == 1) field_ = nullptr;
  if (levels_.size() == 2) spoil_text_map();
}

Result<void> Document::text(std::string_view value) {
  FP_TRY(scalar_at_top());
  if (levels_.size() == 2 && levels_.back().is_map && field_ != nullptr) {
    if (TextMap* map = std::get_if<TextMap>(field_)) map->insert_or_assign(name_in_map_, std::string(value));
  } else if (Value* field = expected_field()) {
    *field = Secret(value);
  }
  return {};
}

Result<void> Document::integer(std::int64_t value) {
  FP_TRY(scalar_at_top());
  spoil_text_map();
  if (Value* field = expected_field()) *field = value;
  return {};
}

Result<void> Document::null() {
  FP_TRY(scalar_at_top());
  spoil_text_map();
  if (Value* field = expected_field()) *field = Absent{};
  return {};
}

Result<void> Document::other() {
  FP_TRY(scalar_at_top());
  spoil_text_map();
  if (Value* field = expected_field()) *field = Other{};
  return {};
}

Result<void> Document::scalar_at_top() const {
  if (levels_.empty()) return malformed("the response is not a map of fields");
  return {};
}

Document::Value* Document::expected_field() {
  return levels_.size() == 1 ? field_ : nullptr;
}

void Document::spoil_text_map() {
  if (levels_.size() == 2 && field_ != nullptr) *field_ = Other{};
}

Result<std::optional<Secret>> Document::text_field(std::string_view name) {
  const auto found = fields_.find(name);
  if (found == fields_.end() || std::holds_alternative<Absent>(found->second)) return std::optional<Secret>{};
  if (Secret* text = std::get_if<Secret>(&found->second)) return std::optional<Secret>{std::move(*text)};
  return malformed(std::string(name) + " in the response is not a text");
}

Result<std::optional<std::int64_t>> Document::integer_field(std::string_view name) const {
  const auto found = fields_.find(name);
  if (found == fields_.end() || std::holds_alternative<Absent>(found->second)) return std::optional<std::int64_t>{};
  if (const std::int64_t* integer = std::get_if<std::int64_t>(&found->second)) return std::optional{*integer};
  return malformed(std::string(name) + " in the response is not an integer");
}

Result<std::optional<std::map<std::string, std::string>>> Document::text_map_field(std::string_view name) {
  const auto found = fields_.find(name);
  if (found == fields_.end() || std::holds_alternative<Absent>(found->second)) return std::optional<TextMap>{};
  if (TextMap* map = std::get_if<TextMap>(&found->second)) return std::optional<TextMap>{std::move(*map)};
  return malformed(std::string(name) + " in the response is not a flat map of texts");
}

}  // namespace fleet_provision
