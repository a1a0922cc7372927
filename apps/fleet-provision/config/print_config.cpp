#include "config/print_config.hpp"

#include <vector>

#include "config/file_name.hpp"
#include "config/proxy.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

struct Line {
  std::string name;
  std::string value;
  std::string origin;
};

/// `pin-value=…` of a key URI (RFC 7512 section 2.4) ends with the attribute.
std::string without_pin(std::string value) {
  constexpr std::string_view kPin = "pin-value=";
  for (std::size_t at = value.find(kPin); at != std::string::npos; at = value.find(kPin, at)) {
    at += kPin.size();
    value.replace(at, std::min(value.find_first_of("&;", at), value.size()) - at, "***");
  }
  return value;
}

std::string shown(OptionId id, const std::string& value) {
  const std::string safe = id == OptionId::kProxy ? without_password(value) : without_pin(without_key_text(value));
  return printable(safe, 4096);
}

void append_setting(std::vector<Line>& lines, const OptionRow& option, const Setting& setting) {
  const std::string name(option.name);
  if (setting.object) {
    for (const auto& [key, value] : *setting.object) {
      lines.push_back({name, printable(key, 4096) + "=" + printable(value, 4096), setting.origin});
    }
  } else if (option.value == OptionValue::kKeyValues) {
    for (const std::string& value : setting.values) lines.push_back({name, printable(value, 8192), setting.origin});
  } else if (option.value == OptionValue::kCount && setting.values.size() > 1) {
    lines.push_back({name, std::to_string(setting.values.size()), setting.origin});
  } else {
    lines.push_back({name, shown(option.id, setting.values.back()), setting.origin});
  }
}

/// The settings that take effect: that of the highest precedence, or all if the option accumulates over its sources.
std::vector<const Setting*> effective_settings(const Options& options, const OptionRow& option) {
  std::vector<const Setting*> settings;
  for (const Setting& each : options.settings(option.id)) settings.push_back(&each);
  if (settings.empty() || option.value == OptionValue::kKeyValues) return settings;
  const Source strongest = settings.back()->source;
  std::erase_if(settings, [&](const Setting* each) { return !each->object || each->source != strongest; });
  if (settings.empty()) settings.push_back(options.given(option.id));
  return settings;
}

void append_default(std::vector<Line>& lines, const OptionRow& option, const Environment& environment) {
  if (option.id == OptionId::kProxy) {
    for (const char* name : {"https_proxy", "HTTPS_PROXY"}) {
      const auto found = environment.find(name);
      if (found == environment.end() || found->second.empty()) continue;
      lines.push_back({std::string(option.name), shown(option.id, found->second),
                       std::string(name) + ", unless no_proxy covers the endpoint"});
      return;
    }
  }
  const bool is_flag = option.value == OptionValue::kFlag;
  const bool is_count = option.value == OptionValue::kCount;
  const std::string value = is_flag ? "false" : is_count ? "0" : std::string(option.default_value);
  lines.push_back({std::string(option.name), value, value.empty() ? "not set" : "default"});
}

}  // namespace

std::string print_config(const Options& options, const Environment& environment) {
  std::vector<Line> lines;
  for (const OptionRow& option : option_table()) {
    if (option.scope == OptionScope::kCommandLine) continue;
    const auto settings = effective_settings(options, option);
    for (const Setting* each : settings) append_setting(lines, option, *each);
    if (settings.empty()) append_default(lines, option, environment);
  }
  std::string text;
  for (const Line& line : lines) {
    text += line.name + (line.value.empty() ? " =" : " = " + line.value) + "  # " + printable(line.origin, 400) + "\n";
  }
  return text;
}

}  // namespace fleet_provision
