#include "batch/manifest/columns.hpp"

#include <algorithm>

#include "cli/synonyms.hpp"
#include "core/plan.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kUnitNameMax = 128;
constexpr std::string_view kUnitCharacters = ":._-";

Failure refuse_column(std::string what, std::string hint) {
  return fail(ErrorKind::kManifestUnusable, std::move(what), std::move(hint));
}

/// Why the option cannot differ between units.
std::string hint_instead(OptionId id) {
  if (id == OptionId::kParameter) return "name the column after the template parameter, without --";
  if (id == OptionId::kRemoveClaim) return "all units share the claim; delete it once the batch is done";
  const OptionGroup group = row(id).group;
  const bool of_batch =
      group == OptionGroup::kConfiguration || group == OptionGroup::kBatch || group == OptionGroup::kOutput;
  return of_batch ? "give it on the command line of the batch" : "omit the column";
}

}  // namespace

bool may_be_column(OptionId id) {
  if (id == OptionId::kParameter || id == OptionId::kRemoveClaim) return false;
  switch (row(id).group) {
    case OptionGroup::kService:
    case OptionGroup::kClaim:
    case OptionGroup::kRequest:
    case OptionGroup::kIdentity:
    case OptionGroup::kKeyDevices:
    case OptionGroup::kPostInstall:
    case OptionGroup::kRun: return true;
    case OptionGroup::kConfiguration:
    case OptionGroup::kCheck:
    case OptionGroup::kPolicy:
    case OptionGroup::kBatch:
    case OptionGroup::kStatus:
    case OptionGroup::kOutput: return false;
  }
  return false;
}

Result<Column> parse_column(const std::string& name) {
  if (name.empty()) return refuse_column("the column has no name", "name it after a template parameter or an option");
  if (!name.starts_with("--")) {
    if (auto fits = check_parameter(name, ""); !fits) {
      return refuse_column(fits.error().message, fits.error().hint);
    }
    if (trimmed(name).size() != name.size()) {
      return refuse_column("the name " + in_quotes(name) + " begins or ends with a blank",
                           "remove the blank: blanks beside a comma are part of the field");
    }
    if (name.starts_with('-')) {
      return refuse_column("the name " + in_quotes(name) + " begins with a single -",
                           "name it after a template parameter, or after an option with --");
    }
    if (name.find('=') != std::string::npos) {
      return refuse_column("the name " + in_quotes(name) + " holds a =",
                           "name the column after a template parameter or an option");
    }
    return Column{name, std::nullopt};
  }
  const OptionRow* option = find_option(std::string_view(name).substr(2));
  if (option == nullptr) {
    const std::string hint = suggest_option(std::string_view(name).substr(2), Spelling::kOption);
    return refuse_column("unknown option " + printable(name, 80),
                         hint.empty() ? "see `fleet-provision --help` for the names of options" : hint);
  }
  if (!may_be_column(option->id)) {
    return refuse_column("a unit cannot have the option " + name, hint_instead(option->id));
  }
  return Column{name, option->id};
}

std::optional<std::uint32_t> Columns::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t Columns::add(Column column) {
  const auto number = static_cast<std::uint32_t>(all_.size());
  numbers_.emplace(column.name, number);
  all_.push_back(std::move(column));
  return number;
}

bool Columns::has(OptionId id) const {
  return std::any_of(all_.begin(), all_.end(), [id](const Column& each) { return each.option == id; });
}

std::string_view Columns::nearest_to(std::string_view name) const {
  std::vector<std::string_view> names;
  names.reserve(all_.size());
  for (const Column& each : all_) names.push_back(each.name);
  return nearest(name, names);
}

Result<UnitPattern> UnitPattern::parse(const std::optional<std::string>& text) {
  UnitPattern pattern;
  if (!text) return pattern;
  const std::string_view all = *text;
  const auto refuse = [&all](const char* what) {
    return fail(ErrorKind::kUsage, in_quotes(all) + what, "write {Name} for the column Name");
  };
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t brace = std::min(all.find_first_of("{}", at), all.size());
    if (brace > at) pattern.parts_.push_back({false, std::string(all.substr(at, brace - at))});
    if (brace == all.size()) break;
    if (all[brace] == '}') return refuse(" holds a } without its {");
    const std::size_t end = all.find_first_of("{}", brace + 1);
    if (end == std::string_view::npos || all[end] == '{') return refuse(" holds a { without its }");
    pattern.parts_.push_back({true, std::string(all.substr(brace + 1, end - brace - 1))});
    at = end + 1;
  }
  if (pattern.parts_.empty()) return refuse(" is empty");
  return pattern;
}

std::vector<std::string> UnitPattern::unknown(const Columns& columns) const {
  std::vector<std::string> names;
  for (const Part& each : parts_) {
    if (each.is_column && !columns.find(each.text)) names.push_back(each.text);
  }
  return names;
}

std::string UnitPattern::fill(const Columns& columns, const std::vector<Cell>& cells) const {
  const auto value_of = [&cells](std::optional<std::uint32_t> column) {
    const auto found =
        std::find_if(cells.begin(), cells.end(), [column](const Cell& each) { return each.column == column; });
    return found == cells.end() ? std::string() : found->value;
  };
  if (parts_.empty()) return value_of(0);
  std::string name;
  for (const Part& each : parts_) name += each.is_column ? value_of(columns.find(each.text)) : each.text;
  return name;
}

std::optional<std::uint32_t> UnitPattern::only_column(const Columns& columns) const {
  if (parts_.empty()) return 0;
  return parts_.size() == 1 && parts_.front().is_column ? columns.find(parts_.front().text) : std::nullopt;
}

Result<void> check_unit_name(std::string_view name) {
  const auto refuse = [&name](const std::string& reason) {
    const std::string shown = name.empty() ? "" : " " + in_quotes(name);
    return fail(ErrorKind::kManifestUnusable, "the unit name" + shown + " " + reason,
                "give 1 to 128 of A-Z a-z 0-9 : . _ -, or another pattern with --unit");
  };
  if (name.empty()) return refuse("is empty");
  if (name.size() > kUnitNameMax) return refuse("has " + std::to_string(name.size()) + " characters, more than 128");
  if (name.front() == '.') return refuse("begins with a dot");
  const auto bad = std::find_if(name.begin(), name.end(), [](const char& each) {
    return !is_alphanumeric_or(std::string_view(&each, 1), kUnitCharacters);
  });
  if (bad == name.end()) return {};
  // The whole character, which may have several bytes.
  std::string_view rest = name.substr(static_cast<std::size_t>(bad - name.begin()));
  std::size_t size = 1;
  while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U) ++size;
  return refuse("holds " + in_quotes(rest.substr(0, size)));
}

}  // namespace fleet_provision::batch
