#include "service/expression.hpp"

#include "core/number.hpp"
#include "service/encode.hpp"

namespace fleet_provision::simulator {

namespace {

Accepted<void> append(std::string& text, const std::string& more) {
  if (text.size() + more.size() > kExpressionBytesMax) {
    return invalid_parameters("A rendered text is longer than " + std::to_string(kExpressionBytesMax) + " bytes");
  }
  text += more;
  return {};
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
    if (i != 0) FP_ACCEPT(append(joined, delimiter));
    FP_ACCEPT(append(joined, items[i]));
  }
  return joined;
}

Accepted<std::string> select(const std::vector<Value>& arguments, const Scope& scope) {
  FP_ACCEPT_ASSIGN(const std::string digits, evaluate_text(arguments[0], scope));
  FP_ACCEPT_ASSIGN(const auto items, evaluate_list(arguments[1], scope));
  const auto index = selection_index(digits);
  if (!index || *index >= items.size()) {
    return invalid_parameters("Fn::Select cannot select index " + digits + " of " + std::to_string(items.size()));
  }
  return items[*index];
}

Accepted<std::vector<std::string>> split(const std::vector<Value>& arguments, const Scope& scope) {
  FP_ACCEPT_ASSIGN(const std::string delimiter, evaluate_text(arguments[0], scope));
  FP_ACCEPT_ASSIGN(const std::string text, evaluate_text(arguments[1], scope));
  if (delimiter.empty()) return invalid_parameters("Fn::Split needs a delimiter");
  return split_text(text, delimiter);
}

Accepted<std::string> replace_references(const std::string& text, const Scope& scope) {
  std::string result;
  for (const auto& piece : substitution_pieces(text)) {
    if (!piece.is_reference) {
      FP_ACCEPT(append(result, piece.text));
      continue;
    }
    FP_ACCEPT_ASSIGN(const std::string value, resolve(piece.text, scope));
    FP_ACCEPT(append(result, value));
  }
  return result;
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

Accepted<const Value*> find_in_map(const std::vector<Value>& arguments, const Scope& scope) {
  const Value* place = scope.mappings;
  std::string path;
  for (const auto& argument : arguments) {
    FP_ACCEPT_ASSIGN(const std::string key, evaluate_text(argument, scope));
    path += (path.empty() ? "" : "/") + key;
    place = place == nullptr ? nullptr : place->find(key);
    if (place == nullptr) return invalid_parameters("Fn::FindInMap cannot find " + path);
  }
  return place;
}

Accepted<std::vector<std::string>> texts_of(const std::vector<Value>& items, const Scope& scope) {
  std::vector<std::string> texts;
  for (const auto& item : items) {
    FP_ACCEPT_ASSIGN(auto text, evaluate_text(item, scope));
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

std::optional<std::string> literal_text(const Value& value) {
  if (const std::string* text = value.text()) return *text;
  if (const bool* boolean = value.boolean()) return *boolean ? "true" : "false";
  if (value.is_number()) return json_text(value);
  return std::nullopt;
}

const Members::value_type* function_call(const Value& expression) {
  const Members* members = expression.members();
  return members != nullptr && members->size() == 1 ? &members->front() : nullptr;
}

bool is_function_call(const Value& value) {
  const auto* call = function_call(value);
  return call != nullptr && (call->first == "Ref" || call->first.starts_with("Fn::"));
}

std::vector<SubstitutionPiece> substitution_pieces(const std::string& text) {
  std::vector<SubstitutionPiece> pieces;
  std::size_t begin = 0;
  for (std::size_t open = text.find("${"); open != std::string::npos; open = text.find("${", begin)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    pieces.push_back({false, text.substr(begin, open - begin)});
    const std::string name = text.substr(open + 2, close - open - 2);
    const bool is_reference = !name.starts_with('!');
    pieces.push_back({is_reference, is_reference ? name : "${" + name.substr(1) + "}"});
    begin = close + 1;
  }
  pieces.push_back({false, text.substr(begin)});
  return pieces;
}

std::optional<std::size_t> selection_index(std::string_view digits) {
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return parse_number<std::size_t>(digits);
}

std::vector<std::string> split_text(const std::string& text, const std::string& delimiter) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = text.find(delimiter); end != std::string::npos; end = text.find(delimiter, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + delimiter.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Accepted<std::string> evaluate_text(const Value& expression, const Scope& scope) {
  if (auto text = literal_text(expression)) return std::move(*text);
  const auto* call = function_call(expression);
  if (call == nullptr) return invalid_parameters("a list stands where text is needed");
  const auto& [function, arguments] = *call;
  if (function == "Ref") return resolve(*arguments.text(), scope);
  if (function == "Fn::Join") return join(*arguments.list(), scope);
  if (function == "Fn::Select") return select(*arguments.list(), scope);
  if (function == "Fn::Sub") return substitute(arguments, scope);
  if (function == "Fn::FindInMap") {
    FP_ACCEPT_ASSIGN(const Value* found, find_in_map(*arguments.list(), scope));
    if (auto text = literal_text(*found)) return std::move(*text);
    return invalid_parameters("Fn::FindInMap finds a list where text is needed");
  }
  return invalid_parameters(function + " stands where text is needed");
}

Accepted<std::vector<std::string>> evaluate_list(const Value& expression, const Scope& scope) {
  if (const auto* list = expression.list()) return texts_of(*list, scope);
  const auto* call = function_call(expression);
  if (call != nullptr && call->first == "Fn::Split") return split(*call->second.list(), scope);
  if (call != nullptr && call->first == "Fn::FindInMap") {
    FP_ACCEPT_ASSIGN(const Value* found, find_in_map(*call->second.list(), scope));
    if (found->list() != nullptr) return texts_of(*found->list(), scope);
  }
  return invalid_parameters("text stands where a list is needed");
}

}  // namespace fleet_provision::simulator
