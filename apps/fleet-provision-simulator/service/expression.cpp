#include "service/expression.hpp"

#include <string_view>

#include "core/number.hpp"
#include "service/encode.hpp"
#include "service/known_names.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::string_view kFunctions[] = {"Ref", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::FindInMap"};

// A function call is an object with one member: the function's name and its arguments.
const Members::value_type* function_call(const Value& expression) {
  const Members* members = expression.members();
  return members != nullptr && members->size() == 1 ? &members->front() : nullptr;
}

Accepted<std::string> resolve(const std::string& name, const Scope& scope) {
  const auto found = scope.values.find(name);
  if (found == scope.values.end()) return invalid_parameters("Cannot resolve reference value: " + name);
  return found->second;
}

Accepted<std::string> join(const std::vector<Value>& arguments, const Scope& scope) {
  FP_ACCEPT_ASSIGN(const std::string delimiter, evaluate_text(arguments[0], scope));
  FP_ACCEPT_ASSIGN(const auto items, evaluate_list(arguments[1], scope));
  std::string joined;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) joined += delimiter;
    joined += items[i];
  }
  return joined;
}

Accepted<std::string> select(const std::vector<Value>& arguments, const Scope& scope) {
  FP_ACCEPT_ASSIGN(const std::string digits, evaluate_text(arguments[0], scope));
  FP_ACCEPT_ASSIGN(const auto items, evaluate_list(arguments[1], scope));
  const auto index = parse_number<std::size_t>(digits);
  if (!index || *index >= items.size()) {
    return invalid_parameters("Fn::Select cannot select index " + digits + " of " + std::to_string(items.size()));
  }
  return items[*index];
}

Accepted<std::vector<std::string>> split(const std::vector<Value>& arguments, const Scope& scope) {
  FP_ACCEPT_ASSIGN(const std::string delimiter, evaluate_text(arguments[0], scope));
  FP_ACCEPT_ASSIGN(const std::string text, evaluate_text(arguments[1], scope));
  if (delimiter.empty()) return invalid_parameters("Fn::Split needs a delimiter");
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = text.find(delimiter); end != std::string::npos; end = text.find(delimiter, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + delimiter.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// `${Name}` is a reference, `${!Name}` the literal `${Name}` (as in CloudFormation).
Accepted<std::string> replace_references(const std::string& text, const Scope& scope) {
  std::string result;
  std::size_t begin = 0;
  for (std::size_t open = text.find("${"); open != std::string::npos; open = text.find("${", begin)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    result += text.substr(begin, open - begin);
    const std::string name = text.substr(open + 2, close - open - 2);
    if (name.starts_with('!')) {
      result += "${" + name.substr(1) + "}";
    } else {
      FP_ACCEPT_ASSIGN(const std::string value, resolve(name, scope));
      result += value;
    }
    begin = close + 1;
  }
  return result + text.substr(begin);
}

// Fn::Sub: a text, or a text and an object of further names for it.
Accepted<std::string> substitute(const Value& arguments, const Scope& scope) {
  if (const std::string* text = arguments.text()) return replace_references(*text, scope);
  const auto& both = *arguments.list();
  Scope inner = scope;
  for (const auto& [name, expression] : *both[1].members()) {
    FP_ACCEPT_ASSIGN(inner.values[name], evaluate_text(expression, scope));
  }
  return replace_references(*both[0].text(), inner);
}

Accepted<std::string> find_in_map(const std::vector<Value>& arguments, const Scope& scope) {
  const Value* place = scope.mappings;
  std::string path;
  for (const auto& argument : arguments) {
    FP_ACCEPT_ASSIGN(const std::string key, evaluate_text(argument, scope));
    path += (path.empty() ? "" : "/") + key;
    place = place == nullptr ? nullptr : place->find(key);
    if (place == nullptr) return invalid_parameters("Fn::FindInMap cannot find " + path);
  }
  if (place->text() == nullptr) return invalid_parameters("Fn::FindInMap finds no text at " + path);
  return *place->text();
}

Result<void> check_all(const std::vector<Value>& items, const std::string& place) {
  for (const auto& item : items) FP_TRY(check_expression(item, place));
  return {};
}

tl::unexpected<Error> wrong_arguments(const std::string& function, const std::string& place, const char* form) {
  return fail(ErrorKind::kConfiguration, place + ": " + function + " takes " + form);
}

Result<void> check_substitution(const Value& arguments, const std::string& place) {
  if (arguments.text() != nullptr) return {};
  const auto* both = arguments.list();
  if (both == nullptr || both->size() != 2 || (*both)[0].text() == nullptr || (*both)[1].members() == nullptr) {
    return wrong_arguments("Fn::Sub", place, "text, or [text, {name: value}]");
  }
  for (const auto& [name, expression] : *(*both)[1].members()) FP_TRY(check_expression(expression, place));
  return {};
}

Result<void> check_arguments(const std::string& function, const Value& arguments, const std::string& place) {
  if (function == "Ref") {
    if (arguments.text() == nullptr) return wrong_arguments(function, place, "a name");
    return {};
  }
  if (function == "Fn::Sub") return check_substitution(arguments, place);
  const auto* list = arguments.list();
  if (list == nullptr) return wrong_arguments(function, place, "a list");
  if (function == "Fn::FindInMap") {
    if (list->size() != 3) return wrong_arguments(function, place, "[map, key, key]");
  } else if (list->size() != 2) {
    return wrong_arguments(function, place, "two arguments");
  }
  return check_all(*list, place);
}

}  // namespace

Accepted<std::string> evaluate_text(const Value& expression, const Scope& scope) {
  if (const std::string* text = expression.text()) return *text;
  if (const bool* boolean = expression.boolean()) return std::string(*boolean ? "true" : "false");
  if (expression.is_number()) return json_text(expression);
  const auto* call = function_call(expression);
  if (call == nullptr) return invalid_parameters("a list stands where text is needed");
  const auto& [function, arguments] = *call;
  if (function == "Ref") return resolve(*arguments.text(), scope);
  if (function == "Fn::Join") return join(*arguments.list(), scope);
  if (function == "Fn::Select") return select(*arguments.list(), scope);
  if (function == "Fn::Sub") return substitute(arguments, scope);
  if (function == "Fn::FindInMap") return find_in_map(*arguments.list(), scope);
  return invalid_parameters(function + " stands where text is needed");
}

Accepted<std::vector<std::string>> evaluate_list(const Value& expression, const Scope& scope) {
  if (const auto* call = function_call(expression); call != nullptr && call->first == "Fn::Split") {
    return split(*call->second.list(), scope);
  }
  const auto* list = expression.list();
  if (list == nullptr) return invalid_parameters("text stands where a list is needed");
  std::vector<std::string> items;
  for (const auto& item : *list) {
    FP_ACCEPT_ASSIGN(auto text, evaluate_text(item, scope));
    items.push_back(std::move(text));
  }
  return items;
}

Result<void> check_expression(const Value& expression, const std::string& place) {
  if (expression.text() != nullptr || expression.boolean() != nullptr || expression.is_number()) return {};
  if (const auto* list = expression.list()) return check_all(*list, place);
  const auto* call = function_call(expression);
  if (call == nullptr) return fail(ErrorKind::kConfiguration, place + ": neither text nor a function");
  FP_TRY(check_known(ErrorKind::kConfiguration, place + ": unknown function", call->first, kFunctions));
  return check_arguments(call->first, call->second, place);
}

}  // namespace fleet_provision::simulator
