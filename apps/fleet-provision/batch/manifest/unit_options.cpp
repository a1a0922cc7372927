#include "batch/manifest/unit_options.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "batch/manifest/unit_files.hpp"
#include "config/file_name.hpp"
#include "config/parameters.hpp"
#include "config/proxy.hpp"

namespace fleet_provision::batch {
namespace {

/// With one of these a row decides whether the proxy password is read.
constexpr std::array kDecidesPassword{OptionId::kEndpoint, OptionId::kProxy, OptionId::kProxyPasswordFile};

/// Options of the batch's command line that are not its children's.
bool is_passed(OptionId id) {
  const OptionGroup group = row(id).group;
  return group != OptionGroup::kBatch && group != OptionGroup::kOutput && id != OptionId::kPrintConfig &&
         id != OptionId::kStateDir;
}

/// `--name=value`; an empty value is an argument of its own.
std::vector<std::string> as_words(OptionId id, const std::string& value) {
  const std::string name = "--" + std::string(row(id).name);
  if (value.empty()) return {name, ""};
  return {name + "=" + value};
}

/// KEY=VALUE that is read as the literal value.
std::string as_parameter(const std::string& name, const std::string& value) {
  return name + "=" + (value.starts_with('@') ? "@" : "") + value;
}

template <class List>
bool is_one_of(OptionId id, const List& list) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

/// In the place of the value of the batch's command line, which the unit's process does not get.
void put(Setting setting, OptionId id, Options& options) {
  std::vector<Setting> settings = options.settings(id);
  std::erase_if(settings, [](const Setting& each) { return each.source == Source::kCommandLine; });
  settings.push_back(std::move(setting));
  options.replace_with(id, std::move(settings));
}

/// Each unit reads the files of --parameters and `KEY=@FILE` again; stdin is passed to each.
Result<void> check_parameter_files(const Options& batch) {
  const auto check = [](const Setting& setting, const std::string& file) -> Result<void> {
    auto fits = check_readable_twice(file);
    if (!fits) return fail(with_origin(setting, std::move(fits).error()));
    return {};
  };
  const Setting* file = batch.given(OptionId::kParameters);
  if (file != nullptr && !file->values.empty() && file->values.back() != "-") {
    FP_TRY(check(*file, file->values.back()));
  }
  for (const Setting& setting : batch.settings(OptionId::kParameter)) {
    for (const std::string& each : setting.values) {
      const std::size_t at = each.find("=@");
      if (at != std::string::npos && at == each.find('=')) FP_TRY(check(setting, each.substr(at + 2)));
    }
  }
  return {};
}

std::vector<std::string> verbosity_of(const Options& batch) {
  const Setting* verbose = batch.given(OptionId::kVerbose);
  if (verbose == nullptr || verbose->source != Source::kCommandLine) return {};
  const auto count = batch.count(OptionId::kVerbose);
  return {"--verbose=" + std::to_string(count ? *count : 1)};
}

}  // namespace

Result<UnitOptions> UnitOptions::from(const Options& batch, const Environment& environment,
                                      std::vector<std::string>& warnings) {
  UnitOptions result;
  result.environment_ = environment;
  result.whole_ = batch;
  // Ignored, as batch_settings_from says.
  result.whole_.replace_with(OptionId::kStateDir, {});
  result.folded_ = result.whole_;
  FP_TRY(check_parameter_files(batch));
  FP_TRY_ASSIGN(Parameters parameters, read_parameters(batch, warnings));
  result.folded_.replace_with(OptionId::kParameter, {});
  result.folded_.replace_with(OptionId::kParameters,
                              {Setting{{}, Source::kFile, "--parameters", std::move(parameters)}});
  if (batch.given(OptionId::kProxyPasswordFile) != nullptr) {
    FP_TRY(choose_proxy(batch, environment, Endpoint{batch.text(OptionId::kEndpoint).value_or(""), kDefaultPort}));
    result.folded_.replace_with(OptionId::kProxyPasswordFile, {});
  }
  for (const OptionRow& option : option_table()) {
    const Setting* setting = batch.given(option.id);
    if (setting == nullptr || setting->source != Source::kCommandLine || !is_passed(option.id)) continue;
    if (option.id != OptionId::kParameter) {
      result.passed_.push_back({option.id, {}, as_words(option.id, setting->values.back())});
      continue;
    }
    for (const std::string& each : setting->values) {
      result.passed_.push_back({option.id, each.substr(0, each.find('=')), as_words(option.id, each)});
    }
  }
  result.passed_.push_back({OptionId::kVerbose, {}, verbosity_of(batch)});
  return result;
}

Options UnitOptions::with(const Columns& columns, const std::vector<Cell>& cells, const CellOrigins& origins,
                          const std::string& state_dir) const {
  Options options = folded_;
  const auto take_whole = [&](OptionId id) { options.replace_with(id, whole_.settings(id)); };
  for (const Cell& each : cells) {
    const auto id = columns[each.column].option;
    if (id == OptionId::kParameters) take_whole(OptionId::kParameter);
    if (id == OptionId::kParameters) take_whole(OptionId::kParameters);
    if (id && is_one_of(*id, kDecidesPassword)) take_whole(OptionId::kProxyPasswordFile);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Column& column = columns[cells[i].column];
    if (column.option) {
      put({{cells[i].value}, Source::kCommandLine, origins[i], {}}, *column.option, options);
    } else {
      options.override_with(OptionId::kParameter,
                            {{as_parameter(column.name, cells[i].value)}, Source::kCommandLine, origins[i], {}});
    }
  }
  options.replace_with(OptionId::kStateDir, {Setting{{state_dir}, Source::kCommandLine, "--state-dir", {}}});
  return options;
}

Result<Request> UnitOptions::request(const Options& options) const {
  FP_TRY(check_file_names(options));
  std::vector<std::string> ignored;
  return plan_from_options(options, environment_, ignored);
}

std::vector<std::string> UnitOptions::arguments(const Columns& columns, const std::vector<Cell>& cells,
                                                const std::string& state_dir) const {
  std::vector<std::string> words{"--json", "--log-format", "json", "--color", "never", "--quiet=false"};
  const auto add = [&words](const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  for (const Passed& each : passed_) {
    const bool overridden = std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) {
      const Column& column = columns[cell.column];
      if (column.option) return *column.option == each.id;
      return each.id == OptionId::kParameter && column.name == each.parameter;
    });
    if (!overridden) add(each.words);
  }
  for (const Cell& each : cells) {
    const Column& column = columns[each.column];
    if (column.option == OptionId::kStateDir) continue;
    if (column.option) {
      add(as_words(*column.option, each.value));
    } else {
      add(as_words(OptionId::kParameter, as_parameter(column.name, each.value)));
    }
  }
  add(as_words(OptionId::kStateDir, state_dir));
  return words;
}

}  // namespace fleet_provision::batch
