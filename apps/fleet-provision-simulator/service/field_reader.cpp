#include "service/field_reader.hpp"

namespace fleet_provision::simulator {

tl::unexpected<Error> FieldReader::wrong(std::string_view name) const {
  return fail(ErrorKind::kInternal, place_ + ": " + std::string(name) + " is missing or has the wrong type");
}

bool FieldReader::has(std::string_view name) const {
  const Value* member = object_.find(name);
  return member != nullptr && !member->is_null();
}

Result<std::string> FieldReader::text(std::string_view name) const {
  const std::string* text = object_.find_text(name);
  if (text == nullptr) return wrong(name);
  return *text;
}

Result<std::int64_t> FieldReader::integer(std::string_view name) const {
  const Value* member = object_.find(name);
  if (member == nullptr || member->integer() == nullptr) return wrong(name);
  return *member->integer();
}

Result<std::chrono::system_clock::time_point> FieldReader::time(std::string_view name) const {
  using Time = std::chrono::system_clock::time_point;
  FP_TRY_ASSIGN(const std::int64_t seconds, integer(name));
  // The clock counts in nanoseconds, so it ends in 2262.
  constexpr std::int64_t kLast = std::chrono::floor<std::chrono::seconds>(Time::max()).time_since_epoch().count();
  if (seconds < 0 || seconds > kLast) return wrong(name);
  return Time(std::chrono::seconds(seconds));
}

Result<bool> FieldReader::boolean(std::string_view name) const {
  const Value* member = object_.find(name);
  if (member == nullptr || member->boolean() == nullptr) return wrong(name);
  return *member->boolean();
}

Result<std::vector<Value>> FieldReader::list(std::string_view name) const {
  const Value* member = object_.find(name);
  if (member == nullptr || member->list() == nullptr) return wrong(name);
  return *member->list();
}

Result<std::vector<std::string>> FieldReader::texts(std::string_view name) const {
  FP_TRY_ASSIGN(const auto items, list(name));
  std::vector<std::string> result;
  for (const auto& item : items) {
    if (item.text() == nullptr) return wrong(name);
    result.push_back(*item.text());
  }
  return result;
}

Result<std::map<std::string, std::string>> FieldReader::text_map(std::string_view name) const {
  const Value* member = object_.find(name);
  if (member == nullptr || member->members() == nullptr) return wrong(name);
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : *member->members()) {
    if (value.text() == nullptr) return wrong(name);
    result[key] = *value.text();
  }
  return result;
}

}  // namespace fleet_provision::simulator
