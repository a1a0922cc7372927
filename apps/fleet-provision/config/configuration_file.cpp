#include "config/configuration_file.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"
#include "cli/synonyms.hpp"
#include "config/input_file.hpp"
#include "config/json_reader.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kConfigurationBytesMax = 1024 * 1024;
/// Names the schema of a file for editors; ignored here.
constexpr std::string_view kSchemaKey = "$schema";

tl::unexpected<Error> refuse(const std::string& where, const std::string& what, std::string hint = {}) {
  return fail(ErrorKind::kConfiguration, where + ": " + what, std::move(hint));
}

Result<std::vector<std::string>> texts_of(const JsonMember& member, const std::string& where) {
  if (member.value.type == JsonType::kText) return std::vector<std::string>{member.value.text};
  std::vector<std::string> texts;
  for (const JsonMember& each : member.value.members) {
    if (member.value.type != JsonType::kArray || each.value.type != JsonType::kText) break;
    texts.push_back(each.value.text);
  }
  if (member.value.type != JsonType::kArray || texts.size() != member.value.members.size()) {
    return refuse(where, "expected an array of text", R"(write it as ["KEY=VALUE", "KEY=@FILE"])");
  }
  return texts;
}

Result<Parameters> object_of(const JsonMember& member, const std::string& where) {
  Parameters parameters;
  for (const JsonMember& each : member.value.members) {
    if (each.value.type != JsonType::kText) {
      return refuse(where,
                    "\"" + printable(each.key, 80) + "\" is " + std::string(describe(each.value.type)) + ", not text",
                    "write numbers in quotes");
    }
    if (auto fits = check_parameter(each.key, each.value.text); !fits) return refuse(where, fits.error().message);
    parameters.emplace(each.key, each.value.text);
  }
  return parameters;
}

/// How to write a value of that type.
std::string_view hint_for(JsonType wanted) {
  switch (wanted) {
    case JsonType::kBoolean: return "write true or false without quotes";
    case JsonType::kNumber: return "write a number without quotes";
    case JsonType::kText: return "write one text in quotes";
    case JsonType::kObject: return R"(write an object, e.g. {"SerialNumber": "4711"}, or the name of a file)";
    case JsonType::kNull:
    case JsonType::kArray: break;
  }
  return "";
}

/// The JSON types that an option accepts; messages name the first.
std::vector<JsonType> types_of(OptionValue value) {
  switch (value) {
    case OptionValue::kFlag: return {JsonType::kBoolean};
    case OptionValue::kCount: return {JsonType::kNumber, JsonType::kBoolean};
    case OptionValue::kNumber:
    case OptionValue::kSeconds:
    case OptionValue::kDecimal: return {JsonType::kNumber};
    case OptionValue::kText:
    case OptionValue::kFile: return {JsonType::kText};
    case OptionValue::kKeyValues: return {JsonType::kArray, JsonType::kText};
  }
  return {};
}

Result<Setting> setting_of(const OptionRow& option, const JsonMember& member, const std::string& where) {
  Setting setting{{}, Source::kFile, where, std::nullopt};
  if (option.id == OptionId::kParameters && member.value.type == JsonType::kObject) {
    FP_TRY_ASSIGN(setting.object, object_of(member, where));
    return setting;
  }
  if (option.value == OptionValue::kKeyValues) {
    FP_TRY_ASSIGN(setting.values, texts_of(member, where));
    return setting;
  }
  const auto types = types_of(option.value);
  if (std::find(types.begin(), types.end(), member.value.type) == types.end()) {
    const JsonType wanted = option.id == OptionId::kParameters ? JsonType::kObject : types.front();
    return refuse(where,
                  "expected " + std::string(describe(wanted)) + ", not " + std::string(describe(member.value.type)),
                  std::string(hint_for(wanted)));
  }
  setting.values.push_back(member.value.text);
  return setting;
}

tl::unexpected<Error> unknown_key(const std::string& where, const std::string& key) {
  const OptionRow* option = find_option(key);
  if (option != nullptr) return refuse(where, "not allowed in a configuration file", "give it as --" + key);
  const std::string hint = suggest_option(key, Spelling::kKey);
  return refuse(where, "unknown option", hint.empty() ? "use the long name of an option without its dashes" : hint);
}

bool exists(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 || errno != ENOENT;
}

}  // namespace

Result<std::map<OptionId, Setting>> read_configuration_file(const std::string& path) {
  const std::string name = printable(path, 300);
  auto text = read_input_file(path, kConfigurationBytesMax, ErrorKind::kConfiguration);
  if (!text) return fail(std::move(text).error().within("configuration"));
  if (const auto wide = wide_encoding(*text)) {
    return fail(ErrorKind::kConfiguration,
                "configuration: " + name + " is " + std::string(name_of_encoding(*wide)) + " text, not UTF-8",
                "convert it: " + utf8_command(*wide, path));
  }
  auto members = read_json_object(*text, name, ErrorKind::kConfiguration);
  if (!members) {
    const std::string& hint = members.error().hint;
    return refuse("configuration", members.error().message,
                  hint.empty() ? R"(write a JSON object, e.g. {"template": "gateway"})" : hint);
  }
  std::map<OptionId, Setting> settings;
  for (const JsonMember& member : *members) {
    if (member.key == kSchemaKey && member.value.type == JsonType::kText) continue;
    const std::string where = name + ": line " + std::to_string(member.line) + ": " + printable(member.key, 80);
    const OptionRow* option = find_option(member.key);
    if (option == nullptr || option->scope != OptionScope::kEverywhere) return unknown_key(where, member.key);
    FP_TRY_ASSIGN(Setting setting, setting_of(*option, member, where));
    settings.emplace(option->id, std::move(setting));
  }
  return settings;
}

Result<std::vector<std::string>> default_configuration_files(const std::string& directory) {
  std::vector<std::string> files;
  const std::string parts = directory + "/config.d";
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(parts.c_str()), ::closedir);
  if (!entries && errno != ENOENT && errno != ENOTDIR) {
    if (auto lack = out_of_resources(errno, "configuration: cannot read " + parts)) return fail(std::move(*lack));
    return fail(ErrorKind::kFileUnreadable, "configuration: cannot read " + parts + ": " + words(errno));
  }
  if (entries) {
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string name = entry->d_name;
      if (name.ends_with(".json") && !name.starts_with(".")) files.push_back(parts + "/" + name);
    }
  }
  std::sort(files.begin(), files.end());
  if (const std::string first = directory + "/config.json"; exists(first)) files.insert(files.begin(), first);
  return files;
}

}  // namespace fleet_provision
