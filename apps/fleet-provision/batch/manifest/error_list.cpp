#include "batch/manifest/error_list.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kColumnNameShown = 80;

}  // namespace

void ErrorList::list(Listed listed) {
  ++count_;
  if (listed_.size() < kErrorsListedMax) listed_.push_back(std::move(listed));
}

void ErrorList::add(Error error) {
  list({0, 0, std::move(error)});
}

void ErrorList::add_at(std::size_t line, std::size_t column, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kManifestUnusable;
  error.message = std::move(message);
  error.hint = std::move(hint);
  list({line, column, std::move(error)});
}

void ErrorList::add_shared(std::size_t line, Error error) {
  const auto found = shared_.find(error.message);
  if (found != shared_.end()) {
    ++found->second.units;
    return;
  }
  ++count_;
  if (shared_.size() >= kErrorsListedMax) return;
  std::string text = error.message;
  shared_.emplace(std::move(text), Shared{line, 1, std::move(error)});
}

std::string ErrorList::position(std::size_t line, std::size_t column, const std::string& name) const {
  std::string text = manifest_ + ": line " + std::to_string(line);
  if (column > 0) text += ", column " + std::to_string(column);
  if (!name.empty()) text += " (" + printable(name, kColumnNameShown) + ")";
  return text;
}

std::vector<Error> ErrorList::take(std::size_t units) {
  for (auto& [text, each] : shared_) {
    if (each.units >= units) {
      listed_.push_back({0, 0, std::move(each.error)});
      continue;
    }
    const std::string more = each.units == 1 ? "" : " and " + std::to_string(each.units - 1) + " more";
    listed_.push_back({each.line, 0, std::move(each.error).within(position(each.line, 0, "") + more)});
    listed_.back().error.kind = ErrorKind::kManifestUnusable;
  }
  std::stable_sort(listed_.begin(), listed_.end(), [](const Listed& a, const Listed& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  std::vector<Error> errors;
  for (Listed& each : listed_) {
    if (errors.size() == kErrorsListedMax) break;
    errors.push_back(std::move(each.error));
  }
  if (count_ > errors.size()) {
    Error more;
    more.kind = ErrorKind::kManifestUnusable;
    more.message = manifest_ + ": and " + std::to_string(count_ - errors.size()) + " more errors";
    errors.push_back(std::move(more));
  }
  return errors;
}

}  // namespace fleet_provision::batch
