// All errors of a manifest, each once and in the order of its lines.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace fleet_provision::batch {

/// More are counted, not listed.
inline constexpr std::size_t kErrorsListedMax = 1000;

class ErrorList {
 public:
  /// `manifest` is its name in messages.
  explicit ErrorList(std::string manifest) : manifest_(std::move(manifest)) {}

  /// An error of the batch as a whole; its kind stays.
  void add(Error error);
  /// An error of one line. `message` begins with the position or is given it: see `position`.
  void add_at(std::size_t line, std::size_t column, std::string message, std::string hint);
  /// An error that units have in common, because an option of the batch causes it: listed once, with the first line
  /// and the number of the others, or without lines if all `units` have it.
  void add_shared(std::size_t line, Error error);

  /// `units.csv: line 3`; with a column, `units.csv: line 3, column 2`; with its name, `… (--csr)`.
  [[nodiscard]] std::string position(std::size_t line, std::size_t column, const std::string& name) const;

  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// At most kErrorsListedMax, and one more that says how many are not listed.
  [[nodiscard]] std::vector<Error> take(std::size_t units);

 private:
  struct Listed {
    std::size_t line = 0;
    std::size_t column = 0;
    Error error;
  };
  struct Shared {
    std::size_t line = 0;
    std::size_t units = 0;
    Error error;
  };
  void list(Listed listed);

  std::string manifest_;
  std::vector<Listed> listed_;
  /// By their text.
  std::map<std::string, Shared> shared_;
  std::size_t count_ = 0;
};

}  // namespace fleet_provision::batch
