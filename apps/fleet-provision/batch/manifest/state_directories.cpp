#include "batch/manifest/state_directories.hpp"

#include "batch/manifest/unit_files.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr const char* kOwnDirectory = "give each unit a state directory of its own";

std::string shown_path(std::string_view path) {
  return "the state directory " + printable(path, 300);
}

/// Whether `path` is `directory` or lies in it.
bool lies_in(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

StateDirectories::StateDirectories(const std::string& output_dir)
    : units_dir_(resolved_path_of(output_dir + "/units")) {}

void StateDirectories::note(const std::string& path, std::size_t line, std::size_t column, const std::string& position,
                            ErrorList& errors) {
  const std::string resolved = resolved_path_of(path);
  const auto [number, is_new] = paths_.add(resolved);
  if (!is_new) {
    return errors.add_at(
        line, column,
        position + ": " + shown_path(path) + " is used on line " + std::to_string(named_[number].line) + " already",
        kOwnDirectory);
  }
  named_.push_back({static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)});
  if (lies_in(units_dir_, resolved)) {
    errors.add_at(line, column, position + ": " + shown_path(path) + " holds the output directory", kOwnDirectory);
  }
}

void StateDirectories::check(const std::function<std::optional<std::size_t>(std::string_view)>& line_of_default,
                             ErrorList& errors) {
  for (NameTable::Number i = 0; i < named_.size(); ++i) {
    const std::string_view path = paths_.name(i);
    const auto refuse = [&](const char* how, std::size_t other) {
      errors.add_at(named_[i].line, named_[i].column,
                    errors.position(named_[i].line, named_[i].column, "--state-dir") + ": " + shown_path(path) + how +
                        std::to_string(other),
                    kOwnDirectory);
    };
    for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
      const auto outer = paths_.find(path.substr(0, end));
      // What holds the output directory is an error already.
      if (outer && !lies_in(units_dir_, path.substr(0, end))) refuse(" lies in that of line ", named_[*outer].line);
    }
    if (path.size() <= units_dir_.size() + 1 || !lies_in(path, units_dir_)) continue;
    const std::string_view below = path.substr(units_dir_.size() + 1);
    const std::string_view unit = below.substr(0, below.find('/'));
    if (const auto line = line_of_default(unit)) {
      refuse(unit == below ? " is that of line " : " lies in that of line ", *line);
    }
  }
}

}  // namespace fleet_provision::batch
