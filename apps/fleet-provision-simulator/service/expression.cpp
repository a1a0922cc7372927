#include "service/expression.hpp"

#include <charconv>
#include <string_view>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

using nlohmann::json;

constexpr std::string_view kFunctions[] = {"Ref", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::FindInMap"};

Granted<std::string> invalid(const std::string& message) {
  return refuse(400, "InvalidParameters", message);
}

Granted<std::string> look_up(const std::string& name, const Scope& scope) {
  const auto found = scope.values.find(name);
  if (found == scope.values.end()) return invalid("Cannot resolve reference value: " + name);
  return found->second;
}

Granted<std::string> join(const json& arguments, const Scope& scope) {
  auto delimiter = evaluate_text(arguments.at(0), scope);
  if (!delimiter) return delimiter;
  const auto items = evaluate_list(arguments.at(1), scope);
  if (!items) return tl::unexpected<Refusal>(items.error());
  std::string joined;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (i != 0) joined += *delimiter;
    joined += (*items)[i];
  }
  return joined;
}

Granted<std::string> select(const json& arguments, const Scope& scope) {
  const json& position = arguments.at(0);
  auto text = position.is_number_unsigned() ? Granted<std::string>(std::to_string(position.get<unsigned>()))
                                            : evaluate_text(position, scope);
  if (!text) return text;
  const auto items = evaluate_list(arguments.at(1), scope);
  if (!items) return tl::unexpected<Refusal>(items.error());
  const std::string_view digits = *text;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc{} || end != digits.data() + digits.size() || index >= items->size()) {
    return invalid("Fn::Select cannot select index " + *text + " of " + std::to_string(items->size()));
  }
  return (*items)[index];
}

Granted<std::vector<std::string>> split(const json& arguments, const Scope& scope) {
  const auto delimiter = evaluate_text(arguments.at(0), scope);
  if (!delimiter) return tl::unexpected<Refusal>(delimiter.error());
  const auto text = evaluate_text(arguments.at(1), scope);
  if (!text) return tl::unexpected<Refusal>(text.error());
  if (delimiter->empty()) return refuse(400, "InvalidParameters", "Fn::Split needs a delimiter");
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = text->find(*delimiter); end != std::string::npos; end = text->find(*delimiter, begin)) {
    parts.push_back(text->substr(begin, end - begin));
    begin = end + delimiter->size();
  }
  parts.push_back(text->substr(begin));
  return parts;
}

// "${Name}" is a reference, "${!Name}" the literal "${Name}" (as in CloudFormation).
Granted<std::string> substitute(const json& arguments, const Scope& scope) {
  Scope inner = scope;
  std::string text;
  if (arguments.is_string()) {
    text = arguments.get<std::string>();
  } else {
    text = arguments.at(0).get<std::string>();
    for (const auto& [name, expression] : arguments.at(1).items()) {
      auto value = evaluate_text(expression, scope);
      if (!value) return value;
      inner.values[name] = *value;
    }
  }
  std::string result;
  std::size_t begin = 0;
  for (std::size_t open = text.find("${"); open != std::string::npos; open = text.find("${", begin)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    result += text.substr(begin, open - begin);
    const std::string name = text.substr(open + 2, close - open - 2);
    if (!name.empty() && name.front() == '!') {
      result += "${" + name.substr(1) + "}";
    } else {
      auto value = look_up(name, inner);
      if (!value) return value;
      result += *value;
    }
    begin = close + 1;
  }
  return result + text.substr(begin);
}

Granted<std::string> find_in_map(const json& arguments, const Scope& scope) {
  const json* place = scope.mappings;
  std::string path;
  for (const auto& argument : arguments) {
    auto key = evaluate_text(argument, scope);
    if (!key) return key;
    path += (path.empty() ? "" : "/") + *key;
    if (place == nullptr || !place->is_object() || !place->contains(*key)) {
      return invalid("Fn::FindInMap cannot find " + path);
    }
    place = &place->at(*key);
  }
  if (!place->is_string()) return invalid("Fn::FindInMap finds no text at " + path);
  return place->get<std::string>();
}

Result<void> check_all(const json& items, const std::string& place) {
  for (const auto& item : items) FP_TRY(check_expression(item, place));
  return {};
}

Result<void> check_arguments(const std::string& function, const json& arguments, const std::string& place) {
  const auto wrong = [&](const char* shape) {
    return fail(ErrorKind::kConfiguration, place + ": " + function + " takes " + shape);
  };
  if (function == "Ref") {
    if (!arguments.is_string()) return wrong("a name");
    return {};
  }
  if (function == "Fn::Sub") {
    if (arguments.is_string()) return {};
    if (!arguments.is_array() || arguments.size() != 2 || !arguments[0].is_string() || !arguments[1].is_object()) {
      return wrong("text, or [text, {name: value}]");
    }
    return check_all(arguments[1], place);
  }
  if (!arguments.is_array()) return wrong("a list");
  if (function == "Fn::FindInMap") {
    if (arguments.size() != 3) return wrong("[map, key, key]");
    return check_all(arguments, place);
  }
  if (arguments.size() != 2) return wrong("two arguments");
  if (function == "Fn::Select" && arguments[0].is_number_unsigned()) return check_expression(arguments[1], place);
  return check_all(arguments, place);
}

}  // namespace

Granted<std::string> evaluate_text(const json& expression, const Scope& scope) {
  if (expression.is_string()) return expression.get<std::string>();
  if (expression.is_boolean()) return std::string(expression.get<bool>() ? "true" : "false");
  if (expression.is_number()) return expression.dump();
  if (!expression.is_object() || expression.size() != 1) return invalid("a list stands where text is needed");
  const std::string function = expression.begin().key();
  const json& arguments = expression.begin().value();
  if (function == "Ref") return look_up(arguments.get<std::string>(), scope);
  if (function == "Fn::Join") return join(arguments, scope);
  if (function == "Fn::Select") return select(arguments, scope);
  if (function == "Fn::Sub") return substitute(arguments, scope);
  if (function == "Fn::FindInMap") return find_in_map(arguments, scope);
  return invalid(function + " stands where text is needed");
}

Granted<std::vector<std::string>> evaluate_list(const json& expression, const Scope& scope) {
  if (expression.is_object() && expression.size() == 1 && expression.begin().key() == "Fn::Split") {
    return split(expression.begin().value(), scope);
  }
  if (!expression.is_array()) return refuse(400, "InvalidParameters", "text stands where a list is needed");
  std::vector<std::string> items;
  for (const auto& item : expression) {
    auto text = evaluate_text(item, scope);
    if (!text) return tl::unexpected<Refusal>(text.error());
    items.push_back(std::move(*text));
  }
  return items;
}

Result<void> check_expression(const json& expression, const std::string& place) {
  if (expression.is_string() || expression.is_boolean() || expression.is_number()) return {};
  if (expression.is_array()) return check_all(expression, place);
  if (!expression.is_object() || expression.size() != 1) {
    return fail(ErrorKind::kConfiguration, place + ": neither text nor a function");
  }
  const std::string function = expression.begin().key();
  for (const std::string_view known : kFunctions) {
    if (known == function) return check_arguments(function, expression.begin().value(), place);
  }
  const std::string_view near = nearest(function, kFunctions);
  return fail(ErrorKind::kConfiguration, place + ": unknown function " + printable(function),
              near.empty() ? "Ref, Fn::Join, Fn::Select, Fn::Split, Fn::Sub and Fn::FindInMap are known"
                           : "did you mean " + std::string(near) + "?");
}

}  // namespace fleet_provision::simulator
