// What depends on the device is not known when a template is loaded. check_policy_template therefore puts a value that
// is valid in its place there, and checks the rest of the document with the reader of all policies.
#include "service/policy_template.hpp"

#include <string_view>

#include "service/encode.hpp"
#include "service/policy.hpp"

namespace fleet_provision::simulator {

namespace {

// A text that the reader of policies accepts in the member `key`.
const char* stand_in(std::string_view key) {
  if (key == "Effect") return "Allow";
  if (key == "Action") return "iot:*";
  if (key == "Version") return "2012-10-17";
  return "*";
}

struct Check {
  const Declarations& declared;

  Result<Value> text(const Value& call, std::string_view key, const std::string& place) const {
    FP_TRY_ASSIGN(FoldedText folded, fold_text(call, declared, place));
    return text_value(folded.is_constant ? std::move(folded.text) : stand_in(key));
  }
  Result<Value> list(const Value& call, std::string_view key, const std::string& place) const {
    FP_TRY_ASSIGN(FoldedList folded, fold_list(call, declared, place));
    if (!folded.has_known_size) folded.items.assign(1, FoldedText{});
    std::vector<Value> items;
    for (auto& item : folded.items) {
      items.push_back(text_value(item.is_constant ? std::move(item.text) : stand_in(key)));
    }
    return Value{std::move(items)};
  }
};

// Replaces each function call. `key` is the nearest member above `part`.
Result<Value> with_stand_ins(const Value& part, std::string_view key, const Check& check, const std::string& place) {
  if (is_function_call(part)) {
    return function_call(part)->first == "Fn::Split" ? check.list(part, key, place) : check.text(part, key, place);
  }
  if (const auto* list = part.list()) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < list->size(); ++i) {
      FP_TRY_ASSIGN(auto item, with_stand_ins((*list)[i], key, check, place + "[" + std::to_string(i) + "]"));
      items.push_back(std::move(item));
    }
    return Value{std::move(items)};
  }
  if (const auto* members = part.members()) {
    Members replaced;
    for (const auto& [name, value] : *members) {
      FP_TRY_ASSIGN(auto member, with_stand_ins(value, name, check, place + "." + name));
      replaced.emplace_back(name, std::move(member));
    }
    return Value{std::move(replaced)};
  }
  return part;
}

Accepted<Value> rendered(const Value& part, const Scope& scope) {
  if (is_function_call(part)) {
    if (function_call(part)->first == "Fn::Split") {
      FP_ACCEPT_ASSIGN(const auto items, evaluate_list(part, scope));
      return list_value(items);
    }
    FP_ACCEPT_ASSIGN(auto text, evaluate_text(part, scope));
    return text_value(std::move(text));
  }
  if (const auto* list = part.list()) {
    std::vector<Value> items;
    for (const auto& each : *list) {
      FP_ACCEPT_ASSIGN(auto item, rendered(each, scope));
      items.push_back(std::move(item));
    }
    return Value{std::move(items)};
  }
  if (const auto* members = part.members()) {
    Members replaced;
    for (const auto& [name, value] : *members) {
      FP_ACCEPT_ASSIGN(auto member, rendered(value, scope));
      replaced.emplace_back(name, std::move(member));
    }
    return Value{std::move(replaced)};
  }
  return part;
}

Result<void> check_document(const std::string& text, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const Policy policy, Policy::parse(place, text));
  if (declared.warnings == nullptr) return {};
  declared.warnings->insert(declared.warnings->end(), policy.warnings().begin(), policy.warnings().end());
  return {};
}

// The document itself rather than a text of it.
bool is_object(const Value& document) {
  return document.members() != nullptr && !is_function_call(document);
}

}  // namespace

Result<void> check_policy_template(const Value& document, const Declarations& declared, const std::string& place) {
  if (is_object(document)) {
    FP_TRY_ASSIGN(const Value known, with_stand_ins(document, {}, Check{declared}, place));
    return check_document(json_text(known), declared, place);
  }
  FP_TRY_ASSIGN(const FoldedText text, fold_text(document, declared, place));
  return text.is_constant ? check_document(text.text, declared, place) : Result<void>{};
}

Accepted<std::string> render_policy_template(const Value& document, const Scope& scope) {
  std::string text;
  if (is_object(document)) {
    FP_ACCEPT_ASSIGN(const Value value, rendered(document, scope));
    text = json_text(value);
  } else {
    FP_ACCEPT_ASSIGN(text, evaluate_text(document, scope));
  }
  if (const auto policy = Policy::parse("PolicyDocument", text); !policy) {
    return invalid_parameters("The policy document is malformed: " + policy.error().message);
  }
  return text;
}

}  // namespace fleet_provision::simulator
