#include "service/expression_check.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/text.hpp"
#include "service/document_check.hpp"
#include "service/expression.hpp"
#include "service/known_names.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr auto kFunctions =
    std::to_array<std::string_view>({"Ref", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::FindInMap"});

std::string indexed(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

tl::unexpected<Error> wrong_arguments(const std::string& function, const std::string& place, const char* form) {
  return document_error(place + ": " + function + " takes " + form);
}

Result<void> append_folded(FoldedText& text, const FoldedText& more, const std::string& place) {
  text.is_constant = text.is_constant && more.is_constant;
  text.text += more.text;
  if (text.text.size() <= kExpressionBytesMax) return {};
  return document_error(place + ": text of more than " + std::to_string(kExpressionBytesMax) + " bytes");
}

bool is_policy_variable(std::string_view name) {
  return name.starts_with("iot:") || name.starts_with("aws:");
}

// Whether only just-in-time provisioning is documented to set it.
bool is_just_in_time(std::string_view name) {
  constexpr std::string_view kPrefix = "AWS::IoT::Certificate::";
  constexpr auto kNames =
      std::to_array<std::string_view>({"Country", "Organization", "OrganizationalUnit", "DistinguishedNameQualifier",
                                       "StateName", "CommonName", "SerialNumber"});
  return name.starts_with(kPrefix) &&
         std::find(kNames.begin(), kNames.end(), name.substr(kPrefix.size())) != kNames.end();
}

Result<void> check_reference(const std::string& name, const Declarations& declared, const std::string& place) {
  if (declared.names.count(name) != 0) return {};
  const std::string quoted = in_quotes(name);
  if (is_policy_variable(name)) {
    return document_error(place + ": the policy variable " + quoted + " is not a parameter",
                          "in Fn::Sub write ${!" + printable(name) + "}, which gives ${" + printable(name) + "}");
  }
  if (is_just_in_time(name)) {
    return document_error(place + ": Parameters does not declare " + quoted,
                          "remove it: only just-in-time provisioning is documented to set it; what fleet provisioning "
                          "does is not known");
  }
  const std::string_view near = nearest(name, declared.names);
  if (!near.empty()) {
    return document_error(place + ": Parameters does not declare " + quoted, "did you mean " + std::string(near) + "?");
  }
  return document_error(place + ": Parameters does not declare " + quoted,
                        "declare it; whether the service resolves a name that is not declared is not documented");
}

Result<FoldedText> fold_reference(const Value& argument, const Declarations& declared, const std::string& place) {
  if (argument.text() == nullptr) return wrong_arguments("Ref", place, "a name");
  FP_TRY(check_reference(*argument.text(), declared, place));
  return FoldedText{};
}

Result<FoldedText> fold_join(const std::vector<Value>& arguments, const Declarations& declared,
                             const std::string& place) {
  FP_TRY_ASSIGN(const FoldedText delimiter, fold_text(arguments[0], declared, indexed(place, 0)));
  FP_TRY_ASSIGN(const FoldedList list, fold_list(arguments[1], declared, indexed(place, 1)));
  FoldedText joined{list.has_known_size, {}};
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i != 0) FP_TRY(append_folded(joined, delimiter, place));
    FP_TRY(append_folded(joined, list.items[i], place));
  }
  return joined;
}

Result<FoldedText> fold_select(const std::vector<Value>& arguments, const Declarations& declared,
                               const std::string& place) {
  FP_TRY_ASSIGN(const FoldedText digits, fold_text(arguments[0], declared, indexed(place, 0)));
  FP_TRY_ASSIGN(const FoldedList list, fold_list(arguments[1], declared, indexed(place, 1)));
  if (!digits.is_constant) return FoldedText{};
  const auto index = selection_index(digits.text);
  if (!index) {
    return document_error(indexed(place, 0) + ": " + in_quotes(digits.text) + " is not an index",
                          "use a whole number; 0 is the first item");
  }
  if (!list.has_known_size) return FoldedText{};
  if (*index < list.items.size()) return list.items[*index];
  return document_error(place + ": index " + digits.text + " of a list with " + std::to_string(list.items.size()) +
                            (list.items.size() == 1 ? " item" : " items"),
                        "0 is the first item");
}

Result<FoldedText> fold_substitution(const Value& arguments, const Declarations& declared, const std::string& place) {
  const std::string* text = arguments.text();
  Declarations inner = declared;
  std::map<std::string, FoldedText> folded;
  if (text == nullptr) {
    const auto* both = arguments.list();
    if (both == nullptr || both->size() != 2 || (*both)[0].text() == nullptr || (*both)[1].members() == nullptr) {
      return wrong_arguments("Fn::Sub", place, "text, or [text, {name: value}]");
    }
    text = (*both)[0].text();
    for (const auto& [name, expression] : *(*both)[1].members()) {
      FP_TRY_ASSIGN(folded[name], fold_text(expression, declared, indexed(place + ".Fn::Sub", 1) + "." + name));
      inner.names.insert(name);
    }
  }
  FoldedText result{true, {}};
  for (const auto& piece : substitution_pieces(*text)) {
    FoldedText more{!piece.is_reference, piece.is_reference ? "" : piece.text};
    if (piece.is_reference) {
      FP_TRY(check_reference(piece.text, inner, place));
      if (const auto found = folded.find(piece.text); found != folded.end()) more = found->second;
    }
    FP_TRY(append_folded(result, more, place));
  }
  return result;
}

// The entries that an Fn::FindInMap may find, of which there is at least one. A key that is not known yet may be any.
Result<std::vector<const Value*>> fold_find_in_map(const std::vector<Value>& arguments, const Declarations& declared,
                                                   const std::string& place) {
  static const Value kNone{Members{}};
  std::vector<const Value*> found{declared.mappings == nullptr ? &kNone : declared.mappings};
  std::string path;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    FP_TRY_ASSIGN(const FoldedText key, fold_text(arguments[i], declared, indexed(place, i)));
    path += (path.empty() ? "" : "/") + (key.is_constant ? key.text : "…");
    std::vector<const Value*> next;
    for (const Value* map : found) {
      for (const auto& [name, value] : *map->members()) {
        if (!key.is_constant || name == key.text) next.push_back(&value);
      }
    }
    if (next.empty()) {
      return document_error(place + ": Mappings has no " + printable(path), "check the names in Mappings");
    }
    found = std::move(next);
  }
  return found;
}

bool are_lists(const std::vector<const Value*>& values) {
  return std::all_of(values.begin(), values.end(), [](const Value* value) { return value->list() != nullptr; });
}

bool are_texts(const std::vector<const Value*>& values) {
  return std::none_of(values.begin(), values.end(), [](const Value* value) { return value->list() != nullptr; });
}

// The arguments of a function that takes `count` of them.
Result<const std::vector<Value>*> arguments_of(const Members::value_type& call, const std::string& place) {
  const auto& [function, arguments] = call;
  const auto* list = arguments.list();
  if (list == nullptr) return wrong_arguments(function, place, "a list of arguments");
  if (function == "Fn::FindInMap") {
    if (list->size() != 3) return wrong_arguments(function, place, "[map, key, key]");
  } else if (list->size() != 2) {
    return wrong_arguments(function, place, "two arguments");
  }
  return list;
}

Result<const Members::value_type*> known_call(const Value& expression, const std::string& place, const char* needed) {
  const auto* call = function_call(expression);
  if (call == nullptr) return document_error(place + ": neither " + needed + " nor a function");
  FP_TRY(check_known(ErrorKind::kConfiguration, place + ": unknown function", call->first, kFunctions));
  return call;
}

}  // namespace

Result<FoldedText> fold_text(const Value& expression, const Declarations& declared, const std::string& place) {
  if (auto text = literal_text(expression)) return FoldedText{true, std::move(*text)};
  if (expression.list() != nullptr) return document_error(place + ": a list where text is needed");
  FP_TRY_ASSIGN(const auto* call, known_call(expression, place, "text"));
  const auto& [function, argument] = *call;
  const std::string here = place + "." + function;
  if (function == "Ref") return fold_reference(argument, declared, place);
  if (function == "Fn::Sub") return fold_substitution(argument, declared, place);
  FP_TRY_ASSIGN(const auto* arguments, arguments_of(*call, place));
  if (function == "Fn::Join") return fold_join(*arguments, declared, here);
  if (function == "Fn::Select") return fold_select(*arguments, declared, here);
  if (function == "Fn::Split") {
    return document_error(place + ": Fn::Split gives a list where text is needed",
                          "select one of its parts with Fn::Select, or join them with Fn::Join");
  }
  FP_TRY_ASSIGN(const auto found, fold_find_in_map(*arguments, declared, here));
  if (are_lists(found)) return document_error(place + ": Fn::FindInMap gives a list where text is needed");
  return found.size() == 1 ? FoldedText{true, literal_text(*found.front()).value_or("")} : FoldedText{};
}

Result<FoldedList> fold_list(const Value& expression, const Declarations& declared, const std::string& place) {
  FoldedList folded;
  if (const auto* list = expression.list()) {
    folded.has_known_size = true;
    for (std::size_t i = 0; i < list->size(); ++i) {
      FP_TRY_ASSIGN(auto item, fold_text((*list)[i], declared, indexed(place, i)));
      folded.items.push_back(std::move(item));
    }
    return folded;
  }
  if (const auto text = literal_text(expression)) {
    return document_error(place + ": text where a list is needed", "write [\"" + printable(*text, 80) + "\"]");
  }
  FP_TRY_ASSIGN(const auto* call, known_call(expression, place, "a list"));
  const std::string here = place + "." + call->first;
  if (call->first == "Fn::Split") {
    FP_TRY_ASSIGN(const auto* arguments, arguments_of(*call, place));
    FP_TRY_ASSIGN(const FoldedText delimiter, fold_text((*arguments)[0], declared, indexed(here, 0)));
    FP_TRY_ASSIGN(const FoldedText text, fold_text((*arguments)[1], declared, indexed(here, 1)));
    if (delimiter.is_constant && delimiter.text.empty()) return document_error(here + ": an empty delimiter");
    if (!delimiter.is_constant || !text.is_constant) return folded;
    folded.has_known_size = true;
    for (auto& part : split_text(text.text, delimiter.text)) folded.items.push_back({true, std::move(part)});
    return folded;
  }
  if (call->first == "Fn::FindInMap") {
    FP_TRY_ASSIGN(const auto* arguments, arguments_of(*call, place));
    FP_TRY_ASSIGN(const auto found, fold_find_in_map(*arguments, declared, here));
    if (!are_texts(found)) return found.size() == 1 ? fold_list(*found.front(), declared, here) : folded;
  }
  // The function must be a known form too, so that its own mistake is named first.
  FP_TRY(fold_text(expression, declared, place));
  return document_error(place + ": " + call->first + " gives text where a list is needed");
}

Result<void> check_rule(const FoldedText& text, const TextRule& rule, const std::string& place) {
  const std::string hint = std::string("use ") + rule.limits;
  if (text.is_constant && !satisfies(rule, text.text)) {
    return document_error(place + ": invalid " + rule.noun + " " + in_quotes(text.text), hint);
  }
  if (!text.is_constant && !can_contain(rule, text.text)) {
    return document_error(place + ": invalid " + rule.noun + " with " + in_quotes(text.text), hint);
  }
  return {};
}

Result<void> check_text(const Value& expression, const TextRule& rule, const Declarations& declared,
                        const std::string& place) {
  FP_TRY_ASSIGN(const FoldedText text, fold_text(expression, declared, place));
  return check_rule(text, rule, place);
}

}  // namespace fleet_provision::simulator
