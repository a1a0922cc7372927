#include "codec/json_fields.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "codec/json_text.hpp"

namespace fleet_provision {
struct JsonFields::Tree {
  explicit Tree(nlohmann::json whole) : object(std::move(whole)) {}
  nlohmann::json object;

  [[nodiscard]] const nlohmann::json* find(const char* name) const {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
  }
};

JsonFields::JsonFields(std::unique_ptr<Tree> tree, ErrorKind kind) : tree_(std::move(tree)), kind_(kind) {}
JsonFields::JsonFields(JsonFields&&) noexcept = default;
JsonFields& JsonFields::operator=(JsonFields&&) noexcept = default;
JsonFields::~JsonFields() = default;

Result<JsonFields> JsonFields::parse(std::string_view text, ErrorKind kind) {
  // The parser would end the text at a NUL byte.
  if (text.find('\0') != std::string_view::npos) return fail(kind, "it is not JSON: it holds a NUL byte");
  if (const auto fault = json_fault(text)) return fail(kind, fault->message());
  auto tree = std::make_unique<Tree>(nlohmann::json::parse(text, nullptr, false));
  if (!tree->object.is_object()) return fail(kind, "it is not a JSON object");
  return JsonFields(std::move(tree), kind);
}

bool JsonFields::has(const char* name) const {
  return tree_->find(name) != nullptr;
}

Result<std::string> JsonFields::text(const char* name) const {
  const nlohmann::json* value = tree_->find(name);
  if (value == nullptr || !value->is_string()) return wrong(name, "a string");
  return value->get<std::string>();
}

Result<std::optional<std::string>> JsonFields::text_or_null(const char* name) const {
  const nlohmann::json* value = tree_->find(name);
  if (value == nullptr || value->is_null()) return std::optional<std::string>();
  FP_TRY_ASSIGN(std::string found, text(name));
  return std::optional<std::string>(std::move(found));
}

Result<bool> JsonFields::flag_or_false(const char* name) const {
  const nlohmann::json* value = tree_->find(name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return wrong(name, "true or false");
  return value->get<bool>();
}

Result<std::uint64_t> JsonFields::number(const char* name, std::uint64_t max) const {
  const nlohmann::json* value = tree_->find(name);
  if (value == nullptr || !value->is_number_unsigned()) return wrong(name, "a whole number");
  const auto number = value->get<std::uint64_t>();
  if (number > max) return wrong(name, "in range");
  return number;
}

Result<std::map<std::string, std::string>> JsonFields::texts(const char* name) const {
  const nlohmann::json* value = tree_->find(name);
  if (value == nullptr || !value->is_object()) return wrong(name, "an object of strings");
  std::map<std::string, std::string> texts;
  for (const auto& each : value->items()) {
    if (!each.value().is_string()) return wrong(name, "an object of strings");
    texts.emplace(each.key(), each.value().get<std::string>());
  }
  return texts;
}

Result<JsonFields> JsonFields::object(const char* name) const {
  const nlohmann::json* value = tree_->find(name);
  if (value == nullptr || !value->is_object()) return wrong(name, "an object");
  return JsonFields(std::make_unique<Tree>(*value), kind_);
}

tl::unexpected<Error> JsonFields::wrong(const char* name, const char* wanted) const {
  return fail(kind_, "its \"" + std::string(name) + "\" is missing or not " + wanted);
}

}  // namespace fleet_provision
