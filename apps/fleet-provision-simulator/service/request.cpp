#include "service/request.hpp"

#include "service/decode.hpp"

namespace fleet_provision::simulator {

namespace {

Request::TextMap text_map(const Value& value) {
  Request::TextMap result;
  if (value.is_null()) return result;
  const Members* members = value.members();
  result.wrong_type = members == nullptr;
  if (members == nullptr) return result;
  for (const auto& [name, member] : *members) {
    if (const std::string* text = member.text()) {
      result.map[name] = *text;
    } else if (!result.wrong_type) {
      result.wrong_type = true;
      result.wrong_member = name;
    }
  }
  return result;
}

}  // namespace

std::optional<Request> Request::decode(std::string_view payload, Encoding encoding) {
  Request request;
  if (payload.empty()) return request;
  const std::optional<Value> document = simulator::decode(payload, encoding);
  if (!document || document->members() == nullptr) return std::nullopt;
  for (const auto& [name, value] : *document->members()) {
    if (name == "parameters") {
      request.parameters_ = text_map(value);
    } else if (const std::string* text = value.text()) {
      request.texts_[name] = {Text::State::kText, *text};
    } else if (!value.is_null()) {
      request.texts_[name] = {Text::State::kWrongType, {}};
    }
  }
  return request;
}

const Request::Text& Request::text(const std::string& name) const {
  static const Text kAbsent;
  const auto found = texts_.find(name);
  return found == texts_.end() ? kAbsent : found->second;
}

}  // namespace fleet_provision::simulator
