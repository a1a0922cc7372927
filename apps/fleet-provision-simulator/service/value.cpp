#include "service/value.hpp"

#include <algorithm>

namespace fleet_provision::simulator {

const Value* Value::find(std::string_view name) const {
  const Members* object = members();
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(), [&](const auto& each) { return each.first == name; });
  return found == object->end() ? nullptr : &found->second;
}

const std::string* Value::find_text(std::string_view name) const {
  const Value* member = find(name);
  return member == nullptr ? nullptr : member->text();
}

Value text_value(std::string text) {
  return Value{std::move(text)};
}

Value number_value(std::uint64_t number) {
  return Value{static_cast<std::int64_t>(number)};
}

Value list_value(const std::vector<std::string>& texts) {
  std::vector<Value> list;
  list.reserve(texts.size());
  for (const auto& text : texts) list.push_back(Value{text});
  return Value{std::move(list)};
}

Members text_members(const std::map<std::string, std::string>& map) {
  Members members;
  for (const auto& [name, text] : map) members.emplace_back(name, Value{text});
  return members;
}

}  // namespace fleet_provision::simulator
